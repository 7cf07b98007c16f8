import type { Json } from '../json.ts'
import { limitPassed, type ReadLimits } from '../read-limits.ts'
import { compose } from './compose.ts'
import { type Locator, locatorOf, memberLocators, type Step } from './field.ts'
import { parse } from './parse.ts'
import { BYTE_ORDER_MARK, type Place, placesIn } from './place.ts'
import { type Part, splitDocuments } from './stream.ts'
import { type Budget, makeBudget } from './syntax.ts'
import { FatalIssue, type YamlIssue } from './yaml-issue.ts'

/** One document of a file, and the locations of its fields. */
export interface Document {
  readonly value: Json
  /** What kubectl rejects or reads differently. If there is any, the value only shows what kind of document it is. */
  readonly issues: readonly YamlIssue[]
  /**
   * Returns the place of a field, or that of the nearest field above it that is written; the empty path is the
   * document.
   */
  at(path: readonly Step[]): Place
  /** Returns the same function for each member of a list. */
  members(path: readonly Step[]): ((path: readonly Step[]) => Place)[]
}

/**
 * Reads the documents of a YAML or JSON file as kubectl does. A document that cannot be read yields its issue instead.
 * Comments and empty documents yield nothing. Offsets of issues are in characters of the file.
 */
export function* readDocuments(file: string, limits: ReadLimits): Generator<Document | YamlIssue> {
  const start = file.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const text = file.slice(start)
  const { parts, broken } = splitDocuments(text, limits.documents)
  if (parts.length > limits.documents) {
    const { allowed, hint } = limitPassed('documents', limits)
    yield {
      reason: 'LimitExceeded',
      message: `The file has too many documents: ${allowed}.`,
      hint,
      offset: start,
      isFatal: true,
    }
  } else if (broken.length > 0) {
    for (const offset of broken) {
      yield {
        ...(text.startsWith('---', offset) ? INVALID_SEPARATOR : TEXT_AFTER_JSON),
        offset: start + offset,
        isFatal: true,
      }
    }
  } else {
    const budget = makeBudget()
    const placeOf = placesIn(file)
    for (const part of parts) yield* readPart({ ...part, offset: start + part.offset }, placeOf, limits, budget)
  }
}

/** Whether a document could be read. */
export function isDocument(read: Document | YamlIssue): read is Document {
  return 'value' in read
}

const INVALID_SEPARATOR = {
  reason: 'InvalidSeparator',
  message: 'kubectl rejects text after a document separator (`---`) on the same line.',
  hint: 'Separate documents with three dashes only, which a comment may follow.',
}
const TEXT_AFTER_JSON = {
  reason: 'TextAfterJson',
  message: 'kubectl accepts only another JSON object after several JSON objects.',
  hint: 'Move what follows to a separate file.',
}

function* readPart(
  part: Part,
  placeOf: (offset: number) => Place,
  limits: ReadLimits,
  budget: Budget,
): Generator<Document | YamlIssue> {
  let original = (offset: number) => offset
  const toFileOffset = (offset: number) => part.offset + original(offset)
  const locate = (issue: YamlIssue): YamlIssue => {
    const earlier = issue.earlier === undefined ? {} : { earlier: toFileOffset(issue.earlier) }
    return { ...issue, offset: toFileOffset(issue.offset), ...earlier }
  }
  const locateFatal = (issue: YamlIssue) => ({ ...locate(issue), isFatal: true })
  try {
    const parsed = parse(part, limits, budget)
    original = parsed.original
    const { value, issues } = compose(parsed, limits)
    // With too many issues the rest was not composed, and the kind of document is not known.
    if (value === undefined) yield* issues.map(locateFatal)
    else if (value !== null || issues.length > 0) {
      const placed = (offsetOf: Locator) => (path: readonly Step[]) => placeOf(toFileOffset(offsetOf(path)))
      const members = (path: readonly Step[]) => memberLocators(parsed, path).map(placed)
      yield { value, issues: issues.map(locate), at: placed(locatorOf(parsed)), members }
    }
  } catch (error) {
    if (!(error instanceof FatalIssue)) throw error
    yield locateFatal(error.issue)
  }
}
