import { type Outcome, settled } from '../apply/apply-result.ts'
import { findOutsiders, type Outsiders } from '../apply/external-dependencies.ts'
import { type Cluster, connect } from '../kube/cluster.ts'
import { requireKnown } from '../kube/discovery.ts'
import { openKubeconfig } from '../kube/kubeconfig.ts'
import { type Kubectl, openKubectl } from '../kube/kubectl.ts'
import type { Config } from '../options/config.ts'
import { gitEnvironment } from '../environment.ts'
import type { Limits } from '../read-limits.ts'
import type { Bounds } from '../options/policy.ts'
import { Failure, failIfAny, type Location, placeOf, type Warning } from '../diagnostics.ts'
import { type Execution, execute, isSettled, type Prospect } from './execute.ts'
import { idFrom, inventoryOf, PART_OF } from '../inventory/inventory.ts'
import { asMembers } from '../inventory/set-label.ts'
import { packFiles, selectionOf } from '../inventory/scope-fingerprint.ts'
import { laterRecord } from '../inventory/store.ts'
import type { Json } from '../json.ts'
import { discover, wanted } from '../render/file-discovery.ts'
import { locateFields } from '../manifests/read-file.ts'
import { markRuns } from '../object/annotations/hooks.ts'
import { apiVersionOf, countOf, keyOf, type Manifest, type ObjectId } from '../object/manifest.ts'
import { type PlacedManifest, place } from '../object/resolved-manifest.ts'
import { folded } from '../object/secret.ts'
import { readSet, secretValues } from '../manifests/read-manifests.ts'
import { explanations, remarks } from '../graph/explanations.ts'
import { type Ordering, order, outline } from '../graph/apply-order.ts'
import type { Action } from '../plan/object-plan.ts'
import { digestOfPlan } from '../plan/plan-digest.ts'
import { makePlan, type Plan, problemsIn, type Situation } from '../plan/plan.ts'
import type { Refusal } from '../object/api-rejection.ts'
import { untilReady } from './wait-ready.ts'
import { planLines } from '../report/text.ts'
import type { Report } from '../report/report.ts'
import { buildKustomizations, generatedSecrets } from '../render/kustomize.ts'
import { fetchSource } from '../source/fetch-source.ts'
import type { Select, Source } from '../source/source-tree.ts'
import { type Choices, type Known, look, recall } from './observe.ts'
import { openLookout } from '../wait/status-reader.ts'

/** What a run has beside its configuration. */
export interface Edges {
  readonly report: Report
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
  /** A private folder that is removed at the end. */
  readonly scratch: string
  /** Notes the lock that this run holds, should the process end before it lets go of it; an empty text for none. */
  readonly leave: (lock: string) => void
}

/**
 * One reconcile run: brings the cluster to what the repository says at one commit, or only says what that would take, and
 * notes in the report what it did. Raises a `Failure` where it cannot go on.
 */
export async function reconcile(config: Config, edges: Edges): Promise<void> {
  const { report, signal } = edges
  const kubectl = openKubectl(config.environment)
  // Beside what comes first: a login may take as long as all the rest of a run without changes.
  const end = new AbortController()
  const connecting = reach(config, kubectl, { ...edges, signal: AbortSignal.any([signal, end.signal]) })
  const recalling = connecting.then((cluster) => recall(cluster, config))
  for (const begun of [connecting, recalling]) begun.catch(() => {})
  try {
    const source = await report.phase('Fetch the repository', () => fetchTree(config, edges))
    await kubectl.version // before what failed for want of it
    const read = await report.phase('Read the manifests', () => readObjects(source, config, kubectl, edges))
    const cluster = await report.phase('Connect to the cluster', () =>
      connected(connecting, kubectl, config.policy, edges),
    )
    const known = await recalling
    const arranged = await report.phase('Put the objects into order', () =>
      arrange(read, cluster, known, config, edges),
    )
    const foresee = async (what: Known): Promise<Prospect> => {
      const choices = { policy: config.policy, ...arranged.chosen }
      const survey = await report.phase('Look at the cluster', () =>
        look(arranged.ordering, what, cluster, choices, report),
      )
      const plan = await report.phase('Plan', () => decide(survey, cluster, source, config, edges))
      return { stored: what.stored, survey, plan }
    }
    const prospect = await foresee(known)
    const protect = (secrets: readonly Json[]) => report.protect(secretValues(arranged.ordering.sequence, secrets))
    const lookout = openLookout(cluster.api, [PART_OF, known.inventory.id], protect)
    const execution = { ...arranged, source, cluster, config, ...edges, lookout, locate: locator(source, config) }
    const isQuiet = config.policy.mode === 'plan' || isSettled(prospect, execution)
    if (isQuiet) tell(prospect, config, edges)
    const done = isQuiet ? undefined : await execute(prospect, () => recall(cluster, config).then(foresee), execution)
    // Without the lock, so that a run that mends what does not get ready need not wait for this one.
    if (config.policy.mode === 'apply' && config.policy.wait && done?.isReady !== true)
      await waitForAll(done ?? asFound(prospect), execution)
  } finally {
    end.abort()
    const cluster = await connecting.catch(() => undefined)
    await cluster?.close()
  }
  signal.throwIfAborted()
}

async function fetchTree(
  { source: origin, scope, limits, environment }: Config,
  { report, scratch, signal }: Edges,
): Promise<Source> {
  if (origin.kind === 'remote') report.note({ repository: origin.url })
  else report.note({ repository: origin.path, workspacePath: origin.workspacePath })
  const select: Select = (entries) => wanted(discover(entries, scope), entries)
  const options = { environment: gitEnvironment(environment), limits, scratch, signal, log: report.log }
  const source = await fetchSource(origin, select, options)
  report.note({ commit: source.commit })
  return source
}

/** What the repository asks for. */
interface Reading {
  readonly manifests: readonly Manifest[]
  /** Files that are not taken for manifests. */
  readonly passedOver: readonly string[]
}

async function readObjects(
  source: Source,
  { scope, limits, policy }: Config,
  kubectl: Kubectl,
  edges: Edges,
): Promise<Reading> {
  const { report, scratch, signal } = edges
  const discovery = discover(source.entries, scope)
  const { files, kustomizations } = discovery
  if (kustomizations.length > 0) report.protect(generatedSecrets(source.files, limits))
  const built = await buildKustomizations(kustomizations, source, { kubectl, limits, scratch, signal })
  const reading = await readSet(files, source.files, built.builds, limits)
  report.protect(secretValues(reading.manifests))
  const skipped = [...discovery.skipped, ...reading.skipped]
  const warnings = [...discovery.warnings, ...reading.warnings]
  report.note({ skipped })
  for (const each of skipped) report.log(`skipped ${placeOf(each.location)}: ${each.reason}`)
  report.warn(warnings)
  failIfAny([discovery, source, built, reading].flatMap(({ problems }) => problems))
  report.log(`Found ${countOf(reading.manifests)}.`)
  if (reading.manifests.length === 0 && !(policy.prune.isOn && policy.prune.mayEmpty)) {
    const where = scope.paths.map((path) => `\`${path || '.'}\``).join(', ')
    throw new Failure({
      class: 'E-GUARD',
      message: `There is nothing to apply: no Kubernetes object under ${where}.`,
      next: 'Check `path`, `include`, `exclude` and `ref`; the summary lists every file that was passed over, with the reason. If everything is to go, say so with `prune: true` and `prune-allow: empty-set`.',
    })
  }
  return { manifests: reading.manifests, passedOver: skipped.map(({ location }) => location.file) }
}

async function reach(config: Config, kubectl: Kubectl, { report, scratch, signal }: Edges): Promise<Cluster> {
  const credentials = await openKubeconfig(config.cluster, kubectl, scratch)
  report.protect(credentials.secrets)
  return connect(config, credentials, kubectl, { scratch, signal })
}

async function connected(
  connecting: Promise<Cluster>,
  kubectl: Kubectl,
  { bounds }: Config['policy'],
  { report }: Edges,
): Promise<Cluster> {
  const [cluster, version] = await Promise.all([connecting, kubectl.version])
  report.note({ cluster: cluster.context })
  requireCluster(cluster, bounds)
  report.log(`Kubernetes ${cluster.serverVersion} by the context ${cluster.context}, with kubectl ${version}.`)
  return cluster
}

/** Raises E-GUARD where the cluster is another one than the workflow says. */
function requireCluster({ identity }: Cluster, { cluster }: Bounds): void {
  if (cluster === undefined || cluster === identity) return
  const found = identity === '' ? 'one that does not tell who it is' : identity
  throw new Failure({
    class: 'E-GUARD',
    message: `This is another cluster than \`cluster-id\` says: ${found}, not ${cluster}.`,
    next: 'Check `kubeconfig` and `context`. The id is the uid of the namespace kube-system, which the identity has to be allowed to read.',
  })
}

/** A set in order, with what it depends on outside of itself, and by what it is chosen. */
interface Arrangement {
  readonly ordering: Ordering
  readonly outsiders: Outsiders
  readonly chosen: Omit<Choices, 'policy'>
}

async function arrange(
  { manifests, passedOver }: Reading,
  cluster: Cluster,
  { inventory }: Known,
  { source, scope, environment }: Config,
  { report }: Edges,
): Promise<Arrangement> {
  requireKnown(manifests.map(apiVersionOf), cluster.discovery)
  const placed = place(manifests, cluster.discovery.kinds, cluster.namespace)
  failIfAny(placed.problems)
  const members = asMembers(markRuns(placed.manifests.map(folded)), inventory)
  failIfAny(members.problems)
  const { warnings, problems, ...ordering } = order(members.manifests)
  report.warn(warnings)
  failIfAny(problems)
  report.note({ ordering })
  report.log(outline(ordering.sequence))
  for (const remark of remarks(ordering.graph, ordering.dropped)) report.log(remark)
  report.debug(() => explanations(ordering.graph, ordering.nodes))
  const outside = await findOutsiders(ordering, cluster)
  failIfAny(outside.problems)
  const own = environment.GITHUB_REPOSITORY ?? ''
  const selection = selectionOf({ source, own, scope, namespace: cluster.namespace })
  const files = packFiles(manifests.map(({ location }) => location.file))
  return { ordering, outsiders: outside.outsiders, chosen: { selection, files, passedOver } }
}

function decide(
  survey: Situation,
  cluster: Cluster,
  { files }: Source,
  { policy, limits }: Config,
  { report }: Edges,
): Plan {
  const plan = makePlan(survey, { ...policy, takeOver: policy.takeOver.map(idFrom) })
  const { namespace, name } = survey.inventory
  const known = cluster.identity || survey.record?.cluster || cluster.server
  const context = { cluster: known, inventory: `${namespace}/${name}`, conflicts: policy.conflicts }
  const compared = plan.actions.filter(({ judge }) => judge === 'forbidden')
  // What is compared here knows no defaults: whoever may ask the server would make another plan of the same.
  const digest = compared.length > 0 ? '' : digestOfPlan(plan, context)
  report.note({ plan, digest, isPlanOnly: policy.mode === 'plan' })
  if (compared.length > 0) report.warn([localOnly(compared)])
  for (const line of planLines(plan)) report.log(line)
  const problems = problemsIn(plan, placesOf(plan.obstacles, files, limits))
  if (problems.length > 0 || policy.digest === undefined || policy.digest === digest) {
    failIfAny(problems)
    return plan
  }
  throw new Failure({
    class: 'E-GUARD',
    message: `The plan is not the one that was reviewed: its digest is ${digest}, and \`digest\` asks for ${policy.digest}.`,
    next: 'Look at what it would do now, and review that: Git or the cluster has changed since.',
  })
}

function localOnly(compared: readonly Action[]): Warning {
  const what = `${countOf(compared)} compared here, without the server’s defaults and webhooks, because the identity may not ask it`
  return {
    message: `${what}; so this plan has no digest.`,
    next: 'To review a plan by its digest, let the identity `patch`.',
  }
}

/** Ends a run that writes nothing: what it found is told, and what should have gone and does not is a failure. */
function tell({ plan }: Prospect, { policy }: Config, { report }: Edges): void {
  if (policy.mode === 'apply') report.note({ outcomes: plan.actions.map(settled), departures: plan.departures })
  failIfAny(plan.refusals)
}

/** What is to be ready at the end of a run. */
interface Ending {
  readonly outcomes: readonly Pick<Outcome, 'manifest' | 'result'>[]
  /** Of the record that stands at the end. */
  readonly fence: number
  /** Whether an object was known to be ready. */
  readonly wasReady?: (id: ObjectId) => boolean
}

/** The end of a run that leaves everything as it found it. */
function asFound({ plan, survey, stored }: Prospect): Ending {
  const wasReady = (id: ObjectId) => survey.members.get(keyOf(id))?.isReady === true
  return { outcomes: plan.actions, fence: stored.record?.fence ?? 0, wasReady }
}

/** Raises E-HEALTH where not everything is ready in time. */
async function waitForAll(
  { fence, outcomes, ...found }: Ending,
  { cluster, config, report, signal, lookout }: Execution,
): Promise<void> {
  const inventory = inventoryOf(config.inventory.namespace, config.inventory.name)
  const successor = () => laterRecord(inventory, fence, cluster.identity, cluster.api)
  const options = { lookout, report, signal, timeout: config.policy.timeout, successor, ...found }
  const consequence = 'what was applied stays applied'
  failIfAny(await untilReady(outcomes, consequence, options))
}

/** Completes outcomes by the places of the fields that the server refused. */
function locator({ files }: Source, { limits }: Config): (outcomes: readonly Outcome[]) => readonly Outcome[] {
  return (outcomes) => {
    const refused = outcomes.flatMap((outcome) =>
      outcome.result === 'failed' ? [[outcome.manifest, outcome] as const] : [],
    )
    const places = placesOf(new Map(refused), files, limits)
    return outcomes.map((outcome) => located(outcome, places))
  }
}

/** More refusals than that nobody looks up by their fields. */
const MOST_PLACES = 200

/** The places of the fields that the server refused, where the files say them. */
function placesOf(
  refusals: ReadonlyMap<PlacedManifest, Refusal>,
  files: ReadonlyMap<string, Buffer>,
  limits: Limits,
): Map<PlacedManifest, Location> {
  const sought = [...refusals].flatMap(([manifest, { field }]) =>
    field === undefined ? [] : [{ manifest, object: manifest.location, path: field }],
  )
  const places = new Map<PlacedManifest, Location>()
  for (const [file, fields] of Map.groupBy(sought.slice(0, MOST_PLACES), ({ object }) => object.file)) {
    const bytes = files.get(file)
    if (bytes === undefined) continue // a build, whose objects have no lines
    for (const [{ manifest }, place] of locateFields(bytes, fields, limits)) places.set(manifest, place)
  }
  return places
}

function located(outcome: Outcome, places: ReadonlyMap<PlacedManifest, Location>): Outcome {
  const location = places.get(outcome.manifest)
  return outcome.result === 'failed' && location !== undefined ? { ...outcome, location } : outcome
}
