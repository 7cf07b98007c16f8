import type { JsonObject } from '../../json.ts'
import { annotationText } from './read-annotation.ts'
import { ANNOTATIONS, type Annotation } from './table.ts'

/** Annotations of other tools that keep an object when it leaves Git, each with the words that do. */
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

/** The annotation, as `NAME: VALUE`, that keeps a live object from being deleted; undefined where none does. */
export function pruneProtection(annotations: JsonObject): string | undefined {
  const own = annotationText(annotations, ANNOTATIONS.prune)
  // An unknown word was meant to keep it.
  if (own !== undefined && !allowsPrune(annotations)) return `${ANNOTATIONS.prune.name}: ${own}`
  for (const [annotation, ...words] of PROTECTING) {
    const value = annotationText(annotations, annotation)
    const said = value?.split(',').map((word) => word.trim().toLowerCase()) ?? []
    if (said.some((word) => words.includes(word))) return `${annotation.name}: ${value}`
  }
  return undefined
}

/** Whether the object itself allows that it is deleted although its kind is kept as a rule. */
export function allowsPrune(annotations: JsonObject): boolean {
  return annotationText(annotations, ANNOTATIONS.prune)?.trim().toLowerCase() === 'allow'
}
