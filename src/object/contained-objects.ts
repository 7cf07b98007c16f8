/** The objects in a Namespace, or the resources of a CustomResourceDefinition; or why they could not be read. */
export type ContainedObjects =
  | { readonly objects: readonly ContainedObject[] }
  | { readonly reason: string; readonly unknown: string }

/** An object that is deleted together with its Namespace or its CustomResourceDefinition. */
export interface ContainedObject {
  readonly uid: string
  /** As messages write it. */
  readonly name: string
}
