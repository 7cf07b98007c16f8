import { Failure } from '../diagnostics.ts'
import { field, type Json, listField, stringField } from '../json.ts'
import { type ApiResource, gvkKey, objectPath, versionPath } from '../object/api-path.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'
import type { ApiClient } from './client.ts'

/** The kinds and API versions that the server serves. */
export interface ApiDiscovery {
  /** By `gvkKey`. */
  readonly kinds: ReadonlyMap<string, ApiResource>
  /** The API versions by group, the preferred one first. */
  readonly versions: ReadonlyMap<string, readonly string[]>
  /** API versions with unknown kinds, because the aggregated API server behind them does not respond. */
  readonly unknown: ReadonlySet<string>
}

const AGGREGATED = ['v2', 'v2beta1'].map(
  (version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
)

/** Discovers the kinds, in two requests; old servers need one request per API version. Raises E-DISCOVERY. */
export async function discoverApis(api: Pick<ApiClient, 'get'>): Promise<ApiDiscovery> {
  const paths = ['/api', '/apis']
  const answers = await Promise.all(paths.map((path) => api.get(path, [...AGGREGATED, 'application/json'].join())))
  const failed = answers.find(({ status }) => status !== 200)
  if (failed !== undefined) throw discoveryFailed('all API groups', failed)
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
 * Raises E-DISCOVERY if discovery of one of the given API versions failed: its kinds must not count as not served, nor their
 * objects as absent.
 */
export function requireDiscovered(apiVersions: Iterable<string>, { unknown }: ApiDiscovery): void {
  const missing = [...new Set(apiVersions)].filter((apiVersion) => unknown.has(apiVersion)).sort()
  if (missing.length === 0) return
  throw new Failure({
    code: 'E-DISCOVERY',
    reason: 'ApiUnavailable',
    message: `Discovery of ${missing.join(', ')} failed: the API server behind it does not respond.`,
    hint: CHECK_API_SERVICES,
  })
}

/**
 * Reads the kinds in the given API versions from the server, by `gvkKey`; a version that is not served has none. Raises
 * E-DISCOVERY if discovery fails.
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
 * The path of an object in the API version that the server prefers; undefined if the kind is not served, or is namespaced
 * and `namespace` is empty.
 */
export function findPath(
  { group, kind, namespace, name }: { group: string; kind: string; namespace: string; name: string },
  discovery: ApiDiscovery,
): string | undefined {
  const found = findServedKind({ group, kind }, discovery)
  if (found === undefined || (found.namespaced && namespace === '')) return undefined
  return objectPath(found.apiVersion, found, namespace, name)
}

/** A kind in one API version. */
export interface ServedKind extends ApiResource {
  readonly group: string
  readonly kind: string
  readonly apiVersion: string
}

/** A kind in the API version that the server prefers; undefined if it is not served. */
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

/** All kinds, each in the API version that the server prefers. */
export function allKinds(discovery: ApiDiscovery): ServedKind[] {
  const ids = new Map<string, { group: string; kind: string }>()
  for (const key of discovery.kinds.keys()) {
    // GROUP/VERSION/KIND, or VERSION/KIND in the core group.
    const [kind = '', , group = ''] = key.split('/').reverse()
    ids.set(`${group}/${kind}`, { group, kind })
  }
  return [...ids.values()].flatMap((id) => findServedKind(id, discovery) ?? [])
}

/** The kinds of one API version, none if it is not served; the response if discovery failed. */
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

const CHECK_API_SERVICES = 'Check `kubectl get apiservices` for an APIService that is not available.'

function discoveryFailed(what: string, answer: ApiResponse): Failure {
  return new Failure({
    code: 'E-DISCOVERY',
    reason: answer.status === 403 ? 'DiscoveryForbidden' : 'DiscoveryFailed',
    message: `Discovery of ${what} failed: ${statusMessage(answer)}`,
    hint:
      answer.status === 403
        ? 'Bind the user of the kubeconfig to the ClusterRole `system:discovery`.'
        : CHECK_API_SERVICES,
  })
}
