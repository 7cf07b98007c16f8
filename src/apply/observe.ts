import { type Api, FIELD_MANAGER } from '../cluster/api.ts'
import { field, type Json, serialise, stringField } from '../json.ts'
import type { Sequence } from '../order/sequence.ts'

/** What of a live object tells whether it changed. */
export interface Live {
  readonly resourceVersion: string
  /** Counts changes of the specification; kinds without one have none. */
  readonly generation: Json | undefined
  /** Labels, annotations, finalizers and owners, as text. */
  readonly metadata: string
  /** Our entry in `managedFields`, as text, and its time in milliseconds since 1970. */
  readonly entry: string
  readonly entryTime: number
  /** The server's clock at the time of the look, in milliseconds since 1970. */
  readonly seen: number
}

const METADATA = ['labels', 'annotations', 'finalizers', 'ownerReferences']

const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Looks at the live objects of a sequence, their metadata only; by path. What is absent has no entry. */
export async function observe(sequence: Sequence, api: Api): Promise<Map<string, Live>> {
  const live = new Map<string, Live>()
  await Promise.all(
    sequence.map(async ({ path }) => {
      if (path === undefined) return
      const answer = await api.get(path, METADATA_ONLY)
      if (answer.status === 200) live.set(path, liveOf(answer.body, answer.date))
    }),
  )
  return live
}

/** Reads what `Live` holds from an object, or from its metadata. */
export function liveOf(object: Json, seen: number): Live {
  const managers = field(object, 'metadata', 'managedFields')
  const entry = Array.isArray(managers)
    ? managers.find(
        (manager: Json) =>
          stringField(manager, 'manager') === FIELD_MANAGER && stringField(manager, 'operation') === 'Apply',
      )
    : undefined
  return {
    resourceVersion: stringField(object, 'metadata', 'resourceVersion') ?? '',
    generation: field(object, 'metadata', 'generation'),
    metadata: METADATA.map((name) => serialise(field(object, 'metadata', name) ?? null)).join(),
    entry: entry === undefined ? '' : serialise(entry),
    entryTime: Date.parse(stringField(entry, 'time') ?? ''),
    seen,
  }
}

/**
 * Whether an apply changed the object. Another resourceVersion alone does not tell: a controller may have written the
 * status in between, or the server may have put the entries of `managedFields` into another order (seen). A generation
 * tells; where a kind has none our entry does, with its time (whole seconds), which the server renews with every change.
 */
export function changed(before: Live, after: Live): boolean {
  return before.resourceVersion !== after.resourceVersion && differ(before, after)
}

/** The same for what a dry run answers, which has the resourceVersion of the object as it is. */
export function differ(before: Live, after: Live): boolean {
  if (before.generation !== after.generation || before.metadata !== after.metadata) return true
  if (before.generation !== undefined) return false
  const startOfSecond = before.seen - (before.seen % 1000)
  return before.entry !== after.entry || after.entryTime >= startOfSecond
}
