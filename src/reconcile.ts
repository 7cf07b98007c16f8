import { apply } from './apply/apply.ts'
import type { Outcome } from './apply/outcome.ts'
import { findOutsiders, type Outsiders } from './apply/outsiders.ts'
import { type Cluster, connect } from './cluster/cluster.ts'
import { servedKinds } from './cluster/kinds.ts'
import { openKubeconfig } from './cluster/kubeconfig.ts'
import { findKubectl, type Kubectl } from './cluster/kubectl.ts'
import type { Config } from './config/config.ts'
import { gitEnvironment } from './config/environment.ts'
import type { Limits } from './config/limits.ts'
import { Failure, failIfAny, type Location, placeOf } from './errors.ts'
import { discover, wanted } from './manifests/discovery.ts'
import { locateFields } from './manifests/file.ts'
import { markRuns } from './manifests/hooks.ts'
import { apiVersionOf, countOf, type Manifest } from './manifests/manifest.ts'
import { place } from './manifests/placement.ts'
import { readSet, secretValues } from './manifests/set.ts'
import { explanations, remarks } from './order/explain.ts'
import { type Ordering, order, outline } from './order/sequence.ts'
import { outcomeLine, type Report } from './report/report.ts'
import { buildKustomizations, generatedSecrets } from './source/kustomize.ts'
import { fetchSource } from './source/source.ts'
import type { Select, Source } from './source/tree.ts'

/** What a run has beside its configuration. */
export interface Edges {
  readonly report: Report
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
  /** A private folder that is removed at the end. */
  readonly scratch: string
}

/**
 * One reconcile run: brings the cluster to what the repository says at one commit, and notes in the report what it did.
 * Raises a `Failure` where it cannot go on; an object that the server refuses is noted, and does not stop the others.
 */
export async function reconcile(config: Config, edges: Edges): Promise<void> {
  const { report, signal } = edges
  const kubectl = await findKubectl(config.environment)
  const source = await report.phase('Fetch the repository', () => fetchTree(config, edges))
  const manifests = await report.phase('Read the manifests', () => readObjects(source, config, kubectl, edges))
  const cluster = await report.phase('Connect to the cluster', () => reach(config, kubectl, edges))
  try {
    const arranged = await report.phase('Put the objects into order', () => arrange(manifests, cluster, edges))
    await report.phase('Apply', () => applyAll(arranged, cluster, source, config, edges))
  } finally {
    await cluster.close()
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
  const reading = readSet(files, source.files, built.builds, limits)
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
  const cluster = await connect(config, credentials, kubectl, { scratch, signal })
  report.note({ cluster: cluster.context })
  report.log(`Kubernetes ${cluster.serverVersion} by the context ${cluster.context}, with kubectl ${kubectl.version}.`)
  return cluster
}

/** A set in order, with what it depends on outside of itself. */
interface Arrangement {
  readonly ordering: Ordering
  readonly outsiders: Outsiders
}

async function arrange(manifests: readonly Manifest[], cluster: Cluster, { report }: Edges): Promise<Arrangement> {
  const served = await servedKinds(manifests.map(apiVersionOf), cluster.api)
  const placed = place(manifests, served, cluster.namespace)
  failIfAny(placed.problems)
  const { warnings, problems, ...ordering } = order(markRuns(placed.manifests))
  report.warn(warnings)
  failIfAny(problems)
  report.note({ ordering })
  report.log(outline(ordering.sequence))
  for (const remark of remarks(ordering.graph, ordering.dropped)) report.log(remark)
  report.debug(() => explanations(ordering.graph, ordering.nodes))
  const outside = await findOutsiders(ordering, cluster.api)
  failIfAny(outside.problems)
  return { ordering, outsiders: outside.outsiders }
}

async function applyAll(
  { ordering, outsiders }: Arrangement,
  cluster: Cluster,
  { files }: Source,
  { limits }: Config,
  { report, scratch, signal }: Edges,
): Promise<void> {
  const { outcomes, problems } = await apply(ordering, outsiders, cluster, { scratch, signal, log: report.log })
  report.note({ outcomes })
  report.note({ outcomes: withPlaces(outcomes, files, limits) })
  for (const outcome of outcomes) if (outcome.result !== 'unchanged') report.log(outcomeLine(outcome))
  failIfAny(problems)
}

/** More refusals than that nobody looks up by their fields. */
const MOST_PLACES = 200

/** Outcomes with the places of the fields that the server refused, where the files say them. */
function withPlaces(
  outcomes: readonly Outcome[],
  files: ReadonlyMap<string, Buffer>,
  limits: Limits,
): readonly Outcome[] {
  const sought = outcomes.flatMap((outcome) => {
    if (outcome.result !== 'failed' || outcome.field === undefined) return []
    return [{ outcome, object: outcome.manifest.location, path: outcome.field }]
  })
  const places = new Map<Outcome, Location>()
  for (const [file, fields] of Map.groupBy(sought.slice(0, MOST_PLACES), ({ object }) => object.file)) {
    const bytes = files.get(file)
    if (bytes === undefined) continue // a build, whose objects have no lines
    for (const [{ outcome }, place] of locateFields(bytes, fields, limits)) places.set(outcome, place)
  }
  return outcomes.map((outcome) => {
    const location = places.get(outcome)
    return outcome.result === 'failed' && location !== undefined ? { ...outcome, location } : outcome
  })
}
