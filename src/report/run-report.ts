import type { ErrorCode, Location } from '../diagnostics.ts'
import type { FieldDiff } from '../plan/diff.ts'
import type { DriftAuthor, FieldTakeover } from '../plan/object-plan.ts'
import type { Counts, PruneCounts, PruneWord, ResultWord } from './results.ts'

/** The version of the report's form; a change that readers have to know of is another number. */
export const REPORT_SCHEMA = 2

/** The result of a run or of a set in one word. */
export type RunResult = 'unchanged' | 'changed' | 'planned' | 'failed'

/** A run in one value that can be serialised: what it found out and did, as far as it came. */
export interface RunReport {
  readonly schema: typeof REPORT_SCHEMA
  readonly result: RunResult
  /** The run in one sentence. */
  readonly summary: string
  /** The repository as the user names it. */
  readonly repository: string | null
  /** Where the root of the repository lies in the workspace of the workflow; null where it lies elsewhere. */
  readonly workspacePath: string | null
  readonly commit: string | null
  /** The context of the kubeconfig. */
  readonly context: string | null
  /** What concerns the run as a whole, such as a repository that cannot be fetched. */
  readonly diagnostics: readonly DiagnosticReport[]
  readonly sets: readonly SetReport[]
}

/** One set of a run. */
export interface SetReport {
  /** Of its inventory. */
  readonly namespace: string
  readonly name: string
  readonly result: RunResult
  /** The set in one sentence. */
  readonly summary: string
  /** Whether the set was applied, or only planned. */
  readonly mode: 'apply' | 'plan'
  /** Empty for a plan that has no digest, null as long as there is no plan. */
  readonly planDigest: string | null
  /** How many objects have which result. */
  readonly counts: Counts
  /** The objects that are not unchanged. */
  readonly objects: readonly ObjectReport[]
  /** How many of the objects that were removed from Git have which result. */
  readonly pruneCounts: PruneCounts
  /** The objects that were removed from Git. */
  readonly removed: readonly RemovedObjectReport[]
  /** The objects that were waited for and are not ready. */
  readonly notReady: readonly UnreadyObjectReport[]
  /** Whether everything became ready; null where nothing was waited for to the end. */
  readonly isReady: boolean | null
  /** Files below the paths of the set that hold no manifest. */
  readonly skippedFiles: readonly { readonly location: Location; readonly message: string }[]
  /** How many objects were dry-run for the plan. */
  readonly dryRuns: number
  /** For each time `kubectl apply` was started, in how many processes it applied how many objects. */
  readonly kubectlRuns: readonly { readonly objects: number; readonly processes: number }[]
  readonly order: OrderReport | null
  readonly diagnostics: readonly DiagnosticReport[]
}

/** An error, which fails a run, or a warning. */
export interface DiagnosticReport {
  readonly severity: 'error' | 'warning'
  /** The class of an error; null for a warning. */
  readonly code: ErrorCode | null
  /** Why, in one CamelCase word that stays when the message changes. */
  readonly reason: string | null
  readonly message: string
  /** The object, such as `Deployment web/web`. */
  readonly object: string | null
  readonly location: Location | null
  /** The other location, where two things clash. */
  readonly relatedLocation: Location | null
  readonly hint: string | null
}

/** An object's identity, and the name by which messages call it. */
export interface ObjectIdReport {
  readonly object: string
  readonly group: string
  readonly kind: string
  /** Empty for a cluster-scoped object. */
  readonly namespace: string
  readonly name: string
}

/** An object of the set: what was planned, and what became of it. */
export interface ObjectReport extends ObjectIdReport {
  readonly apiVersion: string
  readonly result: ResultWord
  readonly location: Location
  /** More about the result, in one CamelCase word. */
  readonly reason: string | null
  /** More about the result. */
  readonly message: string | null
  /** Who checked the change; null where there was nothing to check. */
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
  /** Why, in one CamelCase word. */
  readonly reason: string | null
  readonly message: string | null
}

/** An object that is not ready. */
export interface UnreadyObjectReport extends ObjectIdReport {
  readonly status: string
  readonly message: string
}

/** In which order the objects are applied, and why. */
export interface OrderReport {
  /** The kinds in order of first appearance, each with its number of objects. */
  readonly kinds: string
  /** The reasons for the place of each object, of the first objects only. */
  readonly objects: readonly { readonly object: string; readonly reasons: readonly string[] }[]
  readonly total: number
  /** Dependencies that could not be kept, because others contradict them. */
  readonly dropped: readonly { readonly reason: string; readonly because: readonly string[] }[]
  /** The graph, where it is small enough to be drawn. */
  readonly diagram: Diagram | null
}

/** A graph to be drawn: object by object, or with the objects of a kind or of a namespace as one node. */
export interface Diagram {
  readonly by: string
  readonly nodes: readonly DiagramNode[]
  readonly arrows: readonly DiagramArrow[]
}

/** A node of a diagram, and the namespace whose frame it stands in. */
export interface DiagramNode {
  readonly key: string
  readonly label: string
  readonly frame: string
  /** Whether it stands for no object, but joins many with many. */
  readonly isJoin: boolean
}

/** An arrow of a diagram, which stands for one edge or several. */
export interface DiagramArrow {
  readonly from: string
  readonly to: string
  readonly strength: 'hard' | 'explicit' | 'soft'
  readonly count: number
}
