import { apply } from './apply/apply.ts'
import type { Outcome } from './apply/outcome.ts'
import { findOutsiders, type Outsiders } from './apply/outsiders.ts'
import { type Cluster, connect } from './cluster/cluster.ts'
import { requireKnown } from './cluster/kinds.ts'
import { openKubeconfig } from './cluster/kubeconfig.ts'
import { type Kubectl, openKubectl } from './cluster/kubectl.ts'
import type { Config } from './config/config.ts'
import { gitEnvironment } from './config/environment.ts'
import type { Limits } from './config/limits.ts'
import { Failure, failIfAny, isCut, type Location, placeOf, type Warning } from './errors.ts'
import { asMembers } from './inventory/membership.ts'
import { writeRecord } from './inventory/store.ts'
import { discover, wanted } from './manifests/discovery.ts'
import { locateFields } from './manifests/file.ts'
import { markRuns } from './manifests/hooks.ts'
import { apiVersionOf, countOf, type Manifest } from './manifests/manifest.ts'
import { type PlacedManifest, place } from './manifests/placement.ts'
import { folded } from './manifests/secret.ts'
import { readSet, secretValues } from './manifests/set.ts'
import { explanations, remarks } from './order/explain.ts'
import { type Ordering, order, outline } from './order/sequence.ts'
import type { Action } from './plan/action.ts'
import { digestOfPlan } from './plan/digest.ts'
import { expecting, hooksToRun, type Memory, remember } from './plan/memory.ts'
import { makePlan, type Plan, problemsIn } from './plan/plan.ts'
import type { Refusal } from './plan/refusal.ts'
import { planLines } from './report/lines.ts'
import { outcomeLine, type Report } from './report/report.ts'
import { buildKustomizations, generatedSecrets } from './source/kustomize.ts'
import { fetchSource } from './source/source.ts'
import type { Select, Source } from './source/tree.ts'
import { type Known, look, recall, type Survey } from './survey.ts'

/** What a run has beside its configuration. */
export interface Edges {
  readonly report: Report
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
  /** A private folder that is removed at the end. */
  readonly scratch: string
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
    const manifests = await report.phase('Read the manifests', () => readObjects(source, config, kubectl, edges))
    const cluster = await report.phase('Connect to the cluster', () => connected(connecting, kubectl, edges))
    const known = await recalling
    const arranged = await report.phase('Put the objects into order', () => arrange(manifests, cluster, known, edges))
    const survey = await report.phase('Look at the cluster', () =>
      look(arranged.ordering, known, cluster, config, report),
    )
    const plan = await report.phase('Plan', () => decide(survey, cluster, source, config, edges))
    if (config.policy.mode === 'apply')
      await report.phase('Apply', () => carryOut(plan, arranged, survey, cluster, source, config, edges))
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

async function readObjects(
  source: Source,
  { scope, limits }: Config,
  kubectl: Kubectl,
  edges: Edges,
): Promise<readonly Manifest[]> {
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
  if (reading.manifests.length === 0) {
    const where = scope.paths.map((path) => `\`${path || '.'}\``).join(', ')
    throw new Failure({
      class: 'E-GUARD',
      message: `There is nothing to apply: no Kubernetes object under ${where}.`,
      next: 'Check `path`, `include`, `exclude` and `ref`; the summary lists every file that was passed over, with the reason.',
    })
  }
  return reading.manifests
}

async function reach(config: Config, kubectl: Kubectl, { report, scratch, signal }: Edges): Promise<Cluster> {
  const credentials = await openKubeconfig(config.cluster, kubectl, scratch)
  report.protect(credentials.secrets)
  return connect(config, credentials, kubectl, { scratch, signal })
}

async function connected(connecting: Promise<Cluster>, kubectl: Kubectl, { report }: Edges): Promise<Cluster> {
  const [cluster, version] = await Promise.all([connecting, kubectl.version])
  report.note({ cluster: cluster.context })
  report.log(`Kubernetes ${cluster.serverVersion} by the context ${cluster.context}, with kubectl ${version}.`)
  return cluster
}

/** A set in order, with what it depends on outside of itself. */
interface Arrangement {
  readonly ordering: Ordering
  readonly outsiders: Outsiders
}

async function arrange(
  manifests: readonly Manifest[],
  cluster: Cluster,
  { inventory }: Known,
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
  return { ordering, outsiders: outside.outsiders }
}

function decide(
  survey: Survey,
  cluster: Cluster,
  { files }: Source,
  { policy, limits }: Config,
  { report }: Edges,
): Plan {
  const isForReal = policy.mode === 'apply'
  const plan = makePlan({ ...survey, isForReal })
  const { namespace, name } = survey.inventory
  const known = cluster.identity || survey.record?.cluster || cluster.server
  const context = { cluster: known, inventory: `${namespace}/${name}`, conflicts: policy.conflicts }
  const compared = plan.actions.filter(({ judge }) => judge === 'forbidden')
  // What is compared here knows no defaults: whoever may ask the server would make another plan of the same.
  const digest = compared.length > 0 ? '' : digestOfPlan(plan, context)
  report.note({ plan, digest, isPlanOnly: !isForReal })
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

async function carryOut(
  plan: Plan,
  { ordering, outsiders }: Arrangement,
  { inventory, record, trials }: Survey,
  cluster: Cluster,
  { files }: Source,
  { policy, limits }: Config,
  { report, signal }: Edges,
): Promise<void> {
  const { conflicts, processes } = policy
  const { identity, serverVersion, api } = cluster
  const write = ({ entries }: Memory) =>
    writeRecord(inventory, { cluster: identity || (record?.cluster ?? ''), serverVersion, entries }, api)
  const ahead = expecting(record, hooksToRun(plan))
  if (ahead.isNew) await write(ahead) // what keeps it from being written is told below
  const options = { signal, log: report.log, force: conflicts === 'overwrite', processes }
  const { outcomes, written, unfinished, problems } = await apply(plan, ordering, outsiders, cluster, options)
  report.note({ outcomes })
  const refused = outcomes.flatMap((outcome) =>
    outcome.result === 'failed' ? [[outcome.manifest, outcome] as const] : [],
  )
  const places = placesOf(new Map(refused), files, limits)
  report.note({ outcomes: outcomes.map((outcome) => located(outcome, places)) })
  for (const outcome of outcomes) if (outcome.result !== 'unchanged') report.log(outcomeLine(outcome))
  const memory = remember(record, plan, trials, written, unfinished)
  if (memory.isNew && !problems.some(isCut) && !signal.aborted) report.warn(await write(memory))
  failIfAny(problems)
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
