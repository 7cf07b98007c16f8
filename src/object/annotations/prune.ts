import { type JsonObject, stringField } from '../../json.ts'

/** Our own annotation: `allow`, or any other word, which keeps the object. */
const PRUNE = 'fairlead.dev/prune'

/** Annotations of other tools that keep an object when it leaves Git, each with the words that do. */
const PROTECTING: readonly (readonly [name: string, ...words: string[]])[] = [
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
  ['kustomize.toolkit.fluxcd.io/reconcile', 'disabled'],
  ['kustomize.toolkit.fluxcd.io/ssa', 'ignore'],
  ['argocd.argoproj.io/sync-options', 'prune=false', 'delete=false', 'prune=confirm', 'delete=confirm'],
  ['helm.sh/resource-policy', 'keep'],
  ['client.lifecycle.config.k8s.io/deletion', 'detach'],
  ['cli-utils.sigs.k8s.io/on-remove', 'keep'],
  ['kapp.k14s.io/delete-strategy', 'orphan'],
  ['kluctl.io/skip-delete', 'true'],
]

/** The annotation, as `NAME: VALUE`, that keeps a live object from being deleted; undefined where none does. */
export function pruneProtection(annotations: JsonObject): string | undefined {
  const own = stringField(annotations, PRUNE)
  // A word that nobody knows was meant to keep it.
  if (own !== undefined && !allowsPrune(annotations)) return `${PRUNE}: ${own}`
  for (const [name, ...words] of PROTECTING) {
    const value = stringField(annotations, name)
    const said = value?.split(',').map((word) => word.trim().toLowerCase()) ?? []
    if (said.some((word) => words.includes(word))) return `${name}: ${value}`
  }
  return undefined
}

/** Whether the object itself allows that it is deleted although its kind is kept as a rule. */
export function allowsPrune(annotations: JsonObject): boolean {
  return stringField(annotations, PRUNE)?.trim().toLowerCase() === 'allow'
}
