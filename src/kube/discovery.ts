import { Failure } from '../diagnostics.ts'
import { field, type Json, listField, stringField } from '../json.ts'
import { type ApiResource, gvkKey, objectPath, versionPath } from '../object/api-path.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'
import type { ApiClient } from './client.ts'

/** What a server serves. */
export interface ApiDiscovery {
  /** By `gvkKey`. */
  readonly kinds: ReadonlyMap<string, ApiResource>
  /** The API versions of each group, the preferred one first. */
  readonly versions: ReadonlyMap<string, readonly string[]>
  /** API versions of which the server cannot say what they hold, because another server that has them does not answer. */
  readonly unknown: ReadonlySet<string>
}

const AGGREGATED = ['v2', 'v2beta1'].map(
  (version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
)

/** Asks the server what it serves, in two requests; an old server in one for each version. Raises E-DISCOVERY. */
export async function discoverApis(api: Pick<ApiClient, 'get'>): Promise<ApiDiscovery> {
  const paths = ['/api', '/apis']
  const answers = await Promise.all(paths.map((path) => api.get(path, [...AGGREGATED, 'application/json'].join())))
  const failed = answers.find(({ status }) => status !== 200)
  if (failed !== undefined) throw discoveryFailed('all', failed)
  if (answers.every(({ body }) => stringField(body, 'kind') === 'APIGroupDiscoveryList')) {
    return aggregated(answers.flatMap(({ body }) => listField(body, 'items')))
  }
  const [core, named] = answers
  const groups = listField(named?.body, 'groups').map((group) => {
    const versions = listField(group, 'versions').map((version) => stringField(version, 'groupVersion') ?? '')
    const preferred = stringField(group, 'preferredVersion', 'groupVersion') ?? ''
    return [stringField(group, 'name') ?? '', [preferred, ...versions.filter((each) => each !== preferred)]] as const
  })
  const legacy = listField(core?.body, 'versions').map(String)
  const versions = new Map<string, readonly string[]>([['', legacy], ...groups])
  const unknown = new Set<string>()
  const found = await Promise.all(
    [...versions.values()].flat().map(async (version) => {
      const kinds = await kindsOf(version, api)
      if (!Array.isArray(kinds)) unknown.add(version)
      return Array.isArray(kinds) ? kinds : []
    }),
  )
  return { kinds: new Map(found.flat()), versions, unknown }
}

function aggregated(groups: readonly Json[]): ApiDiscovery {
  const kinds = new Map<string, ApiResource>()
  const versions = new Map<string, string[]>()
  const unknown = new Set<string>()
  for (const group of groups) {
    const name = stringField(group, 'metadata', 'name') ?? ''
    for (const version of listField(group, 'versions')) {
      const apiVersion = `${name === '' ? '' : `${name}/`}${stringField(version, 'version')}`
      versions.set(name, [...(versions.get(name) ?? []), apiVersion])
      if (stringField(version, 'freshness') === 'Stale') unknown.add(apiVersion)
      for (const resource of listField(version, 'resources')) {
        const plural = stringField(resource, 'resource') ?? ''
        const namespaced = stringField(resource, 'scope') === 'Namespaced'
        kinds.set(gvkKey(apiVersion, stringField(resource, 'responseKind', 'kind') ?? ''), { plural, namespaced })
      }
    }
  }
  return { kinds, versions, unknown }
}

/**
 * Raises E-DISCOVERY where one of the given API versions is among those of which nobody knows what they hold: an object of
 * such a kind must not be taken for one that is not served, or that is not there.
 */
export function requireDiscovered(apiVersions: Iterable<string>, { unknown }: ApiDiscovery): void {
  const missing = [...new Set(apiVersions)].filter((apiVersion) => unknown.has(apiVersion)).sort()
  if (missing.length === 0) return
  throw new Failure({
    code: 'E-DISCOVERY',
    reason: 'ApiUnavailable',
    message: `The server does not say which kinds it serves in ${missing.join(', ')}: what serves them does not answer.`,
    hint: LOOK_AT_SERVICES,
  })
}

/**
 * The kinds that the server serves right now in the given API versions, by `gvkKey`; a version that is not served adds
 * none. Raises E-DISCOVERY when the server fails to say what it serves.
 */
export async function servedKinds(
  apiVersions: Iterable<string>,
  api: Pick<ApiClient, 'get'>,
): Promise<Map<string, ApiResource>> {
  const found = await Promise.all(
    [...new Set(apiVersions)].map(async (apiVersion) => {
      const kinds = await kindsOf(apiVersion, api)
      if (!Array.isArray(kinds)) throw discoveryFailed(apiVersion, kinds)
      return kinds
    }),
  )
  return new Map(found.flat())
}

/**
 * The path of an object of which only group and kind are known, in the version that the server prefers; undefined where it
 * does not serve the kind, or the kind needs a namespace and there is none.
 */
export function findPath(
  { group, kind, namespace, name }: { group: string; kind: string; namespace: string; name: string },
  discovery: ApiDiscovery,
): string | undefined {
  const found = findServedKind({ group, kind }, discovery)
  if (found === undefined || (found.namespaced && namespace === '')) return undefined
  return objectPath(found.apiVersion, found, namespace, name)
}

/** A kind in the API version in which it is asked for. */
export interface ServedKind extends ApiResource {
  readonly group: string
  readonly kind: string
  readonly apiVersion: string
}

/** A kind in the version that the server prefers; undefined where it is not served. */
export function findServedKind(
  { group, kind }: { readonly group: string; readonly kind: string },
  { kinds, versions }: ApiDiscovery,
): ServedKind | undefined {
  for (const apiVersion of versions.get(group) ?? []) {
    const resource = kinds.get(gvkKey(apiVersion, kind))
    if (resource !== undefined) return { ...resource, group, kind, apiVersion }
  }
  return undefined
}

/** Every kind once, in the version that the server prefers. */
export function allKinds(discovery: ApiDiscovery): ServedKind[] {
  const ids = new Map<string, { group: string; kind: string }>()
  for (const key of discovery.kinds.keys()) {
    // GROUP/VERSION/KIND, without a group for the core.
    const [kind = '', , group = ''] = key.split('/').reverse()
    ids.set(`${group}/${kind}`, { group, kind })
  }
  return [...ids.values()].flatMap((id) => findServedKind(id, discovery) ?? [])
}

/** The kinds of one API version, none where it is not served; the answer where the server fails to tell. */
async function kindsOf(
  apiVersion: string,
  api: Pick<ApiClient, 'get'>,
): Promise<[string, ApiResource][] | ApiResponse> {
  const answer = await api.get(versionPath(apiVersion))
  if (answer.status === 404) return []
  const resources = field(answer.body, 'resources')
  if (answer.status !== 200 || !Array.isArray(resources)) return answer
  return resources.flatMap((resource: Json): [string, ApiResource][] => {
    const plural = stringField(resource, 'name') ?? ''
    // Names with a slash are subresources, such as deployments/scale.
    if (plural.includes('/')) return []
    const namespaced = field(resource, 'namespaced') === true
    return [[gvkKey(apiVersion, stringField(resource, 'kind') ?? ''), { plural, namespaced }]]
  })
}

const LOOK_AT_SERVICES = 'Look at `kubectl get apiservices`: one that is not available answers like this.'

function discoveryFailed(what: string, answer: ApiResponse): Failure {
  return new Failure({
    code: 'E-DISCOVERY',
    reason: answer.status === 403 ? 'DiscoveryForbidden' : 'DiscoveryFailed',
    message: `The server does not say which kinds it serves in ${what}: ${statusMessage(answer)}`,
    hint:
      answer.status === 403
        ? 'The identity may not read the API’s discovery: bind it to the ClusterRole `system:discovery`.'
        : LOOK_AT_SERVICES,
  })
}
