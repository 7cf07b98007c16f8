import { type Environment, pickVariables } from '../process.ts'

const FILE_COMMANDS = new Set(['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'])

/**
 * What kubectl gets of the parent's environment: everything a cloud's credential plugin may need, without this action's
 * inputs and state, the runner's own tokens and file commands. The variables with which a step may ask GitHub for an
 * identity token are passed on only where the kubeconfig runs such a plugin.
 */
export function kubectlEnvironment(parent: Environment, needsIdentity: boolean): Record<string, string> {
  const kept = pickVariables(parent, (name) => {
    if (name.startsWith('ACTIONS_ID_TOKEN_REQUEST_')) return needsIdentity
    const ours = name.startsWith('INPUT_') || name.startsWith('STATE_') || name.startsWith('ACTIONS_')
    return !ours && !FILE_COMMANDS.has(name) && name !== 'GITHUB_TOKEN' && !name.startsWith('KUBECTL_')
  })
  // A kuberc file of the machine could change what kubectl's flags mean.
  return { ...kept, KUBERC: 'off' }
}
