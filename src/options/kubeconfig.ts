import { hint, option } from '../hint.ts'
import type { KubeconfigSource } from '../kube/cluster-config.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import type { RunnerFacts } from './runner-facts.ts'

const SET_KUBECONFIG = hint`Log in to the cluster in an earlier step that sets KUBECONFIG, such as the login action of a cloud, or set ${option('kubeconfig', '${' + '{ secrets.KUBECONFIG }}')}.`

const CHECK_SECRET =
  'Check the secret it comes from: pull requests from forks and by Dependabot get no secrets, a secret of an environment ' +
  'needs `environment:` on the job, and a misspelled name gives an empty value.'

/**
 * Parses the option `kubeconfig`: `env`, or the content of a kubeconfig, plain or base64-encoded. There is no fallback to
 * the home folder, so that a missing secret never selects another cluster.
 */
export function parseKubeconfig(text: string, { environment }: RunnerFacts): Parsed<KubeconfigSource> {
  if (text === '') return refused('it is empty.', CHECK_SECRET)
  if (text === 'env') {
    const { KUBECONFIG: paths = '' } = environment
    if (paths === '') return refused('it is `env`, but the variable KUBECONFIG is not set in this job.', SET_KUBECONFIG)
    return accepted({ kind: 'files', paths })
  }
  const content = decode(text)
  if (content !== undefined) return accepted({ kind: 'content', text: content })
  return refused(
    'it is neither `env` nor the content of a kubeconfig, plain or base64-encoded. Set the variable KUBECONFIG for a path.',
    SET_KUBECONFIG,
  )
}

function decode(text: string): string | undefined {
  if (looksLikeKubeconfig(text)) return text
  const base64 = text.replaceAll(/\s/g, '')
  if (!/^[A-Za-z0-9+/]+=*$/.test(base64)) return undefined
  const decoded = Buffer.from(base64, 'base64').toString('utf8')
  return looksLikeKubeconfig(decoded) ? decoded : undefined
}

function looksLikeKubeconfig(text: string): boolean {
  return /(^|[\s{,"'])clusters["']?\s*:/.test(text)
}
