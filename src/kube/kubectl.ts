import { Failure } from '../diagnostics.ts'
import {
  type ChildOptions,
  type ChildServer,
  type Environment,
  type Exit,
  runProgram,
  startChildServer,
  tryRun,
} from '../process.ts'
import { kubectlEnvironment } from './kubectl-environment.ts'

/** The kubectl on PATH, with the environment and the kubeconfig that its children get. */
export interface Kubectl {
  /** Its version, for instance `v1.37.2`. Rejects with E-INPUT where there is no kubectl, or one that is too old. */
  readonly version: Promise<string>
  run(args: readonly string[], options: Omit<ChildOptions, 'env'> & { readonly stdin?: string }): Promise<Exit>
  serve(args: readonly string[], options: Omit<ChildOptions, 'env'>): ChildServer
  /** The same kubectl with other variables on top of its environment. */
  with(variables: Readonly<Record<string, string>>): Kubectl
}

/** The oldest minor version whose server-side apply and discovery this product relies on. */
const MIN_MINOR_VERSION = 27

const INSTALL =
  'GitHub’s own Ubuntu runners have kubectl. Elsewhere add a step before this one:\n' +
  '    - uses: azure/setup-kubectl@v4\n      with:\n        version: v1.36.0'

/** Makes a kubectl, and begins to ask for its version. */
export function openKubectl(environment: Environment): Kubectl {
  const env = kubectlEnvironment(environment, false)
  const version = usableVersion(env)
  version.catch(() => {}) // whoever needs it hears of it
  return kubectlWith(version, env)
}

async function usableVersion(env: Record<string, string>): Promise<string> {
  const answer = await tryRun('kubectl', ['version', '--client', '--output=json'], env)
  if (answer === undefined) {
    const message = 'There is no kubectl on PATH.'
    throw new Failure({ code: 'E-INPUT', reason: 'KubectlNotFound', message, hint: INSTALL })
  }
  const version = /"gitVersion":\s*"(v[^"]+)"/.exec(answer.stdout)?.[1]
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (version === undefined || Number(major) < 1 || (Number(major) === 1 && Number(minor) < MIN_MINOR_VERSION)) {
    const found = version ?? `one that does not tell its version (exit code ${answer.exitCode})`
    throw new Failure({
      code: 'E-INPUT',
      reason: 'KubectlTooOld',
      message: `kubectl 1.${MIN_MINOR_VERSION} or newer is needed; the one on PATH is ${found}.`,
      hint: INSTALL,
    })
  }
  return version
}

function kubectlWith(version: Promise<string>, env: Record<string, string>): Kubectl {
  return {
    version,
    run: (args, options) => runProgram('kubectl', args, { ...options, env }),
    serve: (args, options) => startChildServer('kubectl', args, { ...options, env }),
    with: (variables) => kubectlWith(version, { ...env, ...variables }),
  }
}
