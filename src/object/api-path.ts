/** How the API serves a kind. */
export interface ApiResource {
  /** The name of the collection in paths, for instance `deployments`. */
  readonly plural: string
  readonly namespaced: boolean
}

/** A key of API version and kind. */
export function gvkKey(apiVersion: string, kind: string): string {
  return `${apiVersion}/${kind}`
}

/** The path of a collection in the API: of one namespace, or of all for an empty one. */
export function collectionPath(apiVersion: string, { plural, namespaced }: ApiResource, namespace: string): string {
  const collection = namespaced && namespace !== '' ? `namespaces/${encodeURIComponent(namespace)}/${plural}` : plural
  return `${versionPath(apiVersion)}/${collection}`
}

/** The path of an object in the API. */
export function objectPath(apiVersion: string, resource: ApiResource, namespace: string, name: string): string {
  return `${collectionPath(apiVersion, resource, namespace)}/${encodeURIComponent(name)}`
}

/** The name of the collection in an object's path. */
export function pluralInPath(path: string): string {
  return path.split('/').at(-2) ?? ''
}

/** The path of an API version, under which its collections are. */
export function versionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}
