import type { Hint } from './hint.ts'

/** The classes of errors; docs/reference/errors.md explains them. */
export type ErrorCode =
  | 'E-INPUT'
  | 'E-SOURCE'
  | 'E-GUARD'
  | 'E-GIT-AUTH'
  | 'E-GIT-REF'
  | 'E-GIT-NET'
  | 'E-PARSE'
  | 'E-OBJECT'
  | 'E-DUP'
  | 'E-ORDER'
  | 'E-APPLY'
  | 'E-CONFLICT'
  | 'E-HEALTH'
  | 'E-PRUNE'
  | 'E-LOCK'
  | 'E-KUBE-AUTH'
  | 'E-KUBE-NET'
  | 'E-DISCOVERY'
  | 'E-CANCEL'
  | 'E-INTERNAL'

/** A location in the repository: a path from its root, and the line and column (from 1) if they are known. */
export interface Location {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** Formats a location as FILE:LINE, with the column if it is not the first one; the empty string for undefined. */
export function formatLocation(location: Location | undefined): string {
  const { file = '', line, column = 1 } = location ?? {}
  return [file, ...(line === undefined ? [] : [line]), ...(column === 1 ? [] : [column])].join(':')
}

/** An error: what happened, where, and what to do next. */
export interface Diagnostic {
  readonly code: ErrorCode
  /** Why, as a CamelCase word for programs, as in conditions. It stays the same when the message changes. */
  readonly reason?: string
  readonly message: string
  readonly location?: Location
  /** The other location of a conflict, such as that of the first of two duplicates. */
  readonly relatedLocation?: Location
  /** The object, as `formatId` writes it. */
  readonly object?: string
  /** What to do next. */
  readonly hint?: Hint
}

/** A diagnostic that does not fail a run. */
export type Warning = Omit<Diagnostic, 'code'>

/** Returns the message of a diagnostic, with the related location if there is one. */
export function formatMessage(diagnostic: {
  readonly message: string
  readonly relatedLocation?: Location | null | undefined
}): string {
  const { message, relatedLocation } = diagnostic
  if (relatedLocation == null) return message
  return `${message.replace(/\.$/, '')}; the other one is in ${formatLocation(relatedLocation)}.`
}

/** Raised when a run cannot continue. Carries every problem found so far, so that one run reports them all. */
export class Failure extends Error {
  readonly problems: readonly Diagnostic[]

  constructor(...problems: [Diagnostic, ...Diagnostic[]]) {
    super(problems.map(formatMessage).join('\n'))
    this.name = 'Failure'
    this.problems = problems
  }
}

/** The maximum number of problems that one failure lists; the rest are counted. */
const MAX_PROBLEMS = 1_000

/** Raises a `Failure` with all collected problems, if there are any. */
export function throwIfAny(problems: readonly Diagnostic[]): void {
  const [first, ...rest] = problems.slice(0, MAX_PROBLEMS)
  const more = problems.length - MAX_PROBLEMS
  if (first === undefined) return
  if (more > 0) rest.push({ code: first.code, message: `There are ${more} more problems.`, reason: 'MoreProblems' })
  throw new Failure(first, ...rest)
}

/** Returns the problems of a thrown value. Anything but a `Failure` is a bug in Fairlead (E-INTERNAL). */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof Failure) return error.problems
  const message = error instanceof Error ? error.message : String(error)
  const hint = 'This is a bug in Fairlead. Report it with this log.'
  return [{ code: 'E-INTERNAL', reason: 'InternalError', message, hint }]
}

/** Whether the cluster cannot be reached, or rejects the credentials. */
export function isConnectionLost(problem: Diagnostic): boolean {
  return problem.code === 'E-KUBE-AUTH' || problem.code === 'E-KUBE-NET'
}
