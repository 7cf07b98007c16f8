import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { diagnosticsOf, throwIfAny } from '../diagnostics.ts'
import { type Cluster, connect } from '../kube/cluster.ts'
import { loadKubeconfig } from '../kube/kubeconfig.ts'
import { type Kubectl, openKubectl } from '../kube/kubectl.ts'
import { discoverOnce } from '../render/file-discovery.ts'
import type { Config } from './config.ts'
import { inPhase } from './events.ts'
import { fetchRepository } from './fetch-repository.ts'
import { loadInventory } from './load-inventory.ts'
import { reconcileSet } from './reconcile-set.ts'
import { requireCluster } from './require-cluster.ts'
import type { RunContext, SetContext } from './run-context.ts'

/**
 * Runs Fairlead: fetches the repository and connects to the cluster once, and reconciles each set. Emits events about everything
 * that happens. Errors that stop one set are emitted for that set, and the others go on. Raises a `Failure` with the errors that
 * stop the run: about the repository and the connection.
 */
export async function run(config: Config, context: RunContext): Promise<void> {
  const kubectl = openKubectl(config.environment)
  // Connecting begins at once, because a login may take as long as the rest of a run without changes.
  const end = new AbortController()
  const connecting = connectCluster(config, kubectl, {
    ...context,
    signal: AbortSignal.any([context.signal, end.signal]),
  })
  connecting.catch(() => {})
  const sets = config.sets.map((set) => {
    const previous = connecting.then((cluster) => loadInventory(cluster, set))
    previous.catch(() => {})
    return { set, previous, discover: discoverOnce(set.scope) }
  })
  try {
    const discoveries = sets.map(({ discover }) => discover)
    const source = await inPhase('fetch', context.emit, () => fetchRepository(config, discoveries, context))
    await kubectl.version // fails before anything else does without kubectl
    const cluster = once(() => awaitCluster(connecting, kubectl, config, context))
    for (const { set, ...prepared } of sets) {
      const emit: SetContext['emit'] = (event) => context.emit(event, set.inventory)
      const tempDir = mkdtempSync(join(context.tempDir, 'set-'))
      emit({ type: 'set-started', mode: set.policy.mode })
      try {
        await reconcileSet(
          set,
          { config, source, kubectl, cluster: cluster.get, ...prepared },
          { ...context, emit, tempDir },
        )
      } catch (error) {
        if (context.signal.aborted || error === cluster.error()) throw error
        emit({ type: 'failed', errors: diagnosticsOf(error) })
      }
    }
  } finally {
    end.abort()
    const cluster = await connecting.catch(() => undefined)
    await cluster?.close()
  }
  context.signal.throwIfAborted()
}

async function connectCluster(
  config: Config,
  kubectl: Kubectl,
  { addSecrets, tempDir, signal }: RunContext,
): Promise<Cluster> {
  const credentials = await loadKubeconfig(config.cluster, kubectl, tempDir)
  addSecrets(credentials.secrets)
  return connect(config.cluster, credentials, kubectl, { environment: config.environment, tempDir, signal })
}

/** Waits for the connection, which all sets share. Raises E-GUARD if it leads to another cluster than the expected one. */
function awaitCluster(
  connecting: Promise<Cluster>,
  kubectl: Kubectl,
  config: Config,
  { emit }: RunContext,
): Promise<Cluster> {
  return inPhase('connect', emit, async () => {
    const [cluster, kubectlVersion] = await Promise.all([connecting, kubectl.version])
    const { context, serverVersion } = cluster
    emit({ type: 'connected', context, serverVersion, kubectlVersion })
    throwIfAny(requireCluster(cluster, config.cluster.expectedId))
    return cluster
  })
}

/** Work that is done when it is first asked for, with the same result for everybody. */
function once<T>(work: () => Promise<T>): { get(): Promise<T>; error(): unknown } {
  let result: Promise<T> | undefined
  let failure: unknown
  const start = () =>
    work().catch((error: unknown) => {
      failure = error
      throw error
    })
  return {
    get: () => {
      result ??= start()
      return result
    },
    error: () => failure,
  }
}
