import type { Hint } from '../hint.ts'
import { limitPassed, type ReadLimits } from '../read-limits.ts'

/** A problem in a document. It never quotes the document, which may contain a Secret. */
export interface YamlIssue {
  /** A CamelCase word for programs. */
  readonly reason: string
  readonly message: string
  readonly hint: Hint
  /** The offset in the text, in characters. */
  readonly offset: number
  /** The offset of the first of two duplicates. */
  readonly earlier?: number
  /** Whether the document could not be read completely. */
  readonly isFatal?: boolean
}

/** The maximum number of issues per document. */
export const MAX_ISSUES = 50

/** Raised if a document cannot be read any further. */
export class FatalIssue extends Error {
  readonly issue: YamlIssue

  constructor(issue: YamlIssue) {
    super(issue.message)
    this.issue = issue
  }
}

/** Returns the issue of an exceeded limit. The message starts with `problem`; the hint says how to raise the limit. */
export function limitExceeded(
  problem: string,
  limit: keyof ReadLimits,
  limits: ReadLimits,
  offset: number,
): FatalIssue {
  const { allowed, hint } = limitPassed(limit, limits)
  return new FatalIssue({ reason: 'LimitExceeded', message: `${problem}: ${allowed}.`, hint, offset })
}
