/** The identity of an object: group (not version), kind, namespace and name. */
export interface ObjectId {
  /** The API group; empty for the core group. */
  readonly group: string
  readonly kind: string
  /** Empty for a cluster-scoped object, and until the namespace is resolved. */
  readonly namespace: string
  readonly name: string
}

/** Formats an object for messages, for instance `Deployment shop/web`; the group is added for custom resources. */
export function formatId({ group, kind, namespace, name }: ObjectId): string {
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io')
  return `${kind}${isBuiltIn ? '' : `.${group}`} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

/** Formats a number of objects, for instance `1 object`. */
export function formatCount(count: number): string {
  return `${count} ${count === 1 ? 'object' : 'objects'}`
}

/** Formats group and kind, for instance `apps/Deployment`; the core group is empty. */
export function formatGroupKind({ group, kind }: Pick<ObjectId, 'group' | 'kind'>): string {
  return `${group}/${kind}`
}

/** A key for maps: equal if and only if the identities are, since no part contains a slash. */
export function objectKey({ group, kind, namespace, name }: ObjectId): string {
  return `${group}/${kind}/${namespace}/${name}`
}

/** Parses a key made by `objectKey`. */
export function parseObjectKey(key: string): ObjectId {
  const [group = '', kind = '', namespace = '', name = ''] = key.split('/')
  return { group, kind, namespace, name }
}

/** Splits an `apiVersion` into group and version; the core group is empty. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return { group, version }
}
