/** A process environment as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>

const GIT_INHERITS = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  ...['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
])

/** What git gets of the parent's environment: enough to find its way through a company's network, and no token. */
export function gitEnvironment(parent: Environment): Record<string, string> {
  return pick(parent, (name) => GIT_INHERITS.has(name))
}

const FILE_COMMANDS = new Set(['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'])

/**
 * What kubectl gets of the parent's environment: everything a cloud's credential plugin may need, without this action's
 * inputs and state, the runner's own tokens and file commands. The variables with which a step may ask GitHub for an
 * identity token are passed on only where the kubeconfig runs such a plugin.
 */
export function kubectlEnvironment(parent: Environment, needsIdentity: boolean): Record<string, string> {
  const kept = pick(parent, (name) => {
    if (name.startsWith('ACTIONS_ID_TOKEN_REQUEST_')) return needsIdentity
    const ours = name.startsWith('INPUT_') || name.startsWith('STATE_') || name.startsWith('ACTIONS_')
    return !ours && !FILE_COMMANDS.has(name) && name !== 'GITHUB_TOKEN' && !name.startsWith('KUBECTL_')
  })
  // A kuberc file of the machine could change what kubectl's flags mean.
  return { ...kept, KUBERC: 'off' }
}

function pick(parent: Environment, keep: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(parent).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return Object.fromEntries(entries.filter(([name]) => keep(name)))
}
