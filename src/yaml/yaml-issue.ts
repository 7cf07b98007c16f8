import type { Hint } from '../hint.ts'
import { limitPassed, type ReadLimits } from '../read-limits.ts'

/** Something in a document that cannot be taken as it stands. It never quotes the document, which may hold a Secret. */
export interface YamlIssue {
  readonly message: string
  readonly hint: Hint
  /** Where, in characters of the text that was read. */
  readonly offset: number
  /** The place that it clashes with, earlier in the text. */
  readonly earlier?: number
  /** Whether the document could not be read to its end. */
  readonly isFatal?: boolean
}

/** Nobody reads more of them at a time, and a hostile file has them in thousands. */
export const MAX_ISSUES = 50

/** Raised where reading a document cannot go on. */
export class Stopped extends Error {
  readonly issue: YamlIssue

  constructor(issue: YamlIssue) {
    super(issue.message)
    this.issue = issue
  }
}

/** What stops at a bound that was passed, with the limit and how to raise it. */
export function limitExceeded(what: string, limit: keyof ReadLimits, limits: ReadLimits, offset: number): Stopped {
  const { allowed, hint } = limitPassed(limit, limits)
  return new Stopped({ message: `${what}: ${allowed}.`, hint, offset })
}
