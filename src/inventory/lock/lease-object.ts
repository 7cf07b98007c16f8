import { field, type Json, type JsonObject, stringField } from '../../json.ts'
import { type Inventory, MANAGED_LABELS } from '../../object/inventory.ts'

/** How long a lease is valid without renewal. After that, another run may take it over. */
export const LEASE_DURATION_MS = 30_000

/** The holder of a lease; empty if it has none. */
export function holderOf(lease: Json): string {
  return stringField(lease, 'spec', 'holderIdentity') ?? ''
}

/** The duration of a lease by its own specification, in milliseconds. */
export function durationOf(lease: Json): number {
  const seconds = field(lease, 'spec', 'leaseDurationSeconds')
  return typeof seconds === 'number' ? seconds * 1_000 : LEASE_DURATION_MS
}

/** The specification of a lease that is acquired, renewed or, with an empty holder, released. */
export function leaseSpec(holder: string, count: number): JsonObject {
  const now = new Date().toISOString().replace('Z', '000Z') // informative only: no run compares it
  return {
    holderIdentity: holder,
    leaseDurationSeconds: LEASE_DURATION_MS / 1_000,
    leaseTransitions: count,
    renewTime: now,
  }
}

/** A new lease of an inventory. */
export function newLease({ namespace, name }: Inventory, spec: JsonObject): JsonObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name, labels: MANAGED_LABELS },
    spec,
  }
}

/** A lease with fields of its specification replaced, and with the resourceVersion that was read. */
export function withSpec(lease: Json, spec: JsonObject): Json {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: field(lease, 'metadata') ?? {},
    spec: { ...Object(field(lease, 'spec')), ...spec },
  }
}

/** The API path of an inventory's lease. */
export function pathToLease({ namespace, name }: Inventory): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`
}

/** Whether a lease has Fairlead's labels. */
export function isFairleadLease(lease: Json): boolean {
  return Object.entries(MANAGED_LABELS).every(
    ([name, value]) => stringField(lease, 'metadata', 'labels', name) === value,
  )
}

/** How often a lease has been acquired. */
export function leaseTransitions(lease: Json): number {
  const count = field(lease, 'spec', 'leaseTransitions')
  return typeof count === 'number' ? count : 0
}

/** A lease without its holder. */
export function releasedLease(lease: Json): Json {
  return withSpec(lease, leaseSpec('', leaseTransitions(lease)))
}
