import { kindKeyOf } from '../../object/manifest.ts'
import type { PlacedManifest } from '../../object/resolved-manifest.ts'
import { type Pods, shapeOf } from './pod-specs.ts'
import { podReferences, type Reference, referencesIn } from './references.ts'

/** A manifest with its index in the graph, the Pods it makes and what it names. */
export interface Subject {
  readonly index: number
  readonly manifest: PlacedManifest
  readonly kindKey: string
  readonly pods: readonly Pods[]
  readonly references: readonly Reference[]
}

/** Looks at a manifest once, for all that edges are made of. */
export function subjectOf(manifest: PlacedManifest, index: number): Subject {
  const kindKey = kindKeyOf(manifest.id)
  const { pods, references } = shapeOf(manifest)
  const named = referencesIn(kindKey, manifest.object)
  const needed = pods.flatMap(({ spec, path }) => podReferences(spec, path))
  return { index, manifest, kindKey, pods, references: [...named, ...references, ...needed] }
}

/** The indices of several of them. */
export function indicesOf(subjects: readonly Pick<Subject, 'index'>[]): number[] {
  return subjects.map(({ index }) => index)
}
