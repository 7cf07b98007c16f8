import type { ErrorCode, Location } from '../diagnostics.ts'
import type { FieldDiff } from '../plan/diff.ts'
import type { DriftAuthor, FieldTakeover } from '../plan/object-plan.ts'
import type { Counts, PruneCounts, PruneWord, ResultWord } from './results.ts'

/** The version of the report's form; a change that readers have to know of is another number. */
export const REPORT_SCHEMA = 2

/** The result of a run or of a set in one word. */
export type RunResult = 'unchanged' | 'changed' | 'planned' | 'failed'

/** A run as one serialisable value: what it found and did, up to its end. */
export interface RunReport {
  readonly schema: typeof REPORT_SCHEMA
  readonly result: RunResult
  /** The run in one sentence. */
  readonly summary: string
  /** The repository as the user names it. */
  readonly repository: string | null
  /** The path of the repository's root in the workflow's workspace; null if it is outside. */
  readonly workspacePath: string | null
  readonly commit: string | null
  /** The context of the kubeconfig. */
  readonly context: string | null
  /** Diagnostics of the run as a whole, such as a repository that cannot be fetched. */
  readonly diagnostics: readonly DiagnosticReport[]
  readonly sets: readonly SetReport[]
}

/** One set of a run. */
export interface SetReport {
  /** The name of its inventory. */
  readonly namespace: string
  readonly name: string
  readonly result: RunResult
  /** The set in one sentence. */
  readonly summary: string
  /** Whether the set was applied, or only planned. */
  readonly mode: 'apply' | 'plan'
  /** Empty for a plan without a digest; null without a plan. */
  readonly planDigest: string | null
  /** The number of objects with each result. */
  readonly counts: Counts
  /** The objects that are not unchanged. */
  readonly objects: readonly ObjectReport[]
  /** The number of objects removed from Git with each result. */
  readonly pruneCounts: PruneCounts
  /** The objects that were removed from Git. */
  readonly removed: readonly RemovedObjectReport[]
  /** The objects that the run waited for and that are not ready. */
  readonly notReady: readonly UnreadyObjectReport[]
  /** Whether everything became ready; null if the run did not wait, or not to the end. */
  readonly isReady: boolean | null
  /** Files below the set's paths that are not manifests. */
  readonly skippedFiles: readonly { readonly location: Location; readonly message: string }[]
  /** The number of objects that were dry-run for the plan. */
  readonly dryRuns: number
  /** The number of processes and objects of each `kubectl apply`. */
  readonly kubectlRuns: readonly { readonly objects: number; readonly processes: number }[]
  readonly order: OrderReport | null
  readonly diagnostics: readonly DiagnosticReport[]
}

/** An error, which fails a run, or a warning. */
export interface DiagnosticReport {
  readonly severity: 'error' | 'warning'
  /** The class of an error; null for a warning. */
  readonly code: ErrorCode | null
  /** The reason as a CamelCase word, which is stable when the message changes. */
  readonly reason: string | null
  readonly message: string
  /** The object, such as `Deployment web/web`. */
  readonly object: string | null
  readonly location: Location | null
  /** The other location of a clash. */
  readonly relatedLocation: Location | null
  readonly hint: string | null
}

/** An object's ID, and its name in messages. */
export interface ObjectIdReport {
  readonly object: string
  readonly group: string
  readonly kind: string
  /** Empty for a cluster-scoped object. */
  readonly namespace: string
  readonly name: string
}

/** An object of the set, with its plan and result. */
export interface ObjectReport extends ObjectIdReport {
  readonly apiVersion: string
  readonly result: ResultWord
  readonly location: Location
  /** The reason of the result as a CamelCase word. */
  readonly reason: string | null
  /** Details of the result. */
  readonly message: string | null
  /** Who checked the change; null if there was none. */
  readonly checkedBy: string | null
  readonly uncheckedBecause: string | null
  readonly diffs: readonly FieldDiff[]
  readonly fieldTakeovers: readonly FieldTakeover[]
  readonly driftAuthors: readonly DriftAuthor[]
  readonly unmanagedFields: readonly string[]
}

/** An object that was removed from Git. */
export interface RemovedObjectReport extends ObjectIdReport {
  readonly result: PruneWord
  /** The reason as a CamelCase word. */
  readonly reason: string | null
  readonly message: string | null
}

/** An object that is not ready. */
export interface UnreadyObjectReport extends ObjectIdReport {
  readonly status: string
  readonly message: string
}

/** The order in which objects are applied, and why. */
export interface OrderReport {
  /** The kinds in order of first appearance, with their numbers of objects. */
  readonly kinds: string
  /** The position of the first objects in the order, with the reasons. */
  readonly objects: readonly { readonly object: string; readonly reasons: readonly string[] }[]
  readonly total: number
  /** Dependencies that were dropped because others contradict them. */
  readonly dropped: readonly { readonly reason: string; readonly because: readonly string[] }[]
  /** The graph, if it is small enough for a diagram. */
  readonly diagram: Diagram | null
}

/** A graph as a diagram, with a node for each object, kind or namespace. */
export interface Diagram {
  readonly by: string
  readonly nodes: readonly DiagramNode[]
  readonly arrows: readonly DiagramArrow[]
}

/** A node of a diagram, and the namespace whose frame it is in. */
export interface DiagramNode {
  readonly key: string
  readonly label: string
  readonly frame: string
  /** Whether it is a join node. */
  readonly isJoin: boolean
}

/** An arrow of a diagram, for one or several edges. */
export interface DiagramArrow {
  readonly from: string
  readonly to: string
  readonly strength: 'hard' | 'explicit' | 'soft'
  readonly count: number
}

/** Returns all errors, or all warnings, of a run and its sets. */
export function diagnosticsWith(
  { diagnostics, sets }: RunReport,
  severity: DiagnosticReport['severity'],
): DiagnosticReport[] {
  return [...diagnostics, ...sets.flatMap((set) => set.diagnostics)].filter((each) => each.severity === severity)
}
