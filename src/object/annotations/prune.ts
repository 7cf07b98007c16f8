import type { JsonObject } from '../../json.ts'
import { annotationText } from './read-annotation.ts'
import { ANNOTATIONS, type Annotation } from './table.ts'

/** Annotations of other tools that keep an object that is removed from Git, each with the values that do. */
const PROTECTING: readonly (readonly [annotation: Annotation, ...words: string[]])[] = [
  [ANNOTATIONS.fluxPrune, 'disabled'],
  [ANNOTATIONS.fluxReconcile, 'disabled'],
  [ANNOTATIONS.fluxSsa, 'ignore'],
  [ANNOTATIONS.syncOptions, 'prune=false', 'delete=false', 'prune=confirm', 'delete=confirm'],
  [ANNOTATIONS.helmResourcePolicy, 'keep'],
  [ANNOTATIONS.lifecycleDeletion, 'detach'],
  [ANNOTATIONS.cliUtilsOnRemove, 'keep'],
  [ANNOTATIONS.kappDeleteStrategy, 'orphan'],
  [ANNOTATIONS.kluctlSkipDelete, 'true'],
]

/** Returns the annotation that protects a live object from deletion, as `NAME: VALUE`; undefined if there is none. */
export function pruneProtection(annotations: JsonObject): string | undefined {
  const own = annotationText(annotations, ANNOTATIONS.prune)
  // An unknown value was most likely meant to keep it.
  if (own !== undefined && !allowsPrune(annotations)) return `${ANNOTATIONS.prune.name}: ${own}`
  for (const [annotation, ...words] of PROTECTING) {
    const value = annotationText(annotations, annotation)
    const said = value?.split(',').map((word) => word.trim().toLowerCase()) ?? []
    if (said.some((word) => words.includes(word))) return `${annotation.name}: ${value}`
  }
  return undefined
}

/** Whether the object itself allows its deletion, although objects of its kind are kept by default. */
export function allowsPrune(annotations: JsonObject): boolean {
  return annotationText(annotations, ANNOTATIONS.prune)?.trim().toLowerCase() === 'allow'
}
