import {
  field,
  isObject,
  type Json,
  type JsonObject,
  listField,
  parseJson,
  serialise,
  stringField,
  withField,
} from '../src/json.ts'
import { type ApiClient, type ApiRequest, clientOver } from '../src/kube/client.ts'
import type { ApiResponse } from '../src/object/api-status.ts'
import { type Conflict, serverSideApply, update, type Writer } from './fake-apply.ts'
import { type Controller, type FakeKind, type FakeStore, makeStore, pathOf, type StoredObject } from './fake-store.ts'

/** The result of a rule: a response, an error that the client raises, or undefined to let the fake API respond. */
type Decision = ApiResponse | Error | undefined

/** Intercepts a request, synchronously or not. */
export type Rule = (request: ApiRequest) => Decision | Promise<Decision>

/** An in-memory API server with the behaviour that tests need. */
export interface FakeApi {
  readonly client: ApiClient
  /** The requests so far, each as `VERB PATH` with its query. */
  readonly requests: string[]
  /** Adds a rule for requests whose `VERB PATH` matches; returns a function that removes it. */
  rule(pattern: RegExp, rule: Rule): () => void
  /** Writes a whole object as a manager, by default like `kubectl apply` without `--server-side`. */
  write(object: JsonObject, manager?: string): void
  /** Applies fields of an object as a manager, by server-side apply with force. */
  applyAs(manager: string, object: JsonObject): void
  /** The live object with the path of `object`; undefined if there is none. */
  live(object: Json): JsonObject | undefined
  /** Deletes the live object with the path of `object`. */
  remove(object: Json): void
  /** Removes the finalizers of the live object with the path of `object`. */
  finalize(object: Json): void
  /** The API path of an object; undefined if its kind is not served. */
  pathOf(object: Json): string | undefined
  /** The kinds that are served now, each as `APIVERSION/KIND`. */
  servedKinds(): ReadonlySet<string>
  /** Sets the controller that decides the status of objects written from now on; by default every object becomes ready at once. */
  control(controller: Controller): void
}

/** Starts a fake API with the namespaces `default` and `kube-system`. */
export function startFakeApi(): FakeApi {
  const store = makeStore()
  const requests: string[] = []
  const rules = new Set<{ readonly pattern: RegExp; readonly rule: Rule }>()
  const answer = async (request: ApiRequest): Promise<ApiResponse> => {
    const text = `${request.method} ${request.path}`
    requests.push(text)
    for (const { pattern, rule } of [...rules]) {
      const decided = pattern.test(text) ? await rule(request) : undefined
      if (decided instanceof Error) throw decided
      if (decided !== undefined) return decided
    }
    return respond(request, store)
  }
  const client = clientOver(
    async (request) => ({ answer: await answer(request), retryAfter: '0' }),
    new AbortController().signal,
  )
  const api = { client, requests, ...directOperations(store) }
  for (const name of ['default', 'kube-system'])
    api.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, 'kube-apiserver')
  return {
    ...api,
    rule: (pattern, rule) => {
      const added = { pattern, rule }
      rules.add(added)
      return () => rules.delete(added)
    },
  }
}

/** Operations with which tests change objects directly, without a request. */
function directOperations(store: FakeStore): Omit<FakeApi, 'client' | 'requests' | 'rule'> {
  const find = (object: Json): [string, FakeKind] => {
    const kind = kindOf(object, store)
    if (kind === undefined) throw new Error(`no such kind: ${serialise(object)}`)
    return [pathOf(kind, object), kind]
  }
  const put = (object: JsonObject, make: (live: JsonObject | undefined) => JsonObject) => {
    const [path, kind] = find(object)
    store.commit(path, kind, store.prepare(path, kind, make(store.objects.get(path)?.object)))
  }
  return {
    write: (object, manager = 'kubectl-client-side-apply') =>
      put(object, (live) => update(live, object, { manager, operation: 'Update', time: store.now() })),
    applyAs: (manager, object) =>
      put(object, (live) => {
        const outcome = serverSideApply(live, object, { manager, operation: 'Apply', time: store.now() }, true)
        return 'object' in outcome ? outcome.object : object
      }),
    live: (object) => store.objects.get(find(object)[0])?.object,
    remove: (object) => store.remove(find(object)[0]),
    finalize: (object) => store.finalize(find(object)[0]),
    control: store.control,
    servedKinds: () => new Set(store.kinds().map(({ apiVersion, kind }) => `${apiVersion}/${kind}`)),
    pathOf: (object) => {
      const kind = kindOf(object, store)
      return kind === undefined ? undefined : pathOf(kind, object)
    },
  }
}

function kindOf(object: Json, store: FakeStore): FakeKind | undefined {
  const [apiVersion, kind] = ['apiVersion', 'kind'].map((name) => stringField(object, name))
  return store.kinds().find((each) => each.apiVersion === apiVersion && each.kind === kind)
}

/** A response with a status and a body. */
export function answered(status: number, body: Json): ApiResponse {
  return { status, body, text: serialise(body), contentType: 'application/json', warnings: [], date: 0 }
}

/** A rejection in the form of the API server; `causes` are its details. */
export function refusal(status: number, message: string, causes: readonly JsonObject[] = []): ApiResponse {
  return answered(status, {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code: status,
    message,
    details: { causes },
  })
}

/** A rejection by RBAC, in the words of the API server. */
export function forbidden(verb: string, resource = 'things'): ApiResponse {
  return refusal(403, `${resource} is forbidden: User "u" cannot ${verb} resource "${resource}" in API group ""`)
}

/** A rejection of an object because of one of its fields. */
export function invalid(fieldName: string, message: string): ApiResponse {
  const cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${message}`, field: fieldName }
  return refusal(422, `it is invalid: ${fieldName}: Invalid value: ${message}`, [cause])
}

/** A parsed request. */
interface Parsed extends ApiRequest {
  readonly query: URLSearchParams
  /** The path without its query. */
  readonly resource: string
  readonly isDryRun: boolean
}

function respond(request: ApiRequest, store: FakeStore): ApiResponse {
  const [resource = '', search = ''] = request.path.split('?')
  const query = new URLSearchParams(search)
  const parsed: Parsed = { ...request, resource, query, isDryRun: query.get('dryRun') === 'All' }
  const discovered = request.method === 'GET' ? discover(resource, store) : undefined
  if (discovered !== undefined) return discovered
  const place = placeOf(parsed, store)
  if (place === undefined) return refusal(404, 'the server could not find the requested resource')
  if (place.name !== undefined) return handleObject(parsed, resource, place.kind, store)
  return request.method === 'GET' ? listObjects(parsed, place, store) : create(parsed, place.kind, store)
}

/** The target of a request: a collection, or one object by name. */
interface Place {
  readonly kind: FakeKind
  readonly namespace: string | undefined
  readonly name: string | undefined
}

function placeOf({ resource }: Parsed, store: FakeStore): Place | undefined {
  for (const kind of store.kinds()) {
    const version = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`
    const home = kind.namespaced ? '(?:/namespaces/([^/]+))?' : '()'
    const match = new RegExp(`^${version}${home}/${kind.plural}(?:/([^/]+))?$`).exec(resource)
    if (match !== null) return { kind, namespace: match[1] || undefined, name: match[2] }
  }
  return undefined
}

function discover(resource: string, store: FakeStore): ApiResponse | undefined {
  if (resource === '/version') return answered(200, { gitVersion: 'v1.37.2' })
  if (resource !== '/api' && resource !== '/apis') {
    const kinds = store.kinds().filter(({ apiVersion }) => resource === versionPath(apiVersion))
    const resources = kinds.map(({ plural, kind, namespaced }) => ({ name: plural, kind, namespaced }))
    return kinds.length === 0 ? undefined : answered(200, { kind: 'APIResourceList', resources })
  }
  const served = store.kinds().filter(({ apiVersion }) => apiVersion.includes('/') === (resource === '/apis'))
  const items = [...Map.groupBy(served, ({ apiVersion }) => apiVersion)].map(([apiVersion, kinds]) => {
    const [version = '', name = ''] = apiVersion.split('/').reverse()
    const resources = kinds.map(({ plural, kind, namespaced }) => ({
      ...{ resource: plural, responseKind: { kind }, scope: namespaced ? 'Namespaced' : 'Cluster' },
    }))
    return { metadata: { name }, versions: [{ version, resources }] }
  })
  return answered(200, { kind: 'APIGroupDiscoveryList', items })
}

function versionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

function handleObject(request: Parsed, path: string, kind: FakeKind, store: FakeStore): ApiResponse {
  const live = store.objects.get(path)?.object
  const isApply = request.headers['content-type'] === 'application/apply-patch+yaml'
  if (isApply) return apply(request, path, kind, store)
  if (live === undefined) return notFound(kind.plural, path)
  const body = parseJson(request.body ?? '')
  switch (request.method) {
    case 'GET':
      return answered(200, projected(live, request))
    case 'DELETE':
      return remove(body, path, live, store)
    case 'PUT':
      return replace(request, path, kind, body, store)
    default:
      return patch(request, path, kind, body, store)
  }
}

function notFound(plural: string, path: string): ApiResponse {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const details = { kind: plural, name }
  return answered(404, { kind: 'Status', code: 404, message: `${plural} "${name}" not found`, details })
}

/** An object, or its metadata if the request asks for no more. */
function projected(object: JsonObject, { headers }: ApiRequest): Json {
  if (!headers.accept?.includes('PartialObjectMetadata')) return object
  const metadata = field(object, 'metadata') ?? null
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}

function apply(request: Parsed, path: string, kind: FakeKind, store: FakeStore): ApiResponse {
  const live = store.objects.get(path)?.object
  const applied = parseJson(request.body ?? '')
  const namespace = stringField(applied, 'metadata', 'namespace')
  if (!isObject(applied)) return refusal(400, 'that is no object')
  if (kind.namespaced && !store.objects.has(`/api/v1/namespaces/${namespace}`))
    return notFound('namespaces', `/${namespace}`)
  const manager = request.query.get('fieldManager') ?? ''
  const writer: Writer = { manager, operation: 'Apply', time: store.now() }
  const outcome = serverSideApply(live, applied, writer, request.query.get('force') === 'true')
  if ('conflicts' in outcome) return conflict(outcome.conflicts)
  return finish(request, path, kind, withDefaults(outcome.object), store)
}

function conflict(conflicts: readonly Conflict[]): ApiResponse {
  const causes = conflicts.map(({ field: name, manager }) => ({
    ...{ reason: 'FieldManagerConflict', message: `conflict with "${manager}"`, field: name },
  }))
  return refusal(409, `Apply failed with ${conflicts.length} conflicts`, causes)
}

/** Fields that the server defaults. */
function withDefaults(object: JsonObject): JsonObject {
  const spec = field(object, 'spec')
  const isScaled =
    stringField(object, 'kind') === 'Deployment' && isObject(spec) && field(spec, 'replicas') === undefined
  return isScaled ? withField(object, 'spec', withField(spec, 'replicas', 1)) : object
}

/** Immutable fields, by kind. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'selector'],
  Job: ['spec', 'template'],
}

/** Validates the object that results from a write, and stores it unless the request is a dry run. */
function finish(request: Parsed, path: string, kind: FakeKind, object: JsonObject, store: FakeStore): ApiResponse {
  const live = store.objects.get(path)?.object
  const fixed = IMMUTABLE[kind.kind]
  const isChanged = (name: readonly string[]) =>
    live !== undefined && serialise(field(live, ...name) ?? null) !== serialise(field(object, ...name) ?? null)
  if (fixed !== undefined && isChanged(fixed)) return invalid(fixed.join('.'), 'field is immutable')
  const next = store.prepare(path, kind, object)
  const status = live === undefined ? 201 : 200
  if (!request.isDryRun) store.commit(path, kind, next)
  return answered(status, projected(next, request))
}

function create(request: Parsed, kind: FakeKind, store: FakeStore): ApiResponse {
  const object = parseJson(request.body ?? '')
  const path = pathOf(kind, object)
  if (!isObject(object)) return refusal(400, 'that is no object')
  if (store.objects.has(path)) return refusal(409, 'already exists')
  return finish(request, path, kind, update(undefined, object, writerOf(request, store)), store)
}

function writerOf({ query }: Parsed, store: FakeStore): Writer {
  return { manager: query.get('fieldManager') ?? 'unknown', operation: 'Update', time: store.now() }
}

function replace(request: Parsed, path: string, kind: FakeKind, body: Json, store: FakeStore): ApiResponse {
  const live = store.objects.get(path)?.object
  if (!isObject(body) || versionOf(body) !== versionOf(live)) return refusal(409, 'the object has been modified')
  return finish(request, path, kind, update(live, body, writerOf(request, store)), store)
}

function versionOf(object: Json | undefined): string {
  return stringField(object, 'metadata', 'resourceVersion') ?? ''
}

/** A merge patch, or a JSON patch that replaces parts of the metadata. */
function patch(request: Parsed, path: string, kind: FakeKind, body: Json, store: FakeStore): ApiResponse {
  const live = store.objects.get(path)?.object
  if (live === undefined) return notFound(kind.plural, path)
  if (!Array.isArray(body)) {
    const merged = mergePatched(live, body)
    return finish(request, path, kind, isObject(merged) ? update(live, merged, writerOf(request, store)) : live, store)
  }
  const values = new Map(body.map((each: Json) => [stringField(each, 'path'), field(each, 'value') ?? null]))
  if (values.get('/metadata/resourceVersion') !== versionOf(live)) return refusal(409, 'the object has been modified')
  const managedFields = values.get('/metadata/managedFields') ?? null
  const metadata = field(live, 'metadata')
  const next = withField(live, 'metadata', { ...(isObject(metadata) ? metadata : {}), managedFields })
  return finish(request, path, kind, next, store)
}

function mergePatched(value: Json | undefined, change: Json): Json {
  if (!isObject(change)) return change
  const old = isObject(value) ? value : {}
  const names = new Set([...Object.keys(old), ...Object.keys(change)])
  return Object.fromEntries(
    [...names].flatMap((name): [string, Json][] => {
      const young = field(change, name)
      if (young === null) return []
      return [[name, young === undefined ? (field(old, name) ?? null) : mergePatched(field(old, name), young)]]
    }),
  )
}

function remove(options: Json, path: string, live: JsonObject, store: FakeStore): ApiResponse {
  for (const name of ['uid', 'resourceVersion']) {
    const wanted = stringField(options, 'preconditions', name)
    const actual = stringField(live, 'metadata', name)
    if (wanted !== undefined && wanted !== actual)
      return refusal(
        409,
        `the ${name} in the precondition (${wanted}) does not match the ${name} in record (${actual})`,
      )
  }
  store.remove(path)
  return answered(200, store.objects.get(path)?.object ?? { kind: 'Status', status: 'Success' })
}

function listObjects(
  { query, headers, ...request }: Parsed,
  { kind, namespace }: Place,
  store: FakeStore,
): ApiResponse {
  const found = [...store.objects.values()]
    .filter((each) => each.kind.plural === kind.plural && each.kind.apiVersion === kind.apiVersion)
    .filter(({ object }) => namespace === undefined || stringField(object, 'metadata', 'namespace') === namespace)
    .filter(({ object }) => isSelected(object, query))
    .sort((a, b) => (pathOf(a.kind, a.object) < pathOf(b.kind, b.object) ? -1 : 1))
  const start = Number(query.get('continue') ?? 0)
  const end = start + Number(query.get('limit') ?? found.length)
  const rest = found.length - end
  const isCounted = rest > 0 && query.get('labelSelector') === null
  const metadata = {
    ...(rest > 0 ? { continue: String(end) } : {}),
    ...(isCounted ? { remainingItemCount: rest } : {}),
  }
  const items = found.slice(start, end).map((each) => listed(each, { ...request, headers }))
  return answered(200, { kind: `${kind.kind}List`, metadata, items })
}

/** An item of a list: without apiVersion and kind, unless it is metadata only. */
function listed({ object }: StoredObject, request: ApiRequest): Json {
  const shown = projected(object, request)
  if (shown !== object) return shown
  const { apiVersion: _, kind: __, ...rest } = object
  return rest
}

function isSelected(object: JsonObject, query: URLSearchParams): boolean {
  const selectors = (name: string) => (query.get(name) ?? '').split(',').filter((part) => part !== '')
  const hasValue = (path: readonly string[], value: string) => stringField(object, ...path) === value
  return (
    selectors('labelSelector').every((text) => {
      const [name = '', value = ''] = text.split('=')
      return hasValue(['metadata', 'labels', name], value)
    }) &&
    selectors('fieldSelector').every((text) => {
      const [name = '', value = ''] = text.split('=')
      return hasValue(name.split('.'), value)
    })
  )
}

/** The names of the managers in the `managedFields` of an object, in order. */
export function managersOf(object: Json | undefined): string[] {
  return listField(object, 'metadata', 'managedFields').map((entry) => stringField(entry, 'manager') ?? '')
}
