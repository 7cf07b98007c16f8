import type { ApplyEvent } from '../apply/apply-event.ts'
import type { ApplyResult } from '../apply/apply-result.ts'
import type { Diagnostic, Warning } from '../diagnostics.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import type { InventoryConfig } from '../inventory/default-name.ts'
import type { LockEvent } from '../inventory/lock/lock-event.ts'
import type { SkippedFile } from '../manifests/skipped-file.ts'
import type { Plan } from '../plan/plan.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'
import type { PruneEvent } from '../prune/prune-event.ts'
import type { SourceEvent } from '../source/source-event.ts'
import type { UnreadyObject } from '../wait/unready-object.ts'
import type { WaitEvent } from '../wait/wait-event.ts'

/** The phases of a run, in the order in which they follow each other. */
export const PHASES = ['fetch', 'read', 'connect', 'sort', 'observe', 'plan', 'lock', 'apply', 'prune', 'wait'] as const

/** A phase of a run. */
export type Phase = (typeof PHASES)[number]

/** What happens in the engine itself. */
export type EngineEvent =
  | { readonly type: 'phase-started' | 'phase-finished'; readonly phase: Phase }
  /** `workspacePath` is the path of the repository's root in the caller's workspace, if it is in there. */
  | { readonly type: 'repository'; readonly repository: string; readonly workspacePath?: string | undefined }
  /** Emitted first for each set. */
  | { readonly type: 'set-started'; readonly mode: 'apply' | 'plan' }
  /** The commit that is read; undefined for a folder that is not a repository. */
  | { readonly type: 'commit'; readonly commit: string | undefined }
  | { readonly type: 'manifests-read'; readonly objects: number; readonly skipped: readonly SkippedFile[] }
  | {
      readonly type: 'connected'
      readonly context: string
      readonly serverVersion: string
      readonly kubectlVersion: string
    }
  | { readonly type: 'sorted'; readonly order: ApplyOrder }
  /** The number of objects that are dry-run, out of all; the others are known to be unchanged. */
  | { readonly type: 'dry-run'; readonly objects: number; readonly total: number }
  /** The digest is empty for a plan that has none. */
  | { readonly type: 'planned'; readonly plan: Plan; readonly digest: string; readonly mode: 'apply' | 'plan' }
  /** Another run wrote the inventory since the plan was made, so it is made again. */
  | { readonly type: 'replan' }
  | { readonly type: 'rollback'; readonly from: string; readonly to: string }
  /** The result of each object, once for each set. */
  | { readonly type: 'results'; readonly results: readonly ApplyResult[] }
  | { readonly type: 'prune-results'; readonly decisions: readonly PruneDecision[] }
  /** The objects that are waited for and not ready, after each poll of the cluster. */
  | { readonly type: 'unready'; readonly objects: readonly UnreadyObject[] }
  /** The end of the wait for `total` objects; with `someDeleted`, a later run deleted some of them meanwhile. */
  | {
      readonly type: 'wait-finished'
      readonly total: number
      readonly unready: number
      readonly isReady: boolean
      readonly someDeleted: boolean
    }
  | { readonly type: 'warnings'; readonly warnings: readonly Warning[] }
  /** What stopped the run, or the set. */
  | { readonly type: 'failed'; readonly errors: readonly Diagnostic[] }

/** Everything that happens during a run, as it happens. */
export type RunEvent = EngineEvent | SourceEvent | LockEvent | ApplyEvent | PruneEvent | WaitEvent

/** Takes events; `set` names the set that an event is about, if it is about one. */
export type EmitRunEvent = (event: RunEvent, set?: InventoryConfig) => void

/** Takes the events of one set. */
export type Emit = (event: RunEvent) => void

/** Runs a phase between the events of its start and its end. */
export async function inPhase<T>(phase: Phase, emit: Emit, work: () => Promise<T> | T): Promise<T> {
  emit({ type: 'phase-started', phase })
  try {
    return await work()
  } finally {
    emit({ type: 'phase-finished', phase })
  }
}

/** Emits warnings, if there are any. */
export function warn(warnings: readonly Warning[], emit: Emit): void {
  if (warnings.length > 0) emit({ type: 'warnings', warnings })
}
