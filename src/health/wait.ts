import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../cluster/api.ts'
import { field, type Json } from '../json.ts'
import { countOf, describe, type ObjectId } from '../manifests/manifest.ts'
import { type Readiness, readinessOf } from './readiness.ts'

/** An object to wait for: its identity and its path in the API. */
export interface Awaited {
  readonly id: ObjectId
  readonly path: string
  /** As the set asks for it; undefined for one outside of the set. */
  readonly object?: Json
}

/** How long others wait for an object that they depend on, in milliseconds; the server itself needs no time to speak of. */
const DEADLINE = 10 * 60_000
const DEADLINE_OF_DEFINITIONS = 30_000
/** Between two looks at an object, in milliseconds: at first, and at most. */
const INTERVALS = { first: 100, most: 2_000 }
/** Between two lines about what is still waited for, in milliseconds. */
const PROGRESS = 15_000
/** More of them in one line nobody reads. */
const MOST_NAMES = 5

/** What waiting needs beside the objects. */
export interface WaitOptions {
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Waits until objects are ready. Ends when all are, or have failed, or took too long; returns those that are not ready, with
 * the reason as the end of a sentence. Raises what the API raises, and when `signal` aborts.
 */
export async function untilReady<T extends Awaited>(
  objects: readonly T[],
  api: Api,
  { log, signal }: WaitOptions,
): Promise<Map<T, string>> {
  const unready = new Map<T, string>()
  const started = Date.now()
  let told = 0
  let open = objects
  for (let interval = INTERVALS.first; ; interval = Math.min(interval * 1.5, INTERVALS.most)) {
    const looks = await Promise.all(open.map(async (object) => ({ object, readiness: await look(object, api) })))
    const waiting: { object: T; reason: string }[] = []
    for (const { object, readiness } of looks) {
      if (readiness.state === 'ready') continue
      const deadline = object.id.kind === 'CustomResourceDefinition' ? DEADLINE_OF_DEFINITIONS : DEADLINE
      const isOver = Date.now() - started > deadline
      if (readiness.state === 'failed') unready.set(object, readiness.reason)
      else if (isOver) unready.set(object, `${readiness.reason}, ${deadline / 1000} s after it was applied`)
      else waiting.push({ object, reason: readiness.reason })
    }
    if (waiting.length === 0) return unready
    if (Date.now() - told > PROGRESS) {
      log(`Waiting until ${countOf(waiting)} ${waiting.length === 1 ? 'is' : 'are'} ready ...`)
      for (const { object, reason } of waiting.slice(0, MOST_NAMES)) log(`  ${describe(object.id)}: ${reason}`)
      told = Date.now()
    }
    open = waiting.map(({ object }) => object)
    await sleep(interval, undefined, { signal })
  }
}

async function look({ id, path, object }: Awaited, api: Api): Promise<Readiness> {
  const answer = await api.get(path)
  if (answer.status === 200) return readinessOf(id, answer.body)
  // A Job that goes by itself once it is finished has finished.
  const isTransient = field(object, 'spec', 'ttlSecondsAfterFinished') !== undefined
  if (answer.status === 404 && isTransient) return { state: 'ready' }
  if (answer.status === 404) return { state: 'failed', reason: 'it is gone' }
  if (answer.status === 403) return { state: 'failed', reason: 'the identity may not read it' }
  return { state: 'waiting', reason: `the server answers with status ${answer.status}` }
}
