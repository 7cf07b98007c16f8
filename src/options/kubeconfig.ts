import { hint, option } from '../hint.ts'
import type { KubeconfigSource } from '../kube/cluster-config.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import type { RunnerFacts } from './runner-facts.ts'

const LOGIN = hint`Log in to the cluster in an earlier step that exports KUBECONFIG (a cloud login action does), or pass the file with ${option('kubeconfig', '${' + '{ secrets.KUBECONFIG }}')}.`

const EMPTY =
  'Most likely the secret it comes from is: a pull request from a fork or by Dependabot gets no secrets, a secret of an ' +
  'environment needs `environment:` on the job, and a misspelled name is empty too.'

/**
 * Parses the option `kubeconfig`: `env`, or the content of a kubeconfig, plain or base64. There is no fallback to a file in
 * the home folder: a missing secret must never make a run deploy to another cluster.
 */
export function parseKubeconfig(text: string, { environment }: RunnerFacts): Parsed<KubeconfigSource> {
  if (text === '') return refused('it is empty.', EMPTY)
  if (text === 'env') {
    const { KUBECONFIG: paths = '' } = environment
    if (paths === '') return refused('it is `env`, but the variable KUBECONFIG is not set in this job.', LOGIN)
    return accepted({ kind: 'files', paths })
  }
  const content = decode(text)
  if (content !== undefined) return accepted({ kind: 'content', text: content })
  return refused(
    'it is neither `env` nor the content of a kubeconfig, plain or base64. A path belongs into the variable KUBECONFIG.',
    LOGIN,
  )
}

function decode(text: string): string | undefined {
  if (looksLikeKubeconfig(text)) return text
  const packed = text.replaceAll(/\s/g, '')
  if (!/^[A-Za-z0-9+/]+=*$/.test(packed)) return undefined
  const decoded = Buffer.from(packed, 'base64').toString('utf8')
  return looksLikeKubeconfig(decoded) ? decoded : undefined
}

function looksLikeKubeconfig(text: string): boolean {
  return /(^|[\s{,"'])clusters["']?\s*:/.test(text)
}
