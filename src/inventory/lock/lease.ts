import { randomUUID } from 'node:crypto'
import { CLOCK, type Clock } from '../../clock.ts'
import { diagnosticsOf, Failure } from '../../diagnostics.ts'
import { hint, option } from '../../hint.ts'
import { type Json, stringField } from '../../json.ts'
import type { WriteCheck, WriteSession } from '../../kube/client.ts'
import { type ApiResponse, statusMessage } from '../../object/api-status.ts'
import type { Inventory } from '../../object/inventory.ts'
import { formatId } from '../../object/object-id.ts'
import { createNamespace, INVENTORY_MANAGER, namespacePath, permissionHint } from '../store.ts'
import {
  durationOf,
  holderOf,
  isFairleadLease,
  LEASE_DURATION_MS,
  leaseSpec,
  leaseTransitions,
  newLease,
  pathToLease,
  releasedLease,
  withSpec,
} from './lease-object.ts'
import type { LockEvent } from './lock-event.ts'

/** It is renewed this often ... */
const RENEW_INTERVAL_MS = LEASE_DURATION_MS / 6
/** ... and nothing is written any more this long after it last was: what is under way has the rest of the time to arrive. */
const MAX_AGE_FOR_WRITES_MS = LEASE_DURATION_MS / 2
/** One that could not be renewed for so long is given up, so that nothing is under way any more when it ends. */
const GIVE_UP_AFTER_MS = LEASE_DURATION_MS * 0.8
/** Between two looks at a lease that somebody else holds, on the average. */
const POLL_INTERVAL_MS = 1_000
/** Clocks do not run equally fast. */
const CLOCK_SKEW_MS = 1_000

/** The right to write on behalf of an inventory, held by one run at a time. */
export interface Lease {
  /** Who holds it: this run, as nobody else is called. */
  readonly holder: string
  /** How often it has been taken so far. */
  readonly count: number
  /** Whether somebody else had it at first. */
  readonly isWaitedFor: boolean
  /** Aborts when the lease is lost; its reason is a `Failure` (E-LOCK). */
  readonly lost: AbortSignal
  /** Settles when nobody else can hold it, after renewing it where that is long ago. Rejects where it is lost (E-LOCK). */
  check(): Promise<void>
  /** Lets go of it, and says whether that went well. Never rejects: it ends by itself. */
  release(): Promise<boolean>
}

/** What taking a lease needs beside the inventory. */
export interface LeaseOptions {
  /** How long to wait for another run, in milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly emit: (event: LockEvent) => void
  /** Who takes it, for people; made unique here. */
  readonly who: string
  readonly clock?: Clock
  /** Whether the set has no inventory yet. */
  readonly isFirst?: boolean
}

const ABSENT: Pick<ApiResponse, 'status' | 'body'> = { status: 404, body: null }

/** How requests about leases are made. */
type LeaseApi = Pick<WriteSession, 'get' | 'create' | 'replace' | 'apply'>

/**
 * Takes the lease of an inventory, as client-go's leader election does: by a write that fails if anybody else has written
 * meanwhile. One that is held is waited for, and taken over once it has not changed for as long as it holds, by the clock of
 * this machine; nobody's dates are compared. Raises E-LOCK when the patience is over, or where leases cannot be written.
 */
export async function acquireLease(inventory: Inventory, api: LeaseApi, options: LeaseOptions): Promise<Lease> {
  const { signal, timeout, emit, clock = CLOCK } = options
  const holder = `${options.who} ${randomUUID()}`
  const started = clock.steady()
  let seen: { version: string; since: number } | undefined
  let loggedHolder = ''
  for (;;) {
    signal.throwIfAborted()
    const asked = clock.steady()
    // Of the first run of a set there is most likely none.
    const isGuessed = options.isFirst && seen === undefined
    const current = isGuessed ? ABSENT : await api.get(pathToLease(inventory))
    const other = holderOf(current.body)
    if (current.status !== 200 && current.status !== 404) throw lockUnavailable(inventory, current)
    if (current.status === 200 && !isFairleadLease(current.body)) throw foreignLease(inventory)
    const version = stringField(current.body, 'metadata', 'resourceVersion') ?? ''
    if (seen?.version !== version) seen = { version, since: asked }
    const isOver = clock.steady() - seen.since > durationOf(current.body) + CLOCK_SKEW_MS
    if (current.status === 404 || other === '' || isOver) {
      const since = { steady: clock.steady(), wall: clock.wall() }
      const taken = await take(inventory, current, holder, api)
      if (taken !== undefined) {
        if (other !== '' && current.status === 200) emit({ type: 'lock-taken-over', holder: other })
        const isWaitedFor = loggedHolder !== '' || other !== ''
        return { ...holdLease({ inventory, holder, api, clock }, taken, since), isWaitedFor }
      }
    }
    if (clock.steady() - started > timeout) throw lockTimedOut(inventory, other, timeout)
    if (other !== '' && loggedHolder !== other) emit({ type: 'lock-wait', holder: other })
    loggedHolder = other
    await clock.sleep(POLL_INTERVAL_MS * (0.5 + Math.random()), signal)
  }
}

/** Writes a lease as ours over what was read; undefined where somebody was faster. */
async function take(
  inventory: Inventory,
  current: Pick<ApiResponse, 'status' | 'body'>,
  holder: string,
  api: LeaseApi,
): Promise<Json | undefined> {
  const spec = leaseSpec(holder, leaseTransitions(current.body) + 1)
  const create = () => api.create(pathToLease(inventory), newLease(inventory, spec), INVENTORY_MANAGER)
  let answer: ApiResponse
  if (current.status === 404) {
    answer = await create()
    if (answer.status === 404 && stringField(answer.body, 'details', 'kind') === 'namespaces') {
      const made = await createNamespace(inventory, api)
      if (made.status >= 300) throw lockUnavailable(inventory, made)
      answer = await create()
    }
  } else answer = await api.replace(pathToLease(inventory), withSpec(current.body, spec))
  if (answer.status < 300) return answer.body
  if (answer.status !== 409) throw lockUnavailable(inventory, answer)
  // Our own write may be what we meet, where the connection broke before its answer.
  const now = await api.get(pathToLease(inventory))
  return holderOf(now.body) === holder ? now.body : undefined
}

/** What holding a lease needs. */
interface HeldLease {
  readonly inventory: Inventory
  readonly holder: string
  readonly api: LeaseApi
  readonly clock: Clock
}

/** When something was begun, by two clocks. */
interface ClockReading {
  readonly steady: number
  readonly wall: number
}

/** Keeps a lease that was taken: renews it now and then, until it is released or lost. */
function holdLease(held: HeldLease, taken: Json, since: ClockReading): Omit<Lease, 'isWaitedFor'> {
  const { inventory, holder, api, clock } = held
  const lost = new AbortController()
  const end = new AbortController()
  let current = taken
  let renewed = since
  let renewing: Promise<void> | undefined
  const lose = (reason: string, why: string) => {
    end.abort()
    lost.abort(lockLost(inventory, reason, why))
  }
  /** The longer of what two clocks say: one of them may stand still, or be set. */
  const age = () => Math.max(clock.steady() - renewed.steady, clock.wall() - renewed.wall)
  const renew = () => {
    const begun = { steady: clock.steady(), wall: clock.wall() }
    renewing ??= renewal(held, current)
      .then((result) => {
        if ('lost' in result) return lose(result.reason, result.lost)
        current = result.lease
        renewed = begun
      })
      .finally(() => {
        renewing = undefined
      })
    return renewing
  }
  const keep = async () => {
    while (!end.signal.aborted) {
      await clock.sleep(RENEW_INTERVAL_MS, end.signal)
      await renew().catch((error: unknown) => {
        // A failure is tried again, as long as nobody else may have it.
        const seconds = Math.round(age() / 1000)
        if (age() > GIVE_UP_AFTER_MS)
          lose('LockNotRenewed', `it could not be renewed for ${seconds} s: ${diagnosticsOf(error)[0]?.message}`)
      })
    }
  }
  keep().catch(() => {}) // the end of the sleep
  return {
    holder,
    count: leaseTransitions(taken),
    lost: lost.signal,
    check: async () => {
      lost.signal.throwIfAborted()
      // Again, where the process stood still while it renewed.
      while (age() > MAX_AGE_FOR_WRITES_MS) {
        await renew().catch((error: unknown) =>
          lose('LockNotRenewed', `it could not be renewed in time: ${diagnosticsOf(error)[0]?.message}`),
        )
        lost.signal.throwIfAborted()
      }
    },
    release: async () => {
      end.abort()
      if (lost.signal.aborted) return true
      await renewing?.catch(() => {})
      const answer = await api.replace(pathToLease(inventory), releasedLease(current)).catch(() => undefined)
      if (answer !== undefined && answer.status < 300) return true
      return releaseLease(inventory, holder, api).then(
        () => true,
        () => false,
      )
    },
  }
}

/** Renews a lease once. Returns it as it is now, or why it is lost. Rejects where the server does not tell. */
async function renewal(
  { inventory, holder, api }: HeldLease,
  current: Json,
): Promise<{ readonly lease: Json } | { readonly reason: string; readonly lost: string }> {
  const spec = leaseSpec(holder, leaseTransitions(current))
  let answer = await api.replace(pathToLease(inventory), withSpec(current, spec))
  if (answer.status === 409) {
    const now = await api.get(pathToLease(inventory))
    if (now.status === 404) return LOCK_DELETED
    if (holderOf(now.body) !== holder)
      return { reason: 'LockTaken', lost: `${holderOf(now.body) || 'nobody'} has it now` }
    answer = await api.replace(pathToLease(inventory), withSpec(now.body, spec))
  }
  if (answer.status === 404) return LOCK_DELETED
  if (answer.status === 409) return { reason: 'LockModified', lost: 'somebody else writes it' }
  if (answer.status >= 300) throw lockUnavailable(inventory, answer)
  return { lease: answer.body }
}

const LOCK_DELETED = { reason: 'LockDeleted', lost: 'somebody has deleted it' }

/** Lets go of a lease that has that holder; nothing happens where it has another one. */
export async function releaseLease(
  inventory: Inventory,
  holder: string,
  api: Pick<WriteSession, 'get' | 'replace'>,
): Promise<void> {
  const current = await api.get(pathToLease(inventory))
  if (current.status === 200 && holderOf(current.body) === holder)
    await api.replace(pathToLease(inventory), releasedLease(current.body))
}

/** Admits the writes that taking, renewing and releasing a lease needs, and no others. */
export function leaseWriteCheck(inventory: Inventory): WriteCheck {
  const paths = [pathToLease(inventory), namespacePath(inventory)]
  return async (path) => {
    if (!paths.includes(path)) throw new Error(`a write that is not about the lock: ${path}`)
  }
}

function leaseName({ namespace, name }: Inventory): string {
  return formatId({ group: 'coordination.k8s.io', kind: 'Lease', namespace, name })
}

function lockTimedOut(inventory: Inventory, other: string, timeout: number): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason: 'LockTimeout',
    message: `Another run holds the lock of this set, and did not let go of it for ${Math.round(timeout / 1000)} s: ${other}.`,
    object: leaseName(inventory),
    hint: hint`Look whether that run goes on. A run that is gone loses the lock by itself after half a minute; ${option('lock-timeout')} says how long to wait.`,
  })
}

function foreignLease(inventory: Inventory): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason: 'NotALock',
    message: `There is such a Lease already, and it is not Fairlead’s: it lacks the label \`app.kubernetes.io/managed-by: fairlead\`.`,
    object: leaseName(inventory),
    hint: hint`Give the set another name with ${option('name')}, or another namespace with ${option('inventory-namespace')}.`,
  })
}

function lockLost(inventory: Inventory, reason: string, why: string): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason,
    message: `This run has lost the lock of its set, and writes nothing any more: ${why}.`,
    object: leaseName(inventory),
    hint: 'The run that has it now brings the cluster to where it belongs; else run again.',
  })
}

function lockUnavailable(inventory: Inventory, answer: Pick<ApiResponse, 'status' | 'body'>): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason: 'LockUnavailable',
    message: `The lock of this set cannot be had, without which two runs could write at once: ${statusMessage(answer)}`,
    object: leaseName(inventory),
    hint: permissionHint(inventory),
  })
}
