import type { Hint } from './hint.ts'
/** The classes of failure a user can meet; each names the room whose promise could not be kept. */
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

/** A place in the repository: a path from its root, with a line and a column (from 1) where they are known. */
export interface Location {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** A place as people and editors write it: FILE:LINE, with a column where it is not the first one. */
export function placeOf(location: Location | undefined): string {
  const { file = '', line, column = 1 } = location ?? {}
  return [file, ...(line === undefined ? [] : [line]), ...(column === 1 ? [] : [column])].join(':')
}

/** One thing that went wrong: what happened, where, and what to do next. */
export interface Diagnostic {
  readonly code: ErrorCode
  /** Why, in one CamelCase word for programs, as in the conditions of Kubernetes: it stays when the message changes. */
  readonly reason?: string
  readonly message: string
  readonly location?: Location
  /** The other place, where two things clash. */
  readonly relatedLocation?: Location
  /** The Kubernetes object it is about, as `formatId` writes it. */
  readonly object?: string
  /** What the reader can do about it. */
  readonly hint?: Hint
}

/** Something that a run can go on with, and that its reader should know. */
export type Warning = Omit<Diagnostic, 'code'>

/** What happened, as a sentence or more, with the other location where two things clash. */
export function formatMessage(diagnostic: {
  readonly message: string
  readonly relatedLocation?: Location | null | undefined
}): string {
  const { message, relatedLocation } = diagnostic
  if (relatedLocation == null) return message
  return `${message.replace(/\.$/, '')}; the other one is in ${placeOf(relatedLocation)}.`
}

/** Raised when a run cannot go on. Carries every problem found so far, so that one run reports them all. */
export class Failure extends Error {
  readonly problems: readonly Diagnostic[]

  constructor(...problems: [Diagnostic, ...Diagnostic[]]) {
    super(problems.map(formatMessage).join('\n'))
    this.name = 'Failure'
    this.problems = problems
  }
}

/** More problems of one run nobody reads at a time; the rest is counted. */
const MAX_PROBLEMS = 1_000

/** Raises one `Failure` for a list of collected problems; returns when the list is empty. */
export function throwIfAny(problems: readonly Diagnostic[]): void {
  const [first, ...rest] = problems.slice(0, MAX_PROBLEMS)
  const more = problems.length - MAX_PROBLEMS
  if (first === undefined) return
  if (more > 0) rest.push({ code: first.code, message: `There are ${more} more problems.` })
  throw new Failure(first, ...rest)
}

/** The problems an arbitrary thrown value stands for; what is not a `Failure` is our own defect. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof Failure) return error.problems
  const message = error instanceof Error ? error.message : String(error)
  return [{ code: 'E-INTERNAL', message, hint: 'This is a defect of Fairlead: please report it with this log.' }]
}

/** Whether a problem is that the cluster can no longer be reached, or no longer takes the credentials. */
export function isConnectionLost(problem: Diagnostic): boolean {
  return problem.code === 'E-KUBE-AUTH' || problem.code === 'E-KUBE-NET'
}
