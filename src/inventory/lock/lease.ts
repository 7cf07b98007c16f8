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

/** The interval between renewals. */
const RENEW_INTERVAL_MS = LEASE_DURATION_MS / 6
/** The age of the last renewal up to which writes begin; the rest of the duration is for requests in progress. */
const MAX_AGE_FOR_WRITES_MS = LEASE_DURATION_MS / 2
/** The age of the last renewal at which the lease is given up, so that no request is in progress when it expires. */
const GIVE_UP_AFTER_MS = LEASE_DURATION_MS * 0.8
/** The average interval between reads of a lease that another run holds. */
const POLL_INTERVAL_MS = 1_000
/** An allowance for clocks that do not run equally fast. */
const CLOCK_SKEW_MS = 1_000

/** The right to write on behalf of an inventory, held by one run at a time. */
export interface Lease {
  /** The unique name of this run as the holder. */
  readonly holder: string
  /** How often it has been acquired so far, by any run. */
  readonly count: number
  /** Whether another run held it at first. */
  readonly isWaitedFor: boolean
  /** Aborts when the lease is lost; its reason is a `Failure` (E-LOCK). */
  readonly lost: AbortSignal
  /** Resolves while no other run can hold it, after a renewal if the last one is too old. Rejects if it is lost (E-LOCK). */
  check(): Promise<void>
  /** Releases it, and returns whether that succeeded. Never rejects, because the lease expires anyway. */
  release(): Promise<boolean>
}

/** What acquiring a lease needs beside the inventory. */
export interface LeaseOptions {
  /** How long to wait for another run, in milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly emit: (event: LockEvent) => void
  /** The name of this run for messages; a unique suffix is added. */
  readonly runName: string
  readonly clock?: Clock
  /** Whether the set has no inventory yet. */
  readonly isFirst?: boolean
}

const ABSENT: Pick<ApiResponse, 'status' | 'body'> = { status: 404, body: null }

/** The requests that a lease needs. */
type LeaseApi = Pick<WriteSession, 'get' | 'create' | 'replace' | 'apply'>

/**
 * Acquires the lease of an inventory as client-go's leader election does: by a write that fails if another client has written
 * it since. Waits for a lease that is held, and takes it over once it has not changed for its duration, by the clock of this
 * machine; no timestamps are compared. Raises E-LOCK when the timeout is over, or if leases cannot be written.
 */
export async function acquireLease(inventory: Inventory, api: LeaseApi, options: LeaseOptions): Promise<Lease> {
  const { signal, timeout, emit, clock = CLOCK } = options
  const holder = `${options.runName} ${randomUUID()}`
  const started = clock.steady()
  let seen: { version: string; since: number } | undefined
  let loggedHolder = ''
  for (;;) {
    signal.throwIfAborted()
    const requested = clock.steady()
    // A set without an inventory most likely has no lease, so creating it comes first.
    const isGuessed = options.isFirst && seen === undefined
    const current = isGuessed ? ABSENT : await api.get(pathToLease(inventory))
    const other = holderOf(current.body)
    if (current.status !== 200 && current.status !== 404) throw lockUnavailable(inventory, current)
    if (current.status === 200 && !isFairleadLease(current.body)) throw foreignLease(inventory)
    const version = stringField(current.body, 'metadata', 'resourceVersion') ?? ''
    if (seen?.version !== version) seen = { version, since: requested }
    const isExpired = clock.steady() - seen.since > durationOf(current.body) + CLOCK_SKEW_MS
    if (current.status === 404 || other === '' || isExpired) {
      const since = { steady: clock.steady(), wall: clock.wall() }
      const acquired = await tryAcquire(inventory, current, holder, api)
      if (acquired !== undefined) {
        if (other !== '' && current.status === 200) emit({ type: 'lock-taken-over', holder: other })
        const isWaitedFor = loggedHolder !== '' || other !== ''
        return { ...holdLease({ inventory, holder, api, clock }, acquired, since), isWaitedFor }
      }
    }
    if (clock.steady() - started > timeout) throw lockTimedOut(inventory, other, timeout)
    if (other !== '' && loggedHolder !== other) emit({ type: 'lock-wait', holder: other })
    loggedHolder = other
    await clock.sleep(POLL_INTERVAL_MS * (0.5 + Math.random()), signal)
  }
}

/** Writes a lease with this run as its holder over the one that was read; undefined if another client was faster. */
async function tryAcquire(
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
      const created = await createNamespace(inventory, api)
      if (created.status >= 300) throw lockUnavailable(inventory, created)
      answer = await create()
    }
  } else answer = await api.replace(pathToLease(inventory), withSpec(current.body, spec))
  if (answer.status < 300) return answer.body
  if (answer.status !== 409) throw lockUnavailable(inventory, answer)
  // If the connection broke before the response, the conflict may be with our own write.
  const now = await api.get(pathToLease(inventory))
  return holderOf(now.body) === holder ? now.body : undefined
}

/** A lease that was acquired, and what renewing it needs. */
interface HeldLease {
  readonly inventory: Inventory
  readonly holder: string
  readonly api: LeaseApi
  readonly clock: Clock
}

/** The time by two clocks, in milliseconds. */
interface ClockReading {
  readonly steady: number
  readonly wall: number
}

/** Holds a lease that was acquired: renews it at intervals until it is released or lost. */
function holdLease(held: HeldLease, acquired: Json, since: ClockReading): Omit<Lease, 'isWaitedFor'> {
  const { inventory, holder, api, clock } = held
  const lost = new AbortController()
  const end = new AbortController()
  let current = acquired
  let renewed = since
  let renewing: Promise<void> | undefined
  const lose = (reason: string, why: string) => {
    end.abort()
    lost.abort(lockLost(inventory, reason, why))
  }
  /** The longer time by the two clocks, because one may stand still or be set. */
  const age = () => Math.max(clock.steady() - renewed.steady, clock.wall() - renewed.wall)
  const renew = () => {
    const startedAt = { steady: clock.steady(), wall: clock.wall() }
    renewing ??= renewal(held, current)
      .then((result) => {
        if ('lost' in result) return lose(result.reason, result.lost)
        current = result.lease
        renewed = startedAt
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
        // A failed renewal is retried as long as no other run may take the lease over.
        const seconds = Math.round(age() / 1000)
        if (age() > GIVE_UP_AFTER_MS)
          lose('LockNotRenewed', `it could not be renewed for ${seconds} s: ${diagnosticsOf(error)[0]?.message}`)
      })
    }
  }
  keep().catch(() => {}) // the sleep was aborted
  return {
    holder,
    count: leaseTransitions(acquired),
    lost: lost.signal,
    check: async () => {
      lost.signal.throwIfAborted()
      // Again, if the process was suspended during the renewal.
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

/** Renews a lease once. Returns the renewed lease, or why it is lost. Raises E-LOCK if the server rejects the request. */
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
      return {
        reason: 'LockTaken',
        lost: holderOf(now.body) === '' ? 'it was released' : `${holderOf(now.body)} holds it now`,
      }
    answer = await api.replace(pathToLease(inventory), withSpec(now.body, spec))
  }
  if (answer.status === 404) return LOCK_DELETED
  if (answer.status === 409) return { reason: 'LockModified', lost: 'another client modified it' }
  if (answer.status >= 300) throw lockUnavailable(inventory, answer)
  return { lease: answer.body }
}

const LOCK_DELETED = { reason: 'LockDeleted', lost: 'it was deleted' }

/** Releases a lease if it has a given holder. */
export async function releaseLease(
  inventory: Inventory,
  holder: string,
  api: Pick<WriteSession, 'get' | 'replace'>,
): Promise<void> {
  const current = await api.get(pathToLease(inventory))
  if (current.status === 200 && holderOf(current.body) === holder)
    await api.replace(pathToLease(inventory), releasedLease(current.body))
}

/** Allows only the writes that acquiring, renewing and releasing a lease needs. */
export function leaseWriteCheck(inventory: Inventory): WriteCheck {
  const paths = [pathToLease(inventory), namespacePath(inventory)]
  return async (path) => {
    if (!paths.includes(path)) throw new Error(`not a write of the lock: ${path}`)
  }
}

function leaseName({ namespace, name }: Inventory): string {
  return formatId({ group: 'coordination.k8s.io', kind: 'Lease', namespace, name })
}

function lockTimedOut(inventory: Inventory, other: string, timeout: number): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason: 'LockTimeout',
    message: `Another run holds the lock of this set, and did not release it within ${Math.round(timeout / 1000)} s: ${other}.`,
    object: leaseName(inventory),
    hint: hint`Check whether that run is still active, or wait longer with ${option('lock-timeout')}. The lock of a run that has ended expires after half a minute.`,
  })
}

function foreignLease(inventory: Inventory): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason: 'NotALock',
    message: `This Lease exists already, and is not Fairlead’s: it lacks the label \`app.kubernetes.io/managed-by: fairlead\`.`,
    object: leaseName(inventory),
    hint: hint`Set another name for the inventory with ${option('name')}, or another namespace with ${option('inventory-namespace')}.`,
  })
}

function lockLost(inventory: Inventory, reason: string, why: string): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason,
    message: `This run lost the lock of its set, and has stopped writing: ${why}.`,
    object: leaseName(inventory),
    hint: 'If another run holds the lock, that run reconciles the set. Otherwise, run again.',
  })
}

function lockUnavailable(inventory: Inventory, answer: Pick<ApiResponse, 'status' | 'body'>): Failure {
  return new Failure({
    code: 'E-LOCK',
    reason: 'LockUnavailable',
    message: `The lock of this set cannot be acquired, and without it two runs could write at once: ${statusMessage(answer)}`,
    object: leaseName(inventory),
    hint: permissionHint(inventory),
  })
}
