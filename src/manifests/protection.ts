import { type JsonObject, stringField } from '../json.ts'

/** Annotations, ours and those of other tools, that keep an object when it leaves Git, each with the word that does. */
const KEEPING: readonly (readonly [name: string, ...words: string[]])[] = [
  ['fairlead.dev/prune', 'keep', 'disabled', 'false'],
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
  ['kustomize.toolkit.fluxcd.io/reconcile', 'disabled'],
  ['kustomize.toolkit.fluxcd.io/ssa', 'ignore'],
  ['argocd.argoproj.io/sync-options', 'prune=false', 'delete=false'],
  ['helm.sh/resource-policy', 'keep'],
  ['client.lifecycle.config.k8s.io/deletion', 'detach'],
  ['cli-utils.sigs.k8s.io/on-remove', 'keep'],
  ['kapp.k14s.io/delete-strategy', 'orphan'],
  ['kluctl.io/skip-delete', 'true'],
]

/** The annotation, as `NAME: VALUE`, that keeps a live object from being deleted; undefined where none does. */
export function keptBy(annotations: JsonObject): string | undefined {
  for (const [name, ...words] of KEEPING) {
    const value = stringField(annotations, name)
    const said = value?.split(',').map((word) => word.trim().toLowerCase()) ?? []
    if (said.some((word) => words.includes(word))) return `${name}: ${value}`
  }
  return undefined
}

/** Whether the object itself allows that it is deleted although its kind is kept as a rule. */
export function allowsPrune(annotations: JsonObject): boolean {
  return stringField(annotations, 'fairlead.dev/prune') === 'allow'
}
