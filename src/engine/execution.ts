import type { ExternalDependencies } from '../apply/external-dependencies.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import type { StoredInventory } from '../inventory/store.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { Plan, PlanInput } from '../plan/plan.ts'
import type { SourceTree } from '../source/source-tree.ts'
import type { StatusReader } from '../wait/status-reader.ts'
import type { Config } from './config.ts'
import type { SetContext } from './run-context.ts'
import type { SetConfig } from './set-config.ts'

/** A set with its plan, and the inventory that the plan was made from. */
export interface PlannedSet {
  readonly stored: StoredInventory
  readonly input: PlanInput
  readonly plan: Plan
}

/** What executing a plan needs beside it. */
export interface Execution extends SetContext {
  readonly set: SetConfig
  readonly order: ApplyOrder
  readonly externalDependencies: ExternalDependencies
  readonly source: SourceTree
  readonly cluster: Cluster
  readonly config: Config
  readonly statusReader: StatusReader
}
