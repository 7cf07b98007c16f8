import type { Warning } from '../../errors.ts'
import { type Directives, directivesOf, PHASES } from '../../manifests/directives.ts'
import { describe, kindKeyOf } from '../../manifests/manifest.ts'
import type { PlacedManifest } from '../../manifests/placement.ts'
import type { Draft } from '../draft.ts'
import { edgesBy } from '../graph.ts'

/** A wave of a phase; everything of a step comes before everything of the next. */
interface Step {
  readonly phase: number
  readonly wave: number
}

const DEFAULT: Step = { phase: PHASES.indexOf('Sync'), wave: 0 }

/** Adds what manifests ask for explicitly: what they depend on, and the steps of hooks and sync waves. */
export function linkExplicitly(graph: Draft): Warning[] {
  const directives = graph.manifests.map(({ object }) => directivesOf(object))
  directives.forEach(({ dependsOn }, index) => {
    for (const { id, annotation } of dependsOn)
      graph.link(graph.find(id) ?? graph.outsider(id), index, 'depends-on', ['metadata', 'annotations', annotation])
  })
  const isStepped = directives.some(({ wave, hook }) => wave !== undefined || hook !== undefined)
  return isStepped ? linkSteps(graph, directives) : []
}

function linkSteps(graph: Draft, directives: readonly Directives[]): Warning[] {
  const own = directives.map(({ wave, hook }) =>
    wave === undefined && hook === undefined
      ? undefined
      : { phase: hook === undefined ? DEFAULT.phase : PHASES.indexOf(hook), wave: wave ?? 0 },
  )
  const { steps, warnings } = settle(graph, own)
  const members = [...Map.groupBy(steps.keys(), (index) => titleOf(steps[index] ?? DEFAULT)).values()]
  const stepOf = ([first = 0]: readonly number[]) => steps[first] ?? DEFAULT
  const inOrder = members.toSorted((a, b) => compare(stepOf(a), stepOf(b)))
  for (const [position, before] of inOrder.entries()) {
    const after = inOrder[position + 1]
    if (after === undefined) break
    const title = titleOf(stepOf(after))
    const between = graph.milestone({ title, why: `${title} follows ${titleOf(stepOf(before))}` })
    for (const index of before) graph.link(index, between, 'step')
    for (const index of after) graph.link(between, index, 'step')
  }
  return warnings
}

/**
 * The step of each object. An object that names none goes with the first one that builds on it, and so does a Namespace or
 * a definition that names a later one, with a warning: nothing could be applied before it.
 */
function settle(graph: Draft, own: readonly (Step | undefined)[]): { steps: Step[]; warnings: Warning[] } {
  const steps = own.map((step) => step ?? DEFAULT)
  const { nodes, edges } = graph.finish()
  const leading = edgesBy('after', edges, nodes.length)
  const warnings: Warning[] = []
  const seen = new Set<number>()
  const inOrder = [...steps.keys()].toSorted((a, b) => compare(steps[a] ?? DEFAULT, steps[b] ?? DEFAULT) || a - b)
  for (const start of inOrder) {
    const step = steps[start] ?? DEFAULT
    const open = [start]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      for (const { before } of leading[at] ?? []) {
        const manifest = graph.manifests[before]
        const current = steps[before]
        if (manifest !== undefined && current !== undefined && !seen.has(before)) {
          if (compare(current, step) <= 0) continue
          if (own[before] !== undefined) {
            if (!isFoundation(manifest)) continue
            warnings.push(tooLate(manifest, current, step))
          }
          steps[before] = step
        }
        open.push(before)
      }
    }
  }
  return { steps, warnings }
}

/** Whether the server refuses what comes before an object that it needs. */
function isFoundation({ id }: PlacedManifest): boolean {
  return ['/Namespace', 'apiextensions.k8s.io/CustomResourceDefinition'].includes(kindKeyOf(id))
}

function tooLate({ id, location }: PlacedManifest, asked: Step, needed: Step): Warning {
  return {
    message: `It asks for ${titleOf(asked)}, but objects of ${titleOf(needed)} need it, so it goes there.`,
    object: describe(id),
    location,
    next: 'Give it the wave of the first that needs it, or none.',
  }
}

function compare(a: Step, b: Step): number {
  return a.phase - b.phase || a.wave - b.wave
}

function titleOf({ phase, wave }: Step): string {
  if (phase === DEFAULT.phase) return `wave ${wave}`
  return wave === 0 ? `${PHASES[phase]}` : `wave ${wave} of ${PHASES[phase]}`
}
