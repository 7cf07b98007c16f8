import { type ApplyOutcome, apply } from '../src/apply/apply.ts'
import { type ExternalDependencies, findExternalDependencies } from '../src/apply/external-dependencies.ts'
import { throwIfAny } from '../src/diagnostics.ts'
import type { RunEvent } from '../src/engine/events.ts'
import { loadInventory, type PreviousState } from '../src/engine/load-inventory.ts'
import { observe } from '../src/engine/observe.ts'
import type { SetPolicy } from '../src/engine/set-config.ts'
import { type ApplyOrder, sortForApply } from '../src/graph/apply-order.ts'
import { expectedEntries, nextEntries, withoutPruned } from '../src/inventory/next-record.ts'
import { addSetLabel } from '../src/inventory/set-label.ts'
import { writeRecord } from '../src/inventory/store.ts'
import { type JsonObject, stringField } from '../src/json.ts'
import type { WriteSession } from '../src/kube/client.ts'
import type { Cluster } from '../src/kube/cluster.ts'
import { discoverApis } from '../src/kube/discovery.ts'
import { stampHooks } from '../src/object/annotations/hooks.ts'
import { readManifestOptions } from '../src/object/annotations/manifest-options.ts'
import { type Inventory, makeInventory, parseInventoryId, SET_LABEL } from '../src/object/inventory.ts'
import { EMPTY_RECORD, type InventoryRecord } from '../src/object/inventory-record.ts'
import type { Manifest } from '../src/object/manifest.ts'
import { namespacedName } from '../src/object/metadata.ts'
import { formatId, parseApiVersion } from '../src/object/object-id.ts'
import { resolveScope } from '../src/object/resolved-manifest.ts'
import { foldStringData } from '../src/object/secret.ts'
import type { ObjectPlan } from '../src/plan/object-plan.ts'
import { makePlan, type Plan, type PlanInput } from '../src/plan/plan.ts'
import { type PruneResult, prune } from '../src/prune/prune.ts'
import { openStatusReader } from '../src/wait/status-reader.ts'
import { type FakeApi, startFakeApi } from './fake-api.ts'
import { type FakeStream, fakeStream } from './fake-kubectl.ts'
import { namespace } from './objects.ts'

/** A set on a fake API, planned and applied as in a run with one inventory, but without Git and kubectl. */
export interface FakeSet {
  readonly api: FakeApi
  readonly inventory: Inventory
  /** Plans objects without writing anything. */
  plan(objects: readonly JsonObject[], policy?: Partial<SetPolicy>): Promise<PlannedObjects>
  /** Plans, applies and prunes objects, and writes the inventory. Raises if the plan has errors. */
  run(objects: readonly JsonObject[], options?: RunOptions): Promise<SetRun>
}

/** Options of a run of a set. */
export interface RunOptions extends Partial<SetPolicy> {
  readonly signal?: AbortSignal
  /** Receives each event when it happens. */
  readonly onEvent?: (event: RunEvent) => void
}

/** A plan and its input. */
export interface PlannedObjects {
  readonly plan: Plan
  readonly input: PlanInput
  readonly order: ApplyOrder
  readonly externalDependencies: ExternalDependencies
  readonly stored: PreviousState['stored']
  /** The planned result of each object, by its name as in messages. */
  readonly results: Readonly<Record<string, string>>
  readonly events: readonly RunEvent[]
}

/** The outcome of a run of a set. */
export interface SetRun extends Omit<PlannedObjects, 'results'> {
  readonly outcome: ApplyOutcome
  readonly pruned: PruneResult
  readonly stream: FakeStream
  /** The result of each object, by its name as in messages. */
  readonly results: Readonly<Record<string, string>>
  /** The writes to objects of the set, as `VERB COLLECTION/NAME`. */
  readonly writes: readonly string[]
}

/** The default policy of a run: it applies, prunes up to all objects, and overwrites other field managers. */
const POLICY: SetPolicy = {
  mode: 'apply',
  forceConflicts: true,
  parallelism: 1,
  prune: { isOn: true, objects: [], mayEmpty: true, mayChangeScope: false, most: { objects: 0, percent: 100 } },
  allowRollback: false,
  adoptFrom: [],
  allowed: {},
  wait: false,
  timeoutMs: 60_000,
  lockTimeoutMs: 60_000,
}

/** Opens a set on a fake API. */
export function openFakeSet(api = startFakeApi(), name = 'set'): FakeSet {
  if (api.live(namespace('fairlead')) === undefined) api.write(namespace('fairlead'), 'kube-apiserver')
  const inventory = { namespace: 'fairlead', name }
  const plan: FakeSet['plan'] = async (objects, policy = {}) => {
    const events: RunEvent[] = []
    const set = { scope: SCOPE, inventory, policy: { ...POLICY, ...policy } }
    const cluster = await connectTo(api)
    const previous = await loadInventory(cluster, set)
    const sorted = await sort(objects, previous.inventory, cluster)
    const input = await observe(sorted, previous, cluster, set, { ...CONTEXT, emit: (event) => events.push(event) })
    const adoptFrom = set.policy.adoptFrom.map(parseInventoryId)
    const made = makePlan(input, { ...set.policy, adoptFrom })
    return { ...sorted, stored: previous.stored, input, plan: made, results: resultsOf(made.objects), events }
  }
  return {
    api,
    inventory: makeInventory('fairlead', name),
    plan,
    run: async (objects, options = {}) => execute(await plan(objects, options), api, options),
  }
}

const SCOPE = { paths: [''], include: [], exclude: [] } as const
const CONTEXT = { addSecrets: () => {}, signal: new AbortController().signal, tempDir: '', saveLock: () => {} }

async function connectTo({ client }: FakeApi): Promise<Cluster> {
  const unused = () => {
    throw new Error('a fake cluster has no kubectl')
  }
  const kubectl = { version: Promise.resolve('v1.37.2'), run: unused, serve: unused, with: unused }
  return {
    ...{ api: client, kubectl, openClient: unused, close: async () => {} },
    ...{ identity: 'fake', server: 'https://fake', context: 'fake', namespace: 'default', serverVersion: 'v1.37.2' },
    discovery: await discoverApis(client),
    writeProxy: { open: unused, resetDiscovery: () => {}, close: async () => {} },
  }
}

async function sort(objects: readonly JsonObject[], inventory: Inventory, cluster: Cluster) {
  const resolved = resolveScope(objects.map(manifestOf), cluster.discovery.kinds, cluster.namespace)
  const members = addSetLabel(stampHooks(resolved.manifests.map(foldStringData)), inventory)
  const order = sortForApply(members.manifests)
  const { externalDependencies, problems } = await findExternalDependencies(order, cluster)
  throwIfAny([...resolved.problems, ...members.problems, ...order.problems, ...problems])
  return { order, externalDependencies, chosenBy: { selection: {}, files: '', skippedFiles: [] } }
}

/** The manifest of an object, with its position as the line. */
function manifestOf(object: JsonObject, index: number): Manifest {
  const { group, version } = parseApiVersion(stringField(object, 'apiVersion') ?? '')
  const id = { group, kind: stringField(object, 'kind') ?? '', ...namespacedName(object) }
  return { id, version, object, options: readManifestOptions(object), location: { file: 'set.yaml', line: index + 1 } }
}

function resultsOf(objects: readonly Pick<ObjectPlan, 'manifest' | 'result'>[] | ApplyOutcome['results']) {
  return Object.fromEntries(objects.map(({ manifest, result }) => [formatId(manifest.id), result]))
}

async function execute(planned: PlannedObjects, api: FakeApi, options: RunOptions): Promise<SetRun> {
  const { plan, input, order, externalDependencies, stored, events: observed } = planned
  const {
    signal = new AbortController().signal,
    onEvent = () => {},
    timeoutMs: timeout = POLICY.timeoutMs,
    parallelism = 1,
  } = options
  throwIfAny([...plan.errors.values()].map(({ code, message }) => ({ code, message })))
  const session = api.client.openWriteSession(async () => {})
  const written = await writeRecord(
    input.inventory,
    recordOf(expectedEntries(input.record, plan, input.dryRuns)),
    stored,
    session,
  )
  const begin = api.requests.length
  const events = [...observed]
  const emit = (event: RunEvent) => {
    events.push(event)
    onEvent(event)
  }
  const stream = fakeStream(api, session, { signal })
  const statusReader = openStatusReader(api.client, [SET_LABEL, input.inventory.id], () => {})
  const outcome = await apply(plan, order, externalDependencies, session, {
    ...{ signal, emit, timeout, parallelism, statusReader, stream },
  })
  const isClean = outcome.problems.length === 0 && !outcome.results.some(({ result }) => NOT_APPLIED.includes(result))
  const pruned = isClean
    ? await prune(plan.pruneDecisions, session, { signal, timeout, emit })
    : { pruneDecisions: plan.pruneDecisions, problems: [] }
  const writes = api.requests.slice(begin).flatMap(writeIn)
  if (written !== undefined)
    await writeRecord(input.inventory, recordOf(entriesAfter(planned, outcome, pruned, isClean)), written, session)
  return { ...planned, results: resultsOf(outcome.results), outcome, pruned, stream, writes, events }
}

const NOT_APPLIED = ['failed', 'skipped', 'pending', 'terminating']

function recordOf(entries: InventoryRecord['entries']): InventoryRecord {
  return { ...EMPTY_RECORD, cluster: 'fake', serverVersion: 'v1.37.2', entries }
}

function entriesAfter({ plan, input }: PlannedObjects, outcome: ApplyOutcome, pruned: PruneResult, isClean: boolean) {
  const { dryRuns, record } = input
  const expected = expectedEntries(record, plan, dryRuns)
  const { entries } = nextEntries(expected, plan, dryRuns, outcome.written, outcome.unfinished)
  return isClean ? withoutPruned(entries, pruned.pruneDecisions) : entries
}

/** A request as `VERB COLLECTION/NAME` if it is a write; empty for reads and dry runs. */
function writeIn(request: string): string[] {
  const [verb = '', path = ''] = request.split(' ')
  const name = path.split('?')[0]?.split('/').slice(-2).join('/') ?? ''
  return verb === 'GET' || path.includes('dryRun=All') ? [] : [`${verb} ${name}`]
}

/** A write session that allows every write. */
export function openSession(api: FakeApi): WriteSession {
  return api.client.openWriteSession(async () => {})
}
