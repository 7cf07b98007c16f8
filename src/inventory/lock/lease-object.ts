import { field, type Json, type JsonObject, stringField } from '../../json.ts'
import { type Inventory, MANAGED_LABELS } from '../../object/inventory.ts'

/** How long a lease holds without being renewed, in milliseconds: another run may take it over then. */
export const LEASE_DURATION_MS = 30_000

/** Who holds a lease; empty where nobody does. */
export function holderOf(lease: Json): string {
  return stringField(lease, 'spec', 'holderIdentity') ?? ''
}

/** How long a lease holds, as it says itself, in milliseconds. */
export function durationOf(lease: Json): number {
  const seconds = field(lease, 'spec', 'leaseDurationSeconds')
  return typeof seconds === 'number' ? seconds * 1_000 : LEASE_DURATION_MS
}

/** What a lease says once it is taken, renewed, or, by an empty holder, released. */
export function leaseSpec(holder: string, count: number): JsonObject {
  const now = new Date().toISOString().replace('Z', '000Z') // for people: nobody decides by it
  return {
    holderIdentity: holder,
    leaseDurationSeconds: LEASE_DURATION_MS / 1_000,
    leaseTransitions: count,
    renewTime: now,
  }
}

/** A lease as it is made. */
export function newLease({ namespace, name }: Inventory, spec: JsonObject): JsonObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name, labels: MANAGED_LABELS },
    spec,
  }
}

/** A lease with another specification, in place of the version that it was read in. */
export function withSpec(lease: Json, spec: JsonObject): Json {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: field(lease, 'metadata') ?? {},
    spec: { ...Object(field(lease, 'spec')), ...spec },
  }
}

/** The path of an inventory's lease. */
export function pathToLease({ namespace, name }: Inventory): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`
}

/** Whether a lease is one of ours. */
export function isFairleadLease(lease: Json): boolean {
  return Object.entries(MANAGED_LABELS).every(
    ([name, value]) => stringField(lease, 'metadata', 'labels', name) === value,
  )
}

/** How often a lease has been taken. */
export function leaseTransitions(lease: Json): number {
  const count = field(lease, 'spec', 'leaseTransitions')
  return typeof count === 'number' ? count : 0
}

/** A lease that nobody holds any more. */
export function releasedLease(lease: Json): Json {
  return withSpec(lease, leaseSpec('', leaseTransitions(lease)))
}
