import type { InventoryConfig } from '../inventory/default-name.ts'
import type { AllowedTargets } from '../object/allowed-targets.ts'
import type { PrunePolicy } from '../plan/prune-policy.ts'
import type { Scope } from '../render/scope.ts'

/** One set: the objects of some paths, applied and pruned together. */
export interface SetConfig {
  readonly scope: Scope
  readonly inventory: InventoryConfig
  readonly policy: SetPolicy
}

/** What a run does with a set, and what it may do. */
export interface SetPolicy {
  /** Whether it applies, or only reports what it would change. */
  readonly mode: 'apply' | 'plan'
  /** The digest of the reviewed plan, which alone may be applied; absent if any plan may be. */
  readonly planDigest?: string
  /** Whether fields that other field managers own are taken over; otherwise such a conflict fails the run. */
  readonly forceConflicts: boolean
  /** The maximum number of concurrent kubectl processes; absent if the run chooses. */
  readonly parallelism?: number
  readonly prune: PrunePolicy
  /** Whether a commit that does not descend from the last applied one may be applied. */
  readonly allowRollback: boolean
  /** Inventories whose objects may be adopted, each as `NAMESPACE/NAME` or as the value of its members' label. */
  readonly adoptFrom: readonly string[]
  readonly allowed: AllowedTargets
  /** Whether a run waits at its end until everything that it applied is ready. */
  readonly wait: boolean
  /** How long to wait until an object is ready or deleted. */
  readonly timeoutMs: number
  /** How long to wait for another run of the same set. */
  readonly lockTimeoutMs: number
}
