import { type Answer, type Api, METADATA, messageOf } from '../cluster/api.ts'
import { type Discovery, pathOf, servedKey } from '../cluster/kinds.ts'
import { field, isObject, type Json, type JsonObject, serialise, stringField, withField } from '../json.ts'
import { apiVersionOf, kindKeyOf, type Manifest } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { switchesOf } from '../manifests/switches.ts'
import { atMost } from '../parallel.ts'
import type { Autoscalers } from './autoscalers.ts'
import { digestOf } from './live.ts'
import { isScaledByOthers, type Sent, sentFor } from './sent.ts'
import { mergePatch, takenOver, withoutDeployers } from './takeover.ts'

/**
 * Who judged what an apply would do: the server, by a dry run of the object itself (`server`) or of a copy in a namespace
 * that is there already (`copy`); or nobody yet, because the server does not know the kind (`kind`), nor may be asked
 * (`forbidden`).
 */
export type Judge = 'server' | 'copy' | 'kind' | 'forbidden'

/** What applying a manifest would do. */
export interface Trial extends Sent {
  readonly judge: Judge
  /** The object as it is; undefined where there is none. */
  readonly before: Json | undefined
  /** The object as the server would make it; undefined where it refuses, or was not asked about the object itself. */
  readonly after: Json | undefined
  /** Whether its deployer hands it over first, so that what that one wrote is ours. */
  readonly isHandedOver?: boolean
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
  /** A namespace that is there, in which copies may be tried. */
  readonly namespace: string
  readonly autoscalers: Autoscalers
  /** The label by which the set's members are known, and its value. */
  readonly label: readonly [name: string, value: string]
  /** In RFC 3339. */
  readonly now: string
}

/** Dry runs under way at once. */
const MOST_TRIALS = 32

/**
 * Tries out what applying would do, for each manifest by itself and writing nothing. Namespaces go first: what lives in one
 * that is not there yet is tried as a copy elsewhere. `isLive` says which are known to be there.
 */
export async function tryOut(
  manifests: readonly PlacedManifest[],
  isLive: (manifest: PlacedManifest) => boolean,
  options: TrialOptions,
): Promise<Map<PlacedManifest, Trial>> {
  const trials = new Map<PlacedManifest, Trial>()
  const turn = atMost(MOST_TRIALS)
  const isNamespace = ({ id }: Manifest) => kindKeyOf(id) === '/Namespace'
  const absent = new Set<string>()
  const tryAll = (some: readonly PlacedManifest[]) =>
    Promise.all(
      some.map((manifest) =>
        turn(async () => {
          const isHomeless = absent.has(manifest.id.namespace)
          const trial = isHomeless ? tryCopy : tryItself
          trials.set(manifest, await trial(manifest, isLive(manifest), options))
        }),
      ),
    )
  await tryAll(manifests.filter(isNamespace))
  for (const [{ id }, { before, after }] of trials) if (before === undefined && after !== undefined) absent.add(id.name)
  await tryAll(manifests.filter((manifest) => !isNamespace(manifest)))
  return trials
}

async function tryItself(manifest: PlacedManifest, isLive: boolean, options: TrialOptions): Promise<Trial> {
  const { path, object } = manifest
  const { api } = options
  if (path === undefined || !isServed(manifest, options)) return unjudged(object, 'kind')
  let looked = isLive ? await api.get(path) : undefined
  let sent = await prepare(manifest, found(looked), options)
  let answer = await dryRun(path, sent, options)
  if (looked === undefined && answer.status !== 201 && answer.status !== 404) {
    looked = await api.get(path)
    const again = await prepare(manifest, found(looked), options)
    if (serialise(again.object) !== serialise(sent.object)) answer = await dryRun(path, again, options)
    sent = again
  }
  const before = found(looked)
  // What may not be read is neither there nor absent.
  if (looked !== undefined && before === undefined && looked.status !== 404) answer = looked
  const { warnings, body } = answer
  const trial = { ...sent, warnings, before, after: undefined }
  if (answer.status < 300)
    return { ...trial, judge: 'server', ...(await handOver(manifest, path, before, body, options)) }
  return { ...trial, judge: mayNotAsk(answer) ? 'forbidden' : 'server', refusal: answer }
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
): Promise<Pick<Trial, 'before' | 'after' | 'isHandedOver'>> {
  const isOurs = stringField(before, 'metadata', 'labels', label[0]) === label[1]
  if (before === undefined || isOurs || switchesOf(manifest.object).isMerged) return { before, after }
  const handedOver = takenOver(before, apiVersionOf(manifest), now)
  if (handedOver === undefined) return { before, after }
  const rest = withoutDeployers(after, handedOver)
  if (serialise(rest) === serialise(after)) return { before, after, isHandedOver: true }
  const answer = await api.dryRunMerge(path, mergePatch(unmanaged(before), unmanaged(rest)))
  const told = answer.status < 300 ? withManagers(answer.body, after) : rest
  return { before, after: told, isHandedOver: true }
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
  return { object, left: [], warnings: [], judge, before: undefined, after: undefined }
}

/** The object that a look has found. */
function found(answer: Answer | undefined): Json | undefined {
  return answer?.status === 200 ? answer.body : undefined
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
async function tryCopy(manifest: PlacedManifest, _isLive: boolean, options: TrialOptions): Promise<Trial> {
  const { object, id } = manifest
  const { api, discovery, namespace } = options
  const resource = discovery.kinds.get(servedKey(apiVersionOf(manifest), id.kind))
  if (resource === undefined) return unjudged(object, 'kind')
  const name = `fairlead-${digestOf(serialise(object))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`
  const metadata = field(object, 'metadata')
  if (!isObject(metadata)) return unjudged(object, 'copy')
  const copy = withField(object, 'metadata', withField(withField(metadata, 'name', name), 'namespace', namespace))
  const path = pathOf(apiVersionOf(manifest), resource, namespace, name)
  const answer = await api.dryRunApply(path, { object: serialise(copy), force: true, accept: METADATA })
  const trial = { ...unjudged(object, mayNotAsk(answer) ? 'forbidden' : 'copy'), warnings: answer.warnings }
  if (!isAboutItsContent(answer) || !isObject(answer.body)) return trial
  const message = messageOf(answer).replaceAll(`${namespace}/${name}`, `${id.namespace}/${id.name}`)
  return {
    ...trial,
    refusal: { ...answer, body: withField(answer.body, 'message', message.replaceAll(name, id.name)) },
  }
}

/** Whether a refusal is about the object, and not about the namespace of the copy: its quota, its policies, its webhooks. */
function isAboutItsContent({ status, body }: Answer): boolean {
  const message = stringField(body, 'message') ?? ''
  const isAdmission = /admission webhook|AdmissionPolicy|denied the request|exceeded quota|violates PodSecurity/.test(
    message,
  )
  return (status === 400 || status === 422 || status === 500) && !isAdmission
}
