import type { InventoryConfig } from '../inventory/default-name.ts'
import type { Scope } from '../options/config.ts'
import type { Policy } from '../options/policy.ts'

/** What is reconciled as one set: which manifests, the inventory that says what is its own, and how far a run goes. */
export interface SetConfig {
  readonly scope: Scope
  readonly inventory: InventoryConfig
  readonly policy: Policy
}
