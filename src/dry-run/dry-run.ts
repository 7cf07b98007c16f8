import { limitConcurrency } from '../concurrency.ts'
import { field, isObject, type Json, type JsonObject, serialise, stringField, withField } from '../json.ts'
import { type ApiReader, isHighLatency, PARTIAL_METADATA } from '../kube/client.ts'
import type { ApiDiscovery } from '../kube/discovery.ts'
import type { Autoscalers } from '../kube/readers/autoscalers.ts'
import { type ObjectResponse, openObjectReader, type ReadObject } from '../kube/readers/object-reader.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { gvkKey, objectPath } from '../object/api-path.ts'
import { parseRejection, reasonOf } from '../object/api-rejection.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'
import type { AbsentObject, CheckedBy, DryRunResult, ExistingObject } from '../object/dry-run-result.ts'
import { type ApplyPayload, buildPayload, isScaledByOthers } from '../object/managed-fields/apply-payload.ts'
import { mergePatch, migrateManagedFields, withoutDeployerFields } from '../object/managed-fields/migration.ts'
import { apiVersionOf, type Manifest } from '../object/manifest.ts'
import { formatGroupKind, objectKey } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { SetMembers } from '../object/set-members.ts'
import { mergeLocally } from './local-merge.ts'
import { aboutOriginal, copyOf, isAboutItsContent } from './probe-copy.ts'

/** What dry runs need beside the manifests and the members. */
export interface DryRunOptions {
  readonly api: ApiReader
  readonly discovery: ApiDiscovery
  /** Whether fields of other field managers are taken over. */
  readonly force: boolean
  /** The default namespace, in which probe copies are dry-run first. */
  readonly namespace: string
  readonly autoscalers: Autoscalers
  /** The label of the set's members, and its value. */
  readonly label: readonly [name: string, value: string]
  /** The time of the run, in RFC 3339. */
  readonly now: string
}

/**
 * The maximum number of concurrent dry runs, which leaves capacity to other clients of a server that handles some fifty requests
 * at a time. With a high latency, about half of the requests are in transit.
 */
const [MAX_DRY_RUNS, MAX_DRY_RUNS_HIGH_LATENCY] = [32, 64]

/** What one dry run needs. */
interface DryRunContext extends DryRunOptions {
  /** The objects that are known to exist. */
  readonly members: SetMembers
  readonly readObject: ReadObject
}

/**
 * Dry-runs the apply of each manifest by itself; nothing is written. Namespaces come first: objects in a Namespace that does not
 * exist yet are dry-run as probe copies in another one.
 */
export async function dryRunAll(
  manifests: readonly ResolvedManifest[],
  members: SetMembers,
  options: DryRunOptions,
): Promise<Map<ResolvedManifest, DryRunResult>> {
  const context = { ...options, members, readObject: openObjectReader(manifests, members, options) }
  const dryRuns = new Map<ResolvedManifest, DryRunResult>()
  const limit = limitConcurrency(isHighLatency(options.api.latency()) ? MAX_DRY_RUNS_HIGH_LATENCY : MAX_DRY_RUNS)
  const isNamespace = ({ id }: Manifest) => formatGroupKind(id) === '/Namespace'
  const absent = new Set<string>()
  const dryRunEach = (group: readonly ResolvedManifest[]) =>
    Promise.all(
      group.map((manifest) =>
        limit(async () => {
          const dryRun = absent.has(manifest.id.namespace) ? dryRunCopy : dryRunObject
          dryRuns.set(manifest, await dryRun(manifest, context))
        }),
      ),
    )
  await dryRunEach(manifests.filter(isNamespace))
  for (const [{ id }, { live, predicted }] of dryRuns)
    if (live === undefined && predicted !== undefined) absent.add(id.name)
  await dryRunEach(manifests.filter((manifest) => !isNamespace(manifest)))
  return dryRuns
}

async function dryRunObject(manifest: ResolvedManifest, context: DryRunContext): Promise<DryRunResult> {
  const { path, object } = manifest
  if (path === undefined || !isServed(manifest, context)) return uncheckedResult(object, 'kind')
  const { payload, read, answer: response } = await dryRunApply(manifest, path, context)
  const live = foundObject(read)
  // An object that may not be read is neither known to exist nor to be absent.
  const unreadable = read !== undefined && live === undefined && read.status !== 404
  const isForbidden = reasonOf(response) === 'forbidden'
  const answer = unreadable && !isForbidden ? { ...response, ...read } : response
  const { warnings, body } = answer
  const dryRunResult = { ...payload, warnings }
  if (answer.status >= 300) {
    const checkedBy = isForbidden && !unreadable ? 'forbidden' : 'server'
    const rejection = parseRejection(answer, manifest)
    const mayRecreate =
      rejection.reason === 'immutable' && (manifest.options.apply.mayRecreate || runsToCompletion(manifest))
    return {
      ...{ ...dryRunResult, ...prediction(live, undefined, payload), checkedBy, rejection },
      ...(mayRecreate ? await dryRunRecreate(manifest, path, payload, context) : {}),
    }
  }
  const recreate =
    live !== undefined && runsToCompletion(manifest) ? await dryRunRecreate(manifest, path, payload, context) : {}
  const { predicted, ...migration } = await planMigration(manifest, path, live, body, context)
  return {
    ...dryRunResult,
    ...recreate,
    ...migration,
    checkedBy: 'server',
    ...prediction(live, predicted, payload),
  }
}

/**
 * The object before and after an apply. If the server did not predict it, the payload is merged into the live object locally.
 */
function prediction(
  live: Json | undefined,
  predicted: Json | undefined,
  { object }: ApplyPayload,
): AbsentObject | ExistingObject {
  const isPredictedByServer = predicted !== undefined
  if (live === undefined) return { live, predicted, isPredictedByServer }
  return { live, predicted: predicted ?? mergeLocally(live, object), isPredictedByServer }
}

/** The server's response to the dry run of an apply, and to the read of the live object; undefined if it was not read. */
interface DryRunResponse {
  readonly payload: ApplyPayload
  readonly read: ObjectResponse | undefined
  readonly answer: ApiResponse
}

/** Dry-runs the apply of a manifest, with a payload that fits the live object. */
async function dryRunApply(manifest: ResolvedManifest, path: string, context: DryRunContext): Promise<DryRunResponse> {
  const { api, readObject, members } = context
  const isMember = members.has(objectKey(manifest.id))
  const first = isMember ? await readObject(manifest) : undefined
  const payload = await preparePayload(manifest, foundObject(first), context)
  const answer = await sendDryRun(path, payload, context)
  const isAbsent = answer.status === 201 || answer.status === 404
  const latest = first ?? (isAbsent ? undefined : await readObject(manifest))
  const read = latest !== undefined && isOlder(latest, answer) ? await api.get(path) : latest
  if (read === first) return { payload, read, answer }
  const newPayload = await preparePayload(manifest, foundObject(read), context)
  const isSame = serialise(newPayload.object) === serialise(payload.object)
  return { payload: newPayload, read, answer: isSame ? answer : await sendDryRun(path, newPayload, context) }
}

/** Whether an object may have been changed, created or deleted between its read and a dry run of its apply. */
function isOlder(read: ObjectResponse, answer: ApiResponse): boolean {
  if (![200, 404].includes(read.status)) return false
  // A rejection does not name the object's version. One for lack of permission is the same for every version.
  if (answer.status >= 300) return read.status === 200 && reasonOf(answer) !== 'forbidden'
  const version = (object: Json | undefined) => stringField(object, 'metadata', 'resourceVersion')
  return version(foundObject(read)) !== (answer.status === 201 ? undefined : version(answer.body))
}

/**
 * Dry-runs the creation of an object that would be recreated, as a probe copy beside the live one, so that nothing is deleted
 * whose replacement the server rejects. A rejection because the live object holds something, such as a port, does not count.
 */
async function dryRunRecreate(
  manifest: ResolvedManifest,
  path: string,
  { fullObject }: ApplyPayload,
  { api }: DryRunOptions,
): Promise<Pick<DryRunResult, 'recreate'>> {
  const { copy, name } = copyOf(fullObject, manifest.id.namespace)
  const copyPath = `${path.slice(0, path.lastIndexOf('/') + 1)}${name}`
  const answer = await api.dryRunApply(copyPath, { object: serialise(copy), force: true, accept: PARTIAL_METADATA })
  const isAccepted = answer.status < 300 || /already allocated|already exists/.test(statusMessage(answer))
  if (isAccepted) return { recreate: { object: fullObject } }
  const rejection = parseRejection(aboutOriginal(answer, name, manifest.id.name), manifest)
  return { recreate: { object: fullObject, rejection } }
}

/**
 * What an object becomes if it is adopted from its deployer: fields that the deployer wrote and the manifest does not have are
 * removed. The dry run of an apply cannot show this; that of a merge patch can, including the defaults that the server sets.
 */
async function planMigration(
  manifest: ResolvedManifest,
  path: string,
  live: Json | undefined,
  predicted: Json,
  { api, label, now }: DryRunOptions,
): Promise<Pick<DryRunResult, 'migratesManagedFields' | 'rejection'> & { readonly predicted: Json | undefined }> {
  const isOurs = stringField(live, 'metadata', 'labels', label[0]) === label[1]
  if (live === undefined || isOurs || manifest.options.apply.isMerged) return { predicted }
  const migrated = migrateManagedFields(live, apiVersionOf(manifest), now)
  if (migrated === undefined) return { predicted }
  const rest = withoutDeployerFields(predicted, migrated)
  if (serialise(rest) === serialise(predicted)) return { predicted, migratesManagedFields: true }
  const answer = await api.dryRunMerge(path, mergePatch(withoutManagers(live), withoutManagers(rest)))
  if (answer.status >= 300) {
    const rejection = parseRejection(answer, manifest)
    return { predicted: undefined, migratesManagedFields: true, rejection }
  }
  return { predicted: withManagers(answer.body, predicted), migratesManagedFields: true }
}

/** An object without its `managedFields`, which a patch must not change together with other fields. */
function withoutManagers(object: Json): Json {
  return withManagers(object, null)
}

/** An object with the `managedFields` of another one. */
function withManagers(object: Json, other: Json): Json {
  const metadata = field(object, 'metadata')
  if (!isObject(object) || !isObject(metadata)) return object
  const managedFields = field(other, 'metadata', 'managedFields') ?? []
  return withField(object, 'metadata', withField(metadata, 'managedFields', managedFields))
}

function isServed(manifest: Manifest, { discovery }: DryRunOptions): boolean {
  return discovery.kinds.has(gvkKey(apiVersionOf(manifest), manifest.id.kind))
}

function uncheckedResult(object: JsonObject, checkedBy: CheckedBy): DryRunResult {
  return {
    object,
    unmanagedFields: [],
    fullObject: object,
    warnings: [],
    checkedBy,
    ...{ live: undefined, predicted: undefined, isPredictedByServer: false },
  }
}

/** The object that was read; undefined if there was none. */
function foundObject(read: ObjectResponse | undefined): Json | undefined {
  return read?.status === 200 ? read.body : undefined
}

async function preparePayload(
  manifest: ResolvedManifest,
  live: Json | undefined,
  options: DryRunOptions,
): Promise<ApplyPayload> {
  const { object, id } = manifest
  const isScaled = live !== undefined && isScaledByOthers(live) && (await options.autoscalers(id))
  return buildPayload(object, manifest.options.apply.unmanaged, live, isScaled)
}

function sendDryRun(path: string, { object }: ApplyPayload, { api, force }: DryRunOptions): Promise<ApiResponse> {
  return api.dryRunApply(path, { object: serialise(object), force })
}

/** Dry-runs a probe copy of an object whose Namespace does not exist yet, in one that does, under an unused name. */
async function dryRunCopy(manifest: ResolvedManifest, options: DryRunOptions): Promise<DryRunResult> {
  const { object, id } = manifest
  const { api, discovery, namespace } = options
  const resource = discovery.kinds.get(gvkKey(apiVersionOf(manifest), id.kind))
  if (resource === undefined) return uncheckedResult(object, 'kind')
  for (const host of new Set([namespace, 'default'])) {
    const { copy, name } = copyOf(object, host)
    const path = objectPath(apiVersionOf(manifest), resource, host, name)
    const answer = await api.dryRunApply(path, { object: serialise(copy), force: true, accept: PARTIAL_METADATA })
    const dryRunResult = { ...uncheckedResult(object, 'copy'), warnings: answer.warnings }
    if (answer.status < 300) return dryRunResult
    if (!isAboutItsContent(answer)) continue
    const original = aboutOriginal(answer, name, id.name, `${host}/`, `${id.namespace}/`)
    return { ...dryRunResult, rejection: parseRejection(original, manifest) }
  }
  return uncheckedResult(object, 'none')
}
