import { type ApplyResult, asPlanned } from '../apply/apply-result.ts'
import { type ExternalDependencies, findExternalDependencies } from '../apply/external-dependencies.ts'
import { Failure, type Location, placeOf, throwIfAny, type Warning } from '../diagnostics.ts'
import { type ApplyOrder, sortForApply, summarizeKinds } from '../graph/apply-order.ts'
import { explainAll, orderRemarks } from '../graph/explanations.ts'
import { hint, option } from '../hint.ts'
import { makeInventory, parseInventoryId, SET_LABEL } from '../inventory/inventory.ts'
import { digestFiles, fingerprintScope } from '../inventory/scope-fingerprint.ts'
import { addSetLabel } from '../inventory/set-label.ts'
import { readLaterRecord } from '../inventory/store.ts'
import type { Json } from '../json.ts'
import { type Cluster, connect } from '../kube/cluster.ts'
import { requireDiscovered } from '../kube/discovery.ts'
import { loadKubeconfig } from '../kube/kubeconfig.ts'
import { type Kubectl, openKubectl } from '../kube/kubectl.ts'
import { locateFields } from '../manifests/read-file.ts'
import { readAll, secretValues } from '../manifests/read-manifests.ts'
import { stampHooks } from '../object/annotations/hooks.ts'
import type { ApiRejection } from '../object/api-rejection.ts'
import { apiVersionOf, formatCount, type Manifest, type ObjectId, objectKey } from '../object/manifest.ts'
import { type ResolvedManifest, resolveScope } from '../object/resolved-manifest.ts'
import { foldStringData } from '../object/secret.ts'
import type { ObjectPlan } from '../plan/object-plan.ts'
import { makePlan, type Plan, type PlanInput, planDiagnostics } from '../plan/plan.ts'
import { digestOfPlan } from '../plan/plan-digest.ts'
import type { ReadLimits } from '../read-limits.ts'
import { discoverFiles, filesToRead } from '../render/file-discovery.ts'
import { buildKustomizations, generatedSecrets } from '../render/kustomize.ts'
import type { Report } from '../report/report.ts'
import { planLines } from '../report/text.ts'
import { fetchSource } from '../source/fetch-source.ts'
import { gitEnvironment } from '../source/git-environment.ts'
import type { SelectFiles, SourceTree } from '../source/source-tree.ts'
import { openStatusReader } from '../wait/status-reader.ts'
import type { Config } from './config.ts'
import { type ExecutionContext, execute, isNothingToDo, type PlannedRun } from './execute.ts'
import { loadInventory, observe, type PreviousState, type ScopeOptions } from './observe.ts'
import type { SetConfig } from './set-config.ts'
import { waitUntilReady } from './wait-ready.ts'

/** What a run has beside its configuration. */
export interface RunContext {
  readonly report: Report
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
  /** A private folder that is removed at the end. */
  readonly tempDir: string
  /** Notes the lock that this run holds, should the process end before it lets go of it; an empty text for none. */
  readonly leave: (lock: string) => void
}

/**
 * One reconcile run: brings the cluster to what the repository says at one commit, or only says what that would take, and
 * notes in the report what it did. Raises a `Failure` where it cannot go on.
 */
export async function reconcile(config: Config, context: RunContext): Promise<void> {
  const { report, signal } = context
  const [set] = config.sets
  const kubectl = openKubectl(config.environment)
  // Beside what comes first: a login may take as long as all the rest of a run without changes.
  const end = new AbortController()
  const connecting = connectCluster(config, kubectl, { ...context, signal: AbortSignal.any([signal, end.signal]) })
  const loading = connecting.then((cluster) => loadInventory(cluster, set))
  for (const begun of [connecting, loading]) begun.catch(() => {})
  try {
    const source = await report.phase('Fetch the repository', () => fetchTree(config, context))
    await kubectl.version // before what failed for want of it
    const read = await report.phase('Read the manifests', () => readObjects(source, config, kubectl, context))
    const cluster = await report.phase('Connect to the cluster', () =>
      waitForCluster(connecting, kubectl, config.cluster, context),
    )
    const previous = await loading
    const sorted = await report.phase('Put the objects into order', () =>
      sortManifests(read, cluster, previous, config, context),
    )
    const makePlannedRun = async (what: PreviousState): Promise<PlannedRun> => {
      const options = { policy: set.policy, ...sorted.scopeOptions }
      const input = await report.phase('Look at the cluster', () =>
        observe(sorted.order, what, cluster, options, report),
      )
      const plan = await report.phase('Plan', () => decidePlan(input, cluster, source, config, context))
      return { stored: what.stored, input, plan }
    }
    const plannedRun = await makePlannedRun(previous)
    const addSecrets = (secrets: readonly Json[]) => report.addSecrets(secretValues(sorted.order.sequence, secrets))
    const statusReader = openStatusReader(cluster.api, [SET_LABEL, previous.inventory.id], addSecrets)
    const execution = {
      ...sorted,
      source,
      cluster,
      config,
      ...context,
      statusReader,
      locate: makeLocator(source, config),
    }
    const isQuiet = set.policy.mode === 'plan' || isNothingToDo(plannedRun, execution)
    if (isQuiet) reportPlan(plannedRun, set, context)
    const done = isQuiet
      ? undefined
      : await execute(plannedRun, () => loadInventory(cluster, set).then(makePlannedRun), execution)
    // Without the lock, so that a run that mends what does not get ready need not wait for this one.
    if (set.policy.mode === 'apply' && set.policy.wait && done?.isReady !== true)
      await waitForAll(done ?? asObserved(plannedRun), execution)
  } finally {
    end.abort()
    const cluster = await connecting.catch(() => undefined)
    await cluster?.close()
  }
  signal.throwIfAborted()
}

async function fetchTree(
  { source: origin, sets: [{ scope }], readLimits: limits, environment }: Config,
  { report, tempDir, signal }: RunContext,
): Promise<SourceTree> {
  if (origin.kind === 'remote') report.note({ repository: origin.url })
  else report.note({ repository: origin.path, workspacePath: origin.workspacePath })
  const select: SelectFiles = (entries) => filesToRead(discoverFiles(entries, scope), entries)
  const options = { environment: gitEnvironment(environment), limits, tempDir, signal, log: report.log }
  const source = await fetchSource(origin, select, options)
  report.note({ commit: source.commit })
  return source
}

/** What the repository asks for. */
interface ManifestSet {
  readonly manifests: readonly Manifest[]
  /** Files that are not taken for manifests. */
  readonly skippedFiles: readonly string[]
}

async function readObjects(
  source: SourceTree,
  { sets: [{ scope, policy }], readLimits: limits }: Config,
  kubectl: Kubectl,
  context: RunContext,
): Promise<ManifestSet> {
  const { report, tempDir, signal } = context
  const discovery = discoverFiles(source.entries, scope)
  const { files, kustomizations } = discovery
  if (kustomizations.length > 0) report.addSecrets(generatedSecrets(source.files, limits))
  const built = await buildKustomizations(kustomizations, source, { kubectl, limits, tempDir, signal })
  const reading = await readAll(files, source.files, built.builds, limits)
  report.addSecrets(secretValues(reading.manifests))
  const skipped = [...discovery.skipped, ...reading.skipped]
  const warnings = [...discovery.warnings, ...reading.warnings]
  report.note({ skipped })
  for (const each of skipped) report.log(`skipped ${placeOf(each.location)}: ${each.reason}`)
  report.warn(warnings)
  throwIfAny([discovery, source, built, reading].flatMap(({ problems }) => problems))
  report.log(`Found ${formatCount(reading.manifests)}.`)
  if (reading.manifests.length === 0 && !(policy.prune.isOn && policy.prune.mayEmpty)) {
    const where = scope.paths.map((path) => `\`${path || '.'}\``).join(', ')
    throw new Failure({
      code: 'E-GUARD',
      message: `There is nothing to apply: no Kubernetes object under ${where}.`,
      hint: hint`Check ${option('path')}, ${option('include')}, ${option('exclude')} and ${option('ref')}; the summary lists every file that was passed over, with the reason. If everything is to go, say so with ${option('prune', 'true')} and ${option('prune-allow', 'empty-set')}.`,
    })
  }
  return { manifests: reading.manifests, skippedFiles: skipped.map(({ location }) => location.file) }
}

async function connectCluster(
  config: Config,
  kubectl: Kubectl,
  { report, tempDir, signal }: RunContext,
): Promise<Cluster> {
  const credentials = await loadKubeconfig(config.cluster, kubectl, tempDir)
  report.addSecrets(credentials.secrets)
  return connect(config.cluster, credentials, kubectl, { environment: config.environment, tempDir, signal })
}

async function waitForCluster(
  connecting: Promise<Cluster>,
  kubectl: Kubectl,
  { expectedId }: Config['cluster'],
  { report }: RunContext,
): Promise<Cluster> {
  const [cluster, version] = await Promise.all([connecting, kubectl.version])
  report.note({ cluster: cluster.context })
  requireCluster(cluster, expectedId)
  report.log(`Kubernetes ${cluster.serverVersion} by the context ${cluster.context}, with kubectl ${version}.`)
  return cluster
}

/** Raises E-GUARD where the cluster is another one than the workflow says. */
function requireCluster({ identity }: Cluster, expectedId: string | undefined): void {
  if (expectedId === undefined || expectedId === identity) return
  const found = identity === '' ? 'one that does not tell who it is' : identity
  throw new Failure({
    code: 'E-GUARD',
    message: `This is another cluster than \`cluster-id\` says: ${found}, not ${expectedId}.`,
    hint: hint`Check ${option('kubeconfig')} and ${option('context')}. The id is the uid of the namespace kube-system, which the identity has to be allowed to read.`,
  })
}

/** A set in order, with what it depends on outside of itself, and by what it is chosen. */
interface SortedSet {
  readonly order: ApplyOrder
  readonly externalDependencies: ExternalDependencies
  readonly scopeOptions: Omit<ScopeOptions, 'policy'>
}

async function sortManifests(
  { manifests, skippedFiles }: ManifestSet,
  cluster: Cluster,
  { inventory }: PreviousState,
  { source, sets: [{ scope }], ownRepository: own }: Config,
  { report }: RunContext,
): Promise<SortedSet> {
  requireDiscovered(manifests.map(apiVersionOf), cluster.discovery)
  const resolved = resolveScope(manifests, cluster.discovery.kinds, cluster.namespace)
  throwIfAny(resolved.problems)
  const members = addSetLabel(stampHooks(resolved.manifests.map(foldStringData)), inventory)
  throwIfAny(members.problems)
  const { warnings, problems, ...order } = sortForApply(members.manifests)
  report.warn(warnings)
  throwIfAny(problems)
  report.note({ order })
  report.log(summarizeKinds(order.sequence))
  for (const remark of orderRemarks(order.graph, order.dropped)) report.log(remark)
  report.debug(() => explainAll(order.graph, order.nodes))
  const external = await findExternalDependencies(order, cluster)
  throwIfAny(external.problems)
  const selection = fingerprintScope({ source, own, scope, namespace: cluster.namespace })
  const files = digestFiles(manifests.map(({ location }) => location.file))
  return {
    order,
    externalDependencies: external.externalDependencies,
    scopeOptions: { selection, files, skippedFiles },
  }
}

function decidePlan(
  input: PlanInput,
  cluster: Cluster,
  { files }: SourceTree,
  { sets: [{ policy }], readLimits: limits }: Config,
  { report }: RunContext,
): Plan {
  const plan = makePlan(input, { ...policy, adoptFrom: policy.adoptFrom.map(parseInventoryId) })
  const { namespace, name } = input.inventory
  const previous = cluster.identity || input.record?.cluster || cluster.server
  const context = {
    cluster: previous,
    inventory: `${namespace}/${name}`,
    conflicts: policy.forceConflicts ? 'overwrite' : 'fail',
  }
  const compared = plan.objects.filter(({ checkedBy }) => checkedBy === 'forbidden')
  // What is compared here knows no defaults: whoever may ask the server would make another plan of the same.
  const digest = compared.length > 0 ? '' : digestOfPlan(plan, context)
  report.note({ plan, digest, isPlanOnly: policy.mode === 'plan' })
  if (compared.length > 0) report.warn([localOnly(compared)])
  for (const line of planLines(plan)) report.log(line)
  const problems = planDiagnostics(plan, locateRejections(plan.errors, files, limits))
  if (problems.length > 0 || policy.planDigest === undefined || policy.planDigest === digest) {
    throwIfAny(problems)
    return plan
  }
  throw new Failure({
    code: 'E-GUARD',
    message: `The plan is not the one that was reviewed: its digest is ${digest}, and \`plan-digest\` asks for ${policy.planDigest}.`,
    hint: 'Look at what it would do now, and review that: Git or the cluster has changed since.',
  })
}

function localOnly(compared: readonly ObjectPlan[]): Warning {
  const what = `${formatCount(compared)} compared here, without the server’s defaults and webhooks, because the identity may not ask it`
  return {
    message: `${what}; so this plan has no digest.`,
    hint: 'To review a plan by its digest, let the identity `patch`.',
  }
}

/** Ends a run that writes nothing: what it found is told, and what should have gone and does not is a failure. */
function reportPlan({ plan }: PlannedRun, { policy }: SetConfig, { report }: RunContext): void {
  if (policy.mode === 'apply')
    report.note({ results: plan.objects.map(asPlanned), pruneDecisions: plan.pruneDecisions })
  throwIfAny(plan.pruneErrors)
}

/** What is to be ready at the end of a run. */
interface WaitEnd {
  readonly results: readonly Pick<ApplyResult, 'manifest' | 'result'>[]
  /** Of the record that stands at the end. */
  readonly fence: number
  /** Whether an object was known to be ready. */
  readonly wasReady?: (id: ObjectId) => boolean
}

/** The end of a run that leaves everything as it found it. */
function asObserved({ plan, input, stored }: PlannedRun): WaitEnd {
  const wasReady = (id: ObjectId) => input.members.get(objectKey(id))?.isReady === true
  return { results: plan.objects, fence: stored.record?.fence ?? 0, wasReady }
}

/** Raises E-HEALTH where not everything is ready in time. */
async function waitForAll(
  { fence, results, ...found }: WaitEnd,
  { cluster, config, report, signal, statusReader }: ExecutionContext,
): Promise<void> {
  const [set] = config.sets
  const inventory = makeInventory(set.inventory.namespace, set.inventory.name)
  const successor = () => readLaterRecord(inventory, fence, cluster.identity, cluster.api)
  const options = { statusReader, report, signal, timeout: set.policy.timeoutMs, successor, ...found }
  const consequence = 'what was applied stays applied'
  throwIfAny(await waitUntilReady(results, consequence, options))
}

/** Completes outcomes by the places of the fields that the server refused. */
function makeLocator(
  { files }: SourceTree,
  { readLimits: limits }: Config,
): (results: readonly ApplyResult[]) => readonly ApplyResult[] {
  return (results) => {
    const refused = results.flatMap((applyResult) =>
      applyResult.result === 'failed' ? [[applyResult.manifest, applyResult] as const] : [],
    )
    const places = locateRejections(new Map(refused), files, limits)
    return results.map((applyResult) => withLocation(applyResult, places))
  }
}

/** More refusals than that nobody looks up by their fields. */
const MAX_LOCATED = 200

/** The places of the fields that the server refused, where the files say them. */
function locateRejections(
  pruneErrors: ReadonlyMap<ResolvedManifest, ApiRejection>,
  files: ReadonlyMap<string, Buffer>,
  limits: ReadLimits,
): Map<ResolvedManifest, Location> {
  const sought = [...pruneErrors].flatMap(([manifest, { field }]) =>
    field === undefined ? [] : [{ manifest, object: manifest.location, path: field }],
  )
  const places = new Map<ResolvedManifest, Location>()
  for (const [file, fields] of Map.groupBy(sought.slice(0, MAX_LOCATED), ({ object }) => object.file)) {
    const bytes = files.get(file)
    if (bytes === undefined) continue // a build, whose objects have no lines
    for (const [{ manifest }, resolveScope] of locateFields(bytes, fields, limits)) places.set(manifest, resolveScope)
  }
  return places
}

function withLocation(applyResult: ApplyResult, places: ReadonlyMap<ResolvedManifest, Location>): ApplyResult {
  const location = places.get(applyResult.manifest)
  return applyResult.result === 'failed' && location !== undefined ? { ...applyResult, location } : applyResult
}
