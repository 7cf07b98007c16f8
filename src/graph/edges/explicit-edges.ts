import type { Warning } from '../../diagnostics.ts'
import { directivesOf, PHASES } from '../../object/annotations/ordering.ts'
import { describe, kindKeyOf } from '../../object/manifest.ts'
import type { PlacedManifest } from '../../object/resolved-manifest.ts'
import type { Draft } from '../graph-builder.ts'
import { type Edge, edgesBy, isSoft } from '../graph.ts'
import { topological } from '../topological-sort.ts'

/** A sync wave of a phase; everything in it comes before everything in the next. */
interface Wave {
  readonly phase: number
  readonly wave: number
}

/** Where everything is that says nothing else. */
const DEFAULT: Wave = { phase: PHASES.indexOf('Sync'), wave: 0 }

/** Adds what manifests ask for explicitly: what they depend on, and the phases of hooks and sync waves. */
export function linkExplicitly(graph: Draft): Warning[] {
  const directives = graph.manifests.map(({ object }) => directivesOf(object))
  directives.forEach(({ dependsOn }, index) => {
    for (const { id, annotation } of dependsOn)
      graph.link(graph.find(id) ?? graph.outsider(id), index, 'depends-on', ['metadata', 'annotations', annotation])
  })
  const asked = directives.map(({ wave, hook }): Wave | undefined => {
    if (wave === undefined && hook === undefined) return undefined
    return { phase: PHASES.indexOf(hook ?? 'Sync'), wave: wave ?? 0 }
  })
  return asked.some((wave) => wave !== undefined) ? linkWaves(graph, asked) : []
}

function linkWaves(graph: Draft, asked: readonly (Wave | undefined)[]): Warning[] {
  const { waves, warnings } = settle(graph, asked)
  const inOrder = [...Map.groupBy(waves.entries(), ([, wave]) => titleOf(wave))]
    .map(([title, members]) => ({ title, wave: members[0]?.[1] ?? DEFAULT, indices: members.map(([index]) => index) }))
    .sort((a, b) => compare(a.wave, b.wave))
  let last: number | undefined
  for (const [position, after] of inOrder.entries()) {
    const before = inOrder[position - 1]
    if (before === undefined) continue
    const between = graph.milestone({ title: after.title, why: `${after.title} follows ${before.title}` })
    for (const index of before.indices) graph.link(index, between, 'wave')
    for (const index of after.indices) graph.link(between, index, 'wave')
    // So that the shortest way through several waves does not lead over objects that have nothing to do with it.
    if (last !== undefined) graph.link(last, between, 'wave')
    last = between
  }
  return warnings
}

/**
 * The wave of each object. One that asks for none goes with the first that builds on it, if what itself has to come after
 * lets it. So does a Namespace or a definition that asks for a later one, with a warning: nothing could be applied before it.
 */
function settle(graph: Draft, asked: readonly (Wave | undefined)[]): { waves: Wave[]; warnings: Warning[] } {
  const { nodes, edges } = graph.finish()
  const arriving = edgesBy('after', edges, nodes.length)
  const earliest = earliestOf(graph, asked, edges, nodes.length)
  const waves = asked.map((wave) => wave ?? DEFAULT)
  const warnings: Warning[] = []
  const seen = new Set<number>()
  const start = [...waves.keys()].sort((a, b) => compare(waves[a] ?? DEFAULT, waves[b] ?? DEFAULT) || a - b)
  for (const first of start) {
    const wave = waves[first] ?? DEFAULT
    const open = [first]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue
      seen.add(index)
      for (const { before } of arriving[index] ?? []) {
        const manifest = graph.manifests[before]
        if (seen.has(before) || nodes[before]?.kind === 'outside') continue
        if (manifest !== undefined) {
          const current = waves[before] ?? DEFAULT
          const isFree = asked[before] === undefined || isFoundation(manifest)
          if (compare(current, wave) <= 0 || !isFree || compare(earliest[before] ?? wave, wave) > 0) continue
          if (asked[before] !== undefined) warnings.push(tooLate(manifest, current, wave))
          waves[before] = wave
        }
        open.push(before)
      }
    }
  }
  return { waves, warnings }
}

/** For each node the latest wave that anything asks for which must come before it; undefined where nothing does. */
function earliestOf(
  { manifests }: Draft,
  asked: readonly (Wave | undefined)[],
  edges: readonly Edge[],
  nodes: number,
): (Wave | undefined)[] {
  const strict = edges.filter((edge) => !isSoft(edge))
  const leaving = edgesBy('before', strict, nodes)
  const earliest = Array.from({ length: nodes }, (_, index) => {
    const manifest = manifests[index]
    return manifest === undefined || isFoundation(manifest) ? undefined : asked[index]
  })
  for (const index of topological(nodes, strict)) {
    const own = earliest[index]
    if (own === undefined) continue
    for (const { after } of leaving[index] ?? []) {
      const known = earliest[after]
      if (known === undefined || compare(known, own) < 0) earliest[after] = own
    }
  }
  return earliest
}

/** Whether the server refuses what comes before an object that it needs. */
function isFoundation({ id }: PlacedManifest): boolean {
  return ['/Namespace', 'apiextensions.k8s.io/CustomResourceDefinition'].includes(kindKeyOf(id))
}

function tooLate({ id, location }: PlacedManifest, asked: Wave, needed: Wave): Warning {
  return {
    message: `It asks for ${titleOf(asked)}, but objects of ${titleOf(needed)} need it, so it goes there.`,
    object: describe(id),
    location,
    next: 'Give it the wave of the first that needs it, or none.',
  }
}

function compare(a: Wave, b: Wave): number {
  return a.phase - b.phase || a.wave - b.wave
}

function titleOf({ phase, wave }: Wave): string {
  if (phase === DEFAULT.phase) return `wave ${wave}`
  return wave === 0 ? `${PHASES[phase]}` : `wave ${wave} of ${PHASES[phase]}`
}
