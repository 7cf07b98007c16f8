/** What makes an object the same object: its group, never its version, with kind, namespace and name. */
export interface ObjectId {
  /** The API group; empty for the core group. */
  readonly group: string
  readonly kind: string
  /** Empty for a cluster-scoped object, and as long as the namespace is not settled. */
  readonly namespace: string
  readonly name: string
}

/** An object's name as messages write it, for instance `Deployment shop/web`; foreign groups are spelled out. */
export function formatId({ group, kind, namespace, name }: ObjectId): string {
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io')
  return `${kind}${isBuiltIn ? '' : `.${group}`} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

/** A number of objects in words, for instance `1 object`. */
export function formatCount(objects: readonly unknown[]): string {
  return `${objects.length} ${objects.length === 1 ? 'object' : 'objects'}`
}

/** Group and kind as one word, for instance `apps/Deployment`; the core group is empty. */
export function formatGroupKind({ group, kind }: Pick<ObjectId, 'group' | 'kind'>): string {
  return `${group}/${kind}`
}

/** A key that is equal for equal identities, and for these alone: no part of one has a slash in it. */
export function objectKey({ group, kind, namespace, name }: ObjectId): string {
  return `${group}/${kind}/${namespace}/${name}`
}

/** The identity that a key of `objectKey` stands for. */
export function parseObjectKey(key: string): ObjectId {
  const [group = '', kind = '', namespace = '', name = ''] = key.split('/')
  return { group, kind, namespace, name }
}

/** The group and the version of an `apiVersion`; the core group is empty. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return { group, version }
}
