import { formatGroupKind } from '../../object/object-id.ts'
import type { ResolvedManifest } from '../../object/resolved-manifest.ts'
import { type Pods, shapeOf } from './pod-specs.ts'
import { podReferences, type Reference, referencesIn } from './references.ts'

/** A manifest with its index in the graph, its Pods and its references. */
export interface EdgeSource {
  readonly index: number
  readonly manifest: ResolvedManifest
  readonly groupKind: string
  readonly pods: readonly Pods[]
  readonly references: readonly Reference[]
}

/** Reads from a manifest what edges are made from. */
export function edgeSource(manifest: ResolvedManifest, index: number): EdgeSource {
  const groupKind = formatGroupKind(manifest.id)
  const { pods, references } = shapeOf(manifest)
  const named = referencesIn(groupKind, manifest.object)
  const needed = pods.flatMap(({ spec, path }) => podReferences(spec, path))
  return { index, manifest, groupKind, pods, references: [...named, ...references, ...needed] }
}

/** Returns the indices of several sources. */
export function indicesOf(sources: readonly Pick<EdgeSource, 'index'>[]): number[] {
  return sources.map(({ index }) => index)
}
