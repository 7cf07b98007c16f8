import type { Warning } from '../../diagnostics.ts'
import { SYNC_PHASES } from '../../object/annotations/hook-annotations.ts'
import { holdsOthers } from '../../object/kinds.ts'
import { formatId } from '../../object/object-id.ts'
import type { ResolvedManifest } from '../../object/resolved-manifest.ts'
import { type Edge, edgesBy, isSoft } from '../graph.ts'
import type { GraphBuilder } from '../graph-builder.ts'
import { topologicalSort } from '../topological-sort.ts'

/** A sync wave of a phase; all its objects come before those of the next wave. */
interface Wave {
  readonly phase: number
  readonly wave: number
}

/** The wave of objects without annotations. */
const DEFAULT_WAVE: Wave = { phase: SYNC_PHASES.indexOf('Sync'), wave: 0 }

/** Adds the explicit edges: `depends-on`, phases of hooks, and sync waves. */
export function linkExplicitly(graph: GraphBuilder): Warning[] {
  graph.manifests.forEach(({ options }, index) => {
    for (const { id, annotation } of options.ordering.dependsOn)
      graph.addEdge(graph.find(id) ?? graph.externalNode(id), index, 'depends-on', [
        'metadata',
        'annotations',
        annotation,
      ])
  })
  const requested = graph.manifests.map(({ options: { ordering, hook } }): Wave | undefined => {
    if (ordering.wave === undefined && hook.phase === undefined) return undefined
    return { phase: SYNC_PHASES.indexOf(hook.phase ?? 'Sync'), wave: ordering.wave ?? 0 }
  })
  return requested.some((wave) => wave !== undefined) ? linkWaves(graph, requested) : []
}

function linkWaves(graph: GraphBuilder, requested: readonly (Wave | undefined)[]): Warning[] {
  const { waves, warnings } = settleWaves(graph, requested)
  const inOrder = [...Map.groupBy(waves.entries(), ([, wave]) => waveTitle(wave))]
    .map(([title, members]) => ({
      title,
      wave: members[0]?.[1] ?? DEFAULT_WAVE,
      indices: members.map(([index]) => index),
    }))
    .sort((a, b) => compareWaves(a.wave, b.wave))
  let last: number | undefined
  for (const [position, to] of inOrder.entries()) {
    const from = inOrder[position - 1]
    if (from === undefined) continue
    const between = graph.joinNode({ title: to.title, why: `${to.title} follows ${from.title}` })
    for (const index of from.indices) graph.addEdge(index, between, 'wave')
    for (const index of to.indices) graph.addEdge(between, index, 'wave')
    // Keeps the shortest path through several waves free of unrelated objects.
    if (last !== undefined) graph.addEdge(last, between, 'wave')
    last = between
  }
  return warnings
}

/**
 * Returns the wave of each object. An object without a wave is applied with the first object that needs it, as far as its own
 * dependencies allow. So is a Namespace or a CRD that requests a later wave, with a warning, since nothing could be applied before it.
 */
function settleWaves(
  graph: GraphBuilder,
  requested: readonly (Wave | undefined)[],
): { waves: Wave[]; warnings: Warning[] } {
  const { nodes, edges } = graph.finish()
  const arriving = edgesBy('to', edges, nodes.length)
  const earliest = earliestWaves(graph, requested, edges, nodes.length)
  const waves = requested.map((wave) => wave ?? DEFAULT_WAVE)
  const warnings: Warning[] = []
  const seen = new Set<number>()
  const start = [...waves.keys()].sort(
    (a, b) => compareWaves(waves[a] ?? DEFAULT_WAVE, waves[b] ?? DEFAULT_WAVE) || a - b,
  )
  for (const first of start) {
    const wave = waves[first] ?? DEFAULT_WAVE
    const open = [first]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue
      seen.add(index)
      for (const { from } of arriving[index] ?? []) {
        const manifest = graph.manifests[from]
        if (seen.has(from) || nodes[from]?.kind === 'external') continue
        if (manifest !== undefined) {
          const current = waves[from] ?? DEFAULT_WAVE
          const isFree = requested[from] === undefined || holdsOthers(manifest.id)
          if (compareWaves(current, wave) <= 0 || !isFree || compareWaves(earliest[from] ?? wave, wave) > 0) continue
          if (requested[from] !== undefined) warnings.push(waveTooLate(manifest, current, wave))
          waves[from] = wave
        }
        open.push(from)
      }
    }
  }
  return { waves, warnings }
}

/** For each node, the latest wave that is requested by an object before it; undefined if there is none. */
function earliestWaves(
  { manifests }: GraphBuilder,
  requested: readonly (Wave | undefined)[],
  edges: readonly Edge[],
  nodes: number,
): (Wave | undefined)[] {
  const strict = edges.filter((edge) => !isSoft(edge))
  const leaving = edgesBy('from', strict, nodes)
  const earliest = Array.from({ length: nodes }, (_, index) => {
    const manifest = manifests[index]
    return manifest === undefined || holdsOthers(manifest.id) ? undefined : requested[index]
  })
  for (const index of topologicalSort(nodes, strict)) {
    const own = earliest[index]
    if (own === undefined) continue
    for (const { to } of leaving[index] ?? []) {
      const known = earliest[to]
      if (known === undefined || compareWaves(known, own) < 0) earliest[to] = own
    }
  }
  return earliest
}

function waveTooLate({ id, location }: ResolvedManifest, requested: Wave, needed: Wave): Warning {
  return {
    reason: 'WaveTooLate',
    message: `It requests ${waveTitle(requested)}, but objects in ${waveTitle(needed)} need it, so it is applied there.`,
    object: formatId(id),
    location,
    hint: 'Set the wave of the first object that needs it, or none.',
  }
}

function compareWaves(a: Wave, b: Wave): number {
  return a.phase - b.phase || a.wave - b.wave
}

function waveTitle({ phase, wave }: Wave): string {
  if (phase === DEFAULT_WAVE.phase) return `wave ${wave}`
  return wave === 0 ? `${SYNC_PHASES[phase]}` : `wave ${wave} of ${SYNC_PHASES[phase]}`
}
