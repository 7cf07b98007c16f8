import { apply } from './apply/apply.ts'
import { connect } from './cluster/cluster.ts'
import { servedKinds } from './cluster/kinds.ts'
import { findKubectl } from './cluster/kubectl.ts'
import type { Config } from './config/config.ts'
import { gitEnvironment } from './config/environment.ts'
import { Failure, failIfAny } from './errors.ts'
import { discover, wanted } from './manifests/discovery.ts'
import { apiVersionOf } from './manifests/manifest.ts'
import { place } from './manifests/placement.ts'
import { readSet, secretValues } from './manifests/set.ts'
import { order, outline } from './order/sequence.ts'
import { placeOf } from './report/facts.ts'
import { outcomeLine, type Report } from './report/report.ts'
import { buildKustomizations, generatedSecrets } from './source/kustomize.ts'
import { fetchSource } from './source/source.ts'
import type { Select } from './source/tree.ts'

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
export async function reconcile(config: Config, { report, signal, scratch }: Edges): Promise<void> {
  const { log, note, phase } = report
  const origin = config.source
  if (origin.kind === 'remote') note({ repository: origin.url })
  else note({ repository: origin.path, workspacePath: origin.workspacePath })
  const kubectl = await findKubectl(config.environment)

  const source = await phase('Fetch the repository', () => {
    const select: Select = (entries) => wanted(discover(entries, config.paths), entries)
    return fetchSource(config.source, select, { environment: gitEnvironment(config.environment), scratch, signal, log })
  })
  note({ commit: source.commit })

  const manifests = await phase('Read the manifests', async () => {
    const { files, kustomizations, skipped } = discover(source.entries, config.paths)
    if (kustomizations.length > 0) report.protect(generatedSecrets(source.files))
    const builds = await buildKustomizations(kustomizations, source.files, kubectl, scratch, signal)
    const reading = readSet(files, source.files, builds)
    report.protect(secretValues(reading.manifests))
    const passedOver = [...skipped, ...reading.skipped]
    note({ skipped: passedOver })
    for (const each of passedOver) log(`skipped ${placeOf(each.location)}: ${each.reason}`)
    failIfAny(reading.problems)
    log(`Objects: ${reading.manifests.length}, from ${files.length + builds.length} files.`)
    return reading.manifests
  })
  if (manifests.length === 0) {
    throw new Failure({
      class: 'E-GUARD',
      message: `There is nothing to apply: no Kubernetes object under ${config.paths.map((path) => `\`${path || '.'}\``).join(', ')}.`,
      next: 'Check `path` and `ref`; the summary lists every file that was passed over, with the reason.',
    })
  }

  const cluster = await phase('Connect to the cluster', async () => {
    const connected = await connect(config, kubectl, scratch, signal)
    log(`Kubernetes ${connected.serverVersion} by the context ${connected.context}, with kubectl ${kubectl.version}.`)
    return connected
  })
  note({ cluster: cluster.context })
  try {
    const sequence = await phase('Put the objects into order', async () => {
      const placed = place(manifests, await servedKinds(manifests.map(apiVersionOf), cluster.api), cluster.namespace)
      failIfAny(placed.problems)
      const ordered = order(placed.manifests)
      log(outline(ordered))
      return ordered
    })
    await phase('Apply', async () => {
      const { outcomes, problems } = await apply(sequence, cluster, { scratch, signal, log })
      note({ outcomes })
      for (const outcome of outcomes) if (outcome.result !== 'unchanged') log(outcomeLine(outcome))
      failIfAny(problems)
    })
  } finally {
    await cluster.close()
  }
  signal.throwIfAborted()
}
