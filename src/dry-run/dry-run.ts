import { type Answer, messageOf } from '../object/api-status.ts'
import { type Api, isFar, METADATA } from '../kube/client.ts'
import { type Discovery, pathOf, servedKey } from '../kube/discovery.ts'
import { field, isObject, type Json, type JsonObject, serialise, stringField, withField } from '../json.ts'
import { isRun } from '../object/annotations/hooks.ts'
import { apiVersionOf, keyOf, kindKeyOf, type Manifest } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { switchesOf } from '../object/annotations/apply.ts'
import { atMost } from '../concurrency.ts'
import type { Autoscalers } from '../kube/readers/autoscalers.ts'
import { aboutOriginal, copyOf, isAboutItsContent } from './probe-copy.ts'
import { isImmutable } from '../object/immutable-field.ts'
import { type Look, openLooks, type Sight } from '../kube/readers/object-reader.ts'
import type { Members } from '../kube/readers/set-members.ts'
import { isScaledByOthers, type Sent, sentFor } from '../object/managed-fields/apply-payload.ts'
import { mergePatch, takenOver, withoutDeployers } from '../object/managed-fields/migration.ts'

/**
 * Who judged what an apply would do: the server, by a dry run of the object itself (`server`) or of a copy in a namespace
 * that is there already (`copy`); or nobody yet, because the server does not know the kind (`kind`), may not be asked
 * (`forbidden`), or has no namespace in which a copy can be tried (`nobody`).
 */
export type Judge = 'server' | 'copy' | 'kind' | 'forbidden' | 'nobody'

/** What applying a manifest would do. */
export interface Trial extends Sent {
  readonly judge: Judge
  /** The object as it is; undefined where there is none. */
  readonly before: Json | undefined
  /** The object as the server would make it; undefined where it refuses, or was not asked about the object itself. */
  readonly after: Json | undefined
  /** Whether its deployer hands it over first, so that what that one wrote is ours. */
  readonly isHandedOver?: boolean
  /** What would be sent to make it anew, and why that is refused; for what may be replaced. */
  readonly anew?: { readonly object: JsonObject; readonly refusal?: Answer }
  /** What the server warns of. */
  readonly warnings: readonly string[]
  /** Why it is refused, and the server's own words. */
  readonly refusal?: Answer
}

/** How applies are tried out. */
export interface TrialOptions {
  readonly api: Api
  readonly discovery: Discovery
  /** Whether fields of other managers are taken over. */
  readonly force: boolean
  /** The namespace of objects that name none: copies may be tried there, if it is there. */
  readonly namespace: string
  readonly autoscalers: Autoscalers
  /** The label by which the set's members are known, and its value. */
  readonly label: readonly [name: string, value: string]
  /** In RFC 3339. */
  readonly now: string
}

/**
 * Dry runs under way at once: polite to a server that works on some fifty requests of all users at a time. Of those to a
 * server far away half are on the wire.
 */
const [MOST_TRIALS, MOST_FAR_TRIALS] = [32, 64]

/** What one trial needs. */
interface Means extends TrialOptions {
  /** Known to be there; of others the dry run tells. */
  readonly members: Members
  readonly look: Look
}

/**
 * Tries out what applying would do, for each manifest by itself and writing nothing. Namespaces go first: what lives in one
 * that is not there yet is tried as a copy elsewhere.
 */
export async function tryOut(
  manifests: readonly PlacedManifest[],
  members: Members,
  options: TrialOptions,
): Promise<Map<PlacedManifest, Trial>> {
  const means = { ...options, members, look: openLooks(manifests, members, options) }
  const trials = new Map<PlacedManifest, Trial>()
  const turn = atMost(isFar(options.api.latency()) ? MOST_FAR_TRIALS : MOST_TRIALS)
  const isNamespace = ({ id }: Manifest) => kindKeyOf(id) === '/Namespace'
  const absent = new Set<string>()
  const tryAll = (some: readonly PlacedManifest[]) =>
    Promise.all(
      some.map((manifest) =>
        turn(async () => {
          const isHomeless = absent.has(manifest.id.namespace)
          const trial = isHomeless ? tryCopy : tryItself
          trials.set(manifest, await trial(manifest, means))
        }),
      ),
    )
  await tryAll(manifests.filter(isNamespace))
  for (const [{ id }, { before, after }] of trials) if (before === undefined && after !== undefined) absent.add(id.name)
  await tryAll(manifests.filter((manifest) => !isNamespace(manifest)))
  return trials
}

async function tryItself(manifest: PlacedManifest, means: Means): Promise<Trial> {
  const { path, object } = manifest
  if (path === undefined || !isServed(manifest, means)) return unjudged(object, 'kind')
  const { sent, looked, answer: judged } = await ask(manifest, path, means)
  const before = found(looked)
  // What may not be read is neither there nor absent.
  const isUnreadable = looked !== undefined && before === undefined && looked.status !== 404
  const isForbidden = mayNotAsk(judged)
  const answer = isUnreadable && !isForbidden ? { ...judged, ...looked } : judged
  const { warnings, body } = answer
  const trial = { ...sent, warnings, before, after: undefined }
  if (answer.status >= 300) {
    const judge = isForbidden && !isUnreadable ? 'forbidden' : 'server'
    const mayReplace = isImmutable(answer) && (switchesOf(object).mayReplace || isRun(manifest))
    return { ...trial, judge, refusal: answer, ...(mayReplace ? await tryAnew(manifest, path, sent, means) : {}) }
  }
  const anew = before !== undefined && isRun(manifest) ? await tryAnew(manifest, path, sent, means) : {}
  return { ...trial, ...anew, judge: 'server', ...(await handOver(manifest, path, before, body, means)) }
}

/** What the server says of an apply, with the object that it was said of; not looked for where there is none. */
interface Judged {
  readonly sent: Sent
  readonly looked: Sight | undefined
  readonly answer: Answer
}

async function ask(manifest: PlacedManifest, path: string, means: Means): Promise<Judged> {
  const { api, look, members } = means
  const isMember = members.has(keyOf(manifest.id))
  const first = isMember ? await look(manifest) : undefined
  const sent = await prepare(manifest, found(first), means)
  const answer = await dryRun(path, sent, means)
  const isAbsent = answer.status === 201 || answer.status === 404
  const seen = first ?? (isAbsent ? undefined : await look(manifest))
  const looked = seen !== undefined && isOlder(seen, answer) ? await api.get(path) : seen
  if (looked === first) return { sent, looked, answer }
  const again = await prepare(manifest, found(looked), means)
  const isSame = serialise(again.object) === serialise(sent.object)
  return { sent: again, looked, answer: isSame ? answer : await dryRun(path, again, means) }
}

/** Whether an object may have been changed, made or deleted between a look at it and a dry run of its apply. */
function isOlder(looked: Sight, answer: Answer): boolean {
  if (![200, 404].includes(looked.status)) return false
  // A refusal does not say of what. Who may not ask gets the same one for every object.
  if (answer.status >= 300) return looked.status === 200 && !mayNotAsk(answer)
  const version = (object: Json | undefined) => stringField(object, 'metadata', 'resourceVersion')
  return version(found(looked)) !== (answer.status === 201 ? undefined : version(answer.body))
}

/**
 * Tries a copy of what would be made anew, beside the one that lives: nothing is deleted whose successor the server would
 * refuse. What the living one holds, such as a port, is no refusal.
 */
async function tryAnew(
  manifest: PlacedManifest,
  path: string,
  { whole }: Sent,
  { api }: TrialOptions,
): Promise<Pick<Trial, 'anew'>> {
  const { copy, name } = copyOf(whole, manifest.id.namespace)
  const place = `${path.slice(0, path.lastIndexOf('/') + 1)}${name}`
  const answer = await api.dryRunApply(place, { object: serialise(copy), force: true, accept: METADATA })
  const isFree = answer.status < 300 || /already allocated|already exists/.test(messageOf(answer))
  return { anew: { object: whole, ...(isFree ? {} : { refusal: aboutOriginal(answer, name, manifest.id.name) }) } }
}

/**
 * Takes an object that is not ours yet over from its deployer: what that one wrote and the set does not have will go. No dry
 * run of an apply can show this; one of the same change by other means does, with what the server puts back by itself.
 */
async function handOver(
  manifest: PlacedManifest,
  path: string,
  before: Json | undefined,
  after: Json,
  { api, label, now }: TrialOptions,
): Promise<Pick<Trial, 'before' | 'after' | 'isHandedOver' | 'refusal'>> {
  const isOurs = stringField(before, 'metadata', 'labels', label[0]) === label[1]
  if (before === undefined || isOurs || switchesOf(manifest.object).isMerged) return { before, after }
  const handedOver = takenOver(before, apiVersionOf(manifest), now)
  if (handedOver === undefined) return { before, after }
  const rest = withoutDeployers(after, handedOver)
  if (serialise(rest) === serialise(after)) return { before, after, isHandedOver: true }
  const answer = await api.dryRunMerge(path, mergePatch(unmanaged(before), unmanaged(rest)))
  if (answer.status >= 300) return { before, after: undefined, isHandedOver: true, refusal: answer }
  return { before, after: withManagers(answer.body, after), isHandedOver: true }
}

/** An object without what is noted about its field managers, which no patch may change beside other things. */
function unmanaged(object: Json): Json {
  return withManagers(object, null)
}

/** An object with the `managedFields` of another one. */
function withManagers(object: Json, other: Json): Json {
  const metadata = field(object, 'metadata')
  if (!isObject(object) || !isObject(metadata)) return object
  const managedFields = field(other, 'metadata', 'managedFields') ?? []
  return withField(object, 'metadata', withField(metadata, 'managedFields', managedFields))
}

function isServed(manifest: Manifest, { discovery }: TrialOptions): boolean {
  return discovery.kinds.has(servedKey(apiVersionOf(manifest), manifest.id.kind))
}

function unjudged(object: JsonObject, judge: Judge): Trial {
  return { object, left: [], whole: object, warnings: [], judge, before: undefined, after: undefined }
}

/** The object that a look has found. */
function found(looked: Sight | undefined): Json | undefined {
  return looked?.status === 200 ? looked.body : undefined
}

async function prepare(manifest: PlacedManifest, before: Json | undefined, options: TrialOptions): Promise<Sent> {
  const { object, id } = manifest
  const isScaled = before !== undefined && isScaledByOthers(before) && (await options.autoscalers(id))
  return sentFor(object, switchesOf(object).unmanaged, before, isScaled)
}

function dryRun(path: string, { object }: Sent, { api, force }: TrialOptions): Promise<Answer> {
  return api.dryRunApply(path, { object: serialise(object), force })
}

/** Whether the identity may not apply such objects at all, in the words of the server's authoriser. */
function mayNotAsk(answer: Answer): boolean {
  return answer.status === 403 && / cannot patch resource /.test(messageOf(answer))
}

/** Tries a copy of an object, whose Namespace is not there yet, in one that is. It has a name that nothing else has. */
async function tryCopy(manifest: PlacedManifest, options: TrialOptions): Promise<Trial> {
  const { object, id } = manifest
  const { api, discovery, namespace } = options
  const resource = discovery.kinds.get(servedKey(apiVersionOf(manifest), id.kind))
  if (resource === undefined) return unjudged(object, 'kind')
  for (const host of new Set([namespace, 'default'])) {
    const { copy, name } = copyOf(object, host)
    const path = pathOf(apiVersionOf(manifest), resource, host, name)
    const answer = await api.dryRunApply(path, { object: serialise(copy), force: true, accept: METADATA })
    const trial = { ...unjudged(object, 'copy'), warnings: answer.warnings }
    if (answer.status < 300) return trial
    if (!isAboutItsContent(answer)) continue
    return { ...trial, refusal: aboutOriginal(answer, name, id.name, `${host}/`, `${id.namespace}/`) }
  }
  return unjudged(object, 'nobody')
}
