import { Failure } from '../errors.ts'
import { field, type Json, stringField } from '../json.ts'
import { type Answer, type Api, messageOf } from './api.ts'

/** How the API serves a kind. */
export interface Resource {
  /** The name of the collection in paths, for instance `deployments`. */
  readonly plural: string
  readonly namespaced: boolean
}

/**
 * The kinds that the server serves in the given API versions, by `servedKey`; a version that is not served adds
 * none. Raises E-DISCOVERY when the server fails to say what it serves.
 */
export async function servedKinds(apiVersions: Iterable<string>, api: Api): Promise<Map<string, Resource>> {
  const found = await Promise.all([...new Set(apiVersions)].map((apiVersion) => discover(apiVersion, api)))
  return new Map(found.flat())
}

/**
 * The path of an object of which only group and kind are known, in the version that the server prefers; undefined where it
 * does not serve the kind, or the kind needs a namespace and there is none. Raises E-DISCOVERY.
 */
export async function findPath(
  { group, kind, namespace, name }: { group: string; kind: string; namespace: string; name: string },
  api: Api,
): Promise<string | undefined> {
  const versions = group === '' ? ['v1'] : await versionsOf(group, api)
  const served = await servedKinds(versions, api)
  for (const version of versions) {
    const resource = served.get(servedKey(version, kind))
    if (resource === undefined) continue
    return resource.namespaced && namespace === '' ? undefined : pathOf(version, resource, namespace, name)
  }
  return undefined
}

/** The API versions of a group, the preferred one first. */
async function versionsOf(group: string, api: Api): Promise<string[]> {
  const answer = await api.get(`/apis/${encodeURIComponent(group)}`)
  if (answer.status !== 200 && answer.status !== 404) throw silent(group, answer)
  const { body } = answer
  const preferred = stringField(body, 'preferredVersion', 'groupVersion')
  const versions = field(body, 'versions')
  const names = Array.isArray(versions)
    ? versions.flatMap((version: Json) => stringField(version, 'groupVersion') ?? [])
    : []
  return preferred === undefined ? names : [preferred, ...names.filter((name) => name !== preferred)]
}

/** API version and kind as one word. */
export function servedKey(apiVersion: string, kind: string): string {
  return `${apiVersion}/${kind}`
}

/** The path of an object in the API. */
export function pathOf(apiVersion: string, { plural, namespaced }: Resource, namespace: string, name: string): string {
  const collection = namespaced ? `namespaces/${encodeURIComponent(namespace)}/${plural}` : plural
  return `${versionPath(apiVersion)}/${collection}/${encodeURIComponent(name)}`
}

/** The name of the collection in an object's path. */
export function pluralIn(path: string): string {
  return path.split('/').at(-2) ?? ''
}

function versionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

async function discover(apiVersion: string, api: Api): Promise<[string, Resource][]> {
  const answer = await api.get(versionPath(apiVersion))
  if (answer.status === 404) return []
  const resources = field(answer.body, 'resources')
  if (answer.status !== 200 || !Array.isArray(resources)) {
    throw silent(apiVersion, answer)
  }
  return resources.flatMap((resource: Json): [string, Resource][] => {
    const plural = stringField(resource, 'name') ?? ''
    // Names with a slash are subresources, such as deployments/scale.
    if (plural.includes('/')) return []
    const namespaced = field(resource, 'namespaced') === true
    return [[servedKey(apiVersion, stringField(resource, 'kind') ?? ''), { plural, namespaced }]]
  })
}

function silent(what: string, answer: Answer): Failure {
  return new Failure({
    class: 'E-DISCOVERY',
    message: `The server does not say which kinds it serves in ${what}: ${messageOf(answer)}`,
    next:
      answer.status === 403
        ? 'The identity may not read the API’s discovery: bind it to the ClusterRole `system:discovery`.'
        : 'Look at `kubectl get apiservices`: one that is not available answers like this.',
  })
}
