import type { KubeconfigSource } from '../kube/cluster-config.ts'

const LOGIN =
  'Log in to the cluster in an earlier step that exports KUBECONFIG (a cloud login action does), ' +
  'or pass the file with `kubeconfig: ${' +
  '{ secrets.KUBECONFIG }}`.'

/**
 * Reads the `kubeconfig` input: `env`, or the content of a kubeconfig, plain or base64. `fromEnvironment` is the value
 * of `$KUBECONFIG`. Returns a string, the reason with its remedy, for anything else. There is no fallback to a file in
 * the home folder: a missing secret must never make a run deploy to another cluster.
 */
export function parseKubeconfig(input: string, fromEnvironment: string | undefined): KubeconfigSource | string {
  if (input === '') {
    return (
      'it is empty. Most likely the secret it comes from is: a pull request from a fork or by Dependabot gets no ' +
      'secrets, a secret of an environment needs `environment:` on the job, and a misspelled name is empty too.'
    )
  }
  if (input === 'env') {
    if (fromEnvironment === undefined || fromEnvironment === '') {
      return `it is \`env\`, but the variable KUBECONFIG is not set in this job. ${LOGIN}`
    }
    return { kind: 'files', paths: fromEnvironment }
  }
  const text = decode(input)
  if (text === undefined) {
    return `it is neither \`env\` nor the content of a kubeconfig, plain or base64. A path belongs into the variable KUBECONFIG. ${LOGIN}`
  }
  return { kind: 'content', text }
}

function decode(input: string): string | undefined {
  if (looksLikeKubeconfig(input)) return input
  const packed = input.replaceAll(/\s/g, '')
  if (!/^[A-Za-z0-9+/]+=*$/.test(packed)) return undefined
  const text = Buffer.from(packed, 'base64').toString('utf8')
  return looksLikeKubeconfig(text) ? text : undefined
}

function looksLikeKubeconfig(text: string): boolean {
  return /(^|[\s{,"'])clusters["']?\s*:/.test(text)
}
