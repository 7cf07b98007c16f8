import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../cluster/api.ts'
import { Failure } from '../errors.ts'
import { field, type Json } from '../json.ts'
import { countOf, describe, type ObjectId } from '../manifests/manifest.ts'
import { type Readiness, readinessOf } from './readiness.ts'

/** An object to wait for: its identity and its path in the API. */
export interface Awaited {
  readonly id: ObjectId
  readonly path: string
  /** As the set asks for it; undefined for one outside of the set. */
  readonly object?: Json
  /** Whether it has to run to its end, so that it is not ready while it is suspended. */
  readonly mustRun?: boolean
  /** Since when it is waited for, in milliseconds since 1970. */
  readonly since: number
}

/** How long others wait for a definition at most, in milliseconds: the server itself needs no time to speak of. */
const DEADLINE_OF_DEFINITIONS = 30_000
/** How long a failure that may pass, such as one that an earlier run left behind, may take to pass, in milliseconds. */
const GRACE = 30_000
/** How long the server may give no answer at all, in milliseconds. */
const OUTAGE = 60_000
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
  /** How long to wait for one object, in milliseconds. */
  readonly timeout: number
  /** After this time, in milliseconds, what is settled is enough, if there is any. By default all have to be. */
  readonly patience?: number
}

/**
 * Waits until objects are settled: ready, failed, or too late. Returns those that are, each with the reason why it is not
 * ready, as the end of a sentence, or undefined. Raises what the API raises, and when `signal` aborts.
 */
export async function untilSettled<T extends Awaited>(
  objects: readonly T[],
  api: Pick<Api, 'get'>,
  { log, signal, timeout, patience = Number.POSITIVE_INFINITY }: WaitOptions,
): Promise<Map<T, string | undefined>> {
  const settled = new Map<T, string | undefined>()
  const started = Date.now()
  let told = 0
  let answered = started
  let open = objects
  for (let interval = INTERVALS.first; open.length > 0; interval = Math.min(interval * 1.5, INTERVALS.most)) {
    const looks = await Promise.all(open.map(async (object) => ({ object, look: await lookAt(object, api) })))
    const outage = looks.find(({ look }) => look.error !== undefined)?.look.error
    if (outage === undefined) answered = Date.now()
    else if (Date.now() - answered > OUTAGE) throw outage
    const waiting: { object: T; reason: string }[] = []
    for (const { object, look } of looks) {
      const reason = look.readiness.state === 'ready' ? undefined : look.readiness.reason
      if (reason === undefined || isOver(object, look.readiness, timeout)) settled.set(object, reason)
      else waiting.push({ object, reason })
    }
    open = waiting.map(({ object }) => object)
    if (open.length === 0 || (settled.size > 0 && Date.now() - started > patience)) break
    if (Date.now() - told > PROGRESS) {
      log(`Waiting until ${countOf(open)} ${open.length === 1 ? 'is' : 'are'} ready ...`)
      for (const { object, reason } of waiting.slice(0, MOST_NAMES)) log(`  ${describe(object.id)}: ${reason}`)
      told = Date.now()
    }
    await sleep(interval, undefined, { signal })
  }
  return settled
}

/** Whether nobody need wait any longer for an object that is not ready. */
function isOver({ id, since }: Awaited, { state }: Readiness, timeout: number): boolean {
  if (state === 'failed') return true
  const isDefinition = id.kind === 'CustomResourceDefinition'
  const patience = isDefinition ? Math.min(timeout, DEADLINE_OF_DEFINITIONS) : timeout
  return Date.now() - since > (state === 'stuck' ? GRACE : patience)
}

interface Look {
  readonly readiness: Readiness
  /** Why there was no answer. */
  readonly error?: Failure
}

async function lookAt({ id, path, object, mustRun }: Awaited, api: Pick<Api, 'get'>): Promise<Look> {
  try {
    const { status, body } = await api.get(path)
    if (status === 200) return { readiness: readinessOf(id, body, mustRun) }
    if (status === 404) return { readiness: { state: 'failed', reason: goneBecause(object) } }
    if (status === 403) return { readiness: { state: 'failed', reason: 'the identity may not read it' } }
    return { readiness: { state: 'waiting', reason: `the server answers with status ${status}` } }
  } catch (error) {
    if (!(error instanceof Failure) || error.problems[0]?.class !== 'E-KUBE-NET') throw error
    return { readiness: { state: 'waiting', reason: 'the cluster does not answer' }, error }
  }
}

function goneBecause(object: Json | undefined): string {
  const lifetime = field(object, 'spec', 'ttlSecondsAfterFinished')
  if (lifetime === undefined) return 'it is gone'
  return 'it is gone, and nobody saw whether it succeeded: its `ttlSecondsAfterFinished` is too short'
}
