import { Failure, throwIfAny } from '../diagnostics.ts'
import { defaultName, INVENTORY_NAMESPACE, type InventoryConfig } from '../inventory/default-name.ts'
import type { ClusterConfig } from '../kube/cluster-config.ts'
import { isLabel } from '../object/dns-label.ts'
import type { Environment } from '../process.ts'
import { parseLimits, type ReadLimits } from '../read-limits.ts'
import type { Scope } from '../render/scope.ts'
import type { SourceConfig } from '../source/source-config.ts'
import { type Inputs, openInputs } from './inputs.ts'
import { parseKubeconfig } from './kubeconfig.ts'
import { type Policy, readPolicy } from './policy.ts'
import { readSource, secretsOf } from './source.ts'

/** Everything a run needs to know from outside, checked. Nothing else in the product reads inputs or environment. */
export interface Config {
  readonly source: SourceConfig
  readonly scope: Scope
  readonly limits: ReadLimits
  readonly cluster: ClusterConfig
  readonly inventory: InventoryConfig
  readonly policy: Policy
  /** The parent's environment, from which the environments of children are made. */
  readonly environment: Environment
  /** What this run is called: its address where it has one. */
  readonly run: string
  /** A folder for this run's private files. */
  readonly temp: string
  /** Texts of the inputs that must not appear in any output. */
  readonly secrets: readonly string[]
}

/**
 * Reads inputs and environment into a frozen `Config`; `platform` is Node's name of the operating system.
 * Raises one E-INPUT failure with every problem found.
 */
export function readConfig(environment: Environment, platform: NodeJS.Platform): Config {
  if (platform === 'win32') {
    const message = 'Fairlead runs on Linux and macOS, not on Windows.'
    throw new Failure({ code: 'E-INPUT', message, hint: 'Set `runs-on: ubuntu-latest`.' })
  }
  const serverUrl = environment.GITHUB_SERVER_URL || 'https://github.com'
  if (!URL.canParse(serverUrl)) {
    const message = `GITHUB_SERVER_URL is no URL: ${serverUrl}`
    throw new Failure({ code: 'E-INPUT', message, hint: 'The runner sets it; nothing else should.' })
  }
  const inputs = openInputs(environment)
  const policy = readPolicy(inputs, environment.GITHUB_EVENT_NAME ?? '')
  const source = readSource(inputs, environment, serverUrl)
  const patterns = { include: inputs.lines('include'), exclude: inputs.lines('exclude') }
  const mayBeMissing = policy.prune.isOn && policy.prune.mayEmpty
  const scope = { paths: readPaths(inputs), ...patterns, ...(mayBeMissing ? { mayBeMissing } : {}) }
  const limits = inputs.parsed('limits', parseLimits(inputs.lines('limits')))
  const cluster = readCluster(inputs, environment)
  const inventory = readInventory(inputs, environment.GITHUB_REPOSITORY ?? '', source, scope, cluster)
  throwIfAny(inputs.problems)
  if (source === undefined || cluster === undefined || limits === undefined)
    throw new Error('a refused input recorded no problem')
  return deepFreeze({
    source,
    scope,
    limits,
    cluster,
    inventory,
    policy,
    run: runOf(environment, serverUrl),
    environment: { ...environment },
    temp: environment.RUNNER_TEMP || environment.TMPDIR || '/tmp',
    secrets: secretsOf(inputs),
  })
}

function readInventory(
  inputs: Inputs,
  own: string,
  source: SourceConfig | undefined,
  { paths }: Scope,
  cluster: ClusterConfig | undefined,
): InventoryConfig {
  const name = inputs.text('name') ?? ''
  const namespace = checkNamespace('inventory-namespace', inputs)
  if (name !== '' && !isLabel(name))
    inputs.refuse(
      'name',
      `${JSON.stringify(name)} is no name for it: lower-case letters, digits and \`-\`, at most 63.`,
    )
  return {
    namespace: namespace || cluster?.namespace || INVENTORY_NAMESPACE,
    name: name || (source === undefined ? '' : defaultName(source, own, paths, cluster?.namespace)),
  }
}

/** The namespace that an input names; refuses what can be none. */
function checkNamespace(input: string, inputs: Inputs): string {
  const namespace = inputs.text(input) ?? ''
  if (namespace !== '' && !isLabel(namespace)) {
    const rule = 'lower-case letters, digits and `-`, at most 63.'
    inputs.refuse(input, `${JSON.stringify(namespace)} is no namespace name: ${rule}`)
  }
  return namespace
}

function runOf(environment: Environment, serverUrl: string): string {
  const { GITHUB_REPOSITORY: own = '', GITHUB_RUN_ID: id = '', GITHUB_RUN_ATTEMPT: attempt = '' } = environment
  if (own === '' || id === '') return 'a run outside of a workflow'
  return `${new URL(serverUrl).origin}/${own}/actions/runs/${id}${attempt === '' ? '' : `/attempts/${attempt}`}`
}

function readPaths(inputs: Inputs): string[] {
  const lines = inputs.lines('path')
  const paths = (lines.length === 0 ? ['.'] : lines).map((line) => {
    const parts = line.split('/').filter((part) => part !== '' && part !== '.')
    if (
      line.startsWith('/') ||
      line.startsWith('~') ||
      line.includes('\\') ||
      /\p{Cc}/u.test(line) ||
      parts.includes('..')
    ) {
      inputs.refuse('path', `${JSON.stringify(line)} must be a path inside the repository, such as \`deploy/prod\`.`)
    }
    return parts.join('/')
  })
  return [...new Set(paths)]
}

function readCluster(inputs: Inputs, environment: Environment): ClusterConfig | undefined {
  const input = inputs.text('kubeconfig') ?? 'env'
  const kubeconfig = inputs.parsed('kubeconfig', parseKubeconfig(input, environment.KUBECONFIG))
  const context = inputs.text('context') ?? ''
  const namespace = checkNamespace('namespace', inputs)
  const expectedId = inputs.text('cluster-id') ?? ''
  if (kubeconfig === undefined) return undefined
  return {
    kubeconfig,
    ...(context === '' ? {} : { context }),
    ...(namespace === '' ? {} : { namespace }),
    ...(expectedId === '' ? {} : { expectedId }),
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}
