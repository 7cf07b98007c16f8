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

/** The kubectl on PATH, with the environment that it runs in. */
export interface Kubectl {
  /** Its version, for example `v1.37.2`. Rejects with E-INPUT if kubectl is missing or too old. */
  readonly version: Promise<string>
  run(args: readonly string[], options: Omit<ChildOptions, 'env'> & { readonly stdin?: string }): Promise<Exit>
  serve(args: readonly string[], options: Omit<ChildOptions, 'env'>): ChildServer
  /** The same kubectl with additional environment variables. */
  with(variables: Readonly<Record<string, string>>): Kubectl
}

/** The oldest minor version (of 1.x) with the server-side apply and the discovery that Fairlead needs. */
const MIN_MINOR_VERSION = 27

const INSTALL =
  'GitHub-hosted Ubuntu runners have kubectl. On other runners, add a step before this one:\n' +
  '    - uses: azure/setup-kubectl@v4\n      with:\n        version: v1.36.0'

/** Opens the kubectl on PATH, and starts to read its version. */
export function openKubectl(environment: Environment): Kubectl {
  const env = kubectlEnvironment(environment, false)
  const version = usableVersion(env)
  version.catch(() => {}) // handled where the version is awaited
  return kubectlWith(version, env)
}

async function usableVersion(env: Record<string, string>): Promise<string> {
  const answer = await tryRun('kubectl', ['version', '--client', '--output=json'], env)
  if (answer === undefined) {
    const message = 'kubectl is not on PATH.'
    throw new Failure({ code: 'E-INPUT', reason: 'KubectlNotFound', message, hint: INSTALL })
  }
  const version = /"gitVersion":\s*"(v[^"]+)"/.exec(answer.stdout)?.[1]
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (version === undefined || Number(major) < 1 || (Number(major) === 1 && Number(minor) < MIN_MINOR_VERSION)) {
    const found = version ?? `of unknown version (exit code ${answer.exitCode})`
    throw new Failure({
      code: 'E-INPUT',
      reason: 'KubectlTooOld',
      message: `kubectl 1.${MIN_MINOR_VERSION} or newer is required; the one on PATH is ${found}.`,
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
