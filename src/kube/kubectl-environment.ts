import { type Environment, pickVariables } from '../process.ts'

const FILE_COMMANDS = new Set(['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'])

/**
 * The environment of kubectl: everything that a cloud's credential plugin may need, without this action's inputs and state,
 * and without the runner's tokens and file commands. The variables to request an ID token from GitHub are included only
 * `withIdToken`, for kubeconfigs with a credential plugin.
 */
export function kubectlEnvironment(parent: Environment, withIdToken: boolean): Record<string, string> {
  const kept = pickVariables(parent, (name) => {
    if (name.startsWith('ACTIONS_ID_TOKEN_REQUEST_')) return withIdToken
    const isInternal = name.startsWith('INPUT_') || name.startsWith('STATE_') || name.startsWith('ACTIONS_')
    return !isInternal && !FILE_COMMANDS.has(name) && name !== 'GITHUB_TOKEN' && !name.startsWith('KUBECTL_')
  })
  // A kuberc file on the machine could change the defaults of kubectl's flags.
  return { ...kept, KUBERC: 'off' }
}
