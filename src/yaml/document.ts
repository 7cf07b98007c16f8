import type { Json } from '../json.ts'
import { limitPassed, type ReadLimits } from '../read-limits.ts'
import { compose } from './compose.ts'
import { type Locator, locatorOf, memberLocators, type Step } from './field.ts'
import { parse } from './parse.ts'
import { BYTE_ORDER_MARK, type Place, placesIn } from './place.ts'
import { cut, type Part } from './stream.ts'
import { type Budget, makeBudget } from './syntax.ts'
import { Stopped, type YamlIssue } from './yaml-issue.ts'

/** One document of a file, and where to find what is in it. */
export interface Document {
  readonly value: Json
  /** What kubectl would refuse in it, or read otherwise; if there is any, the value tells what the document is, and no more. */
  readonly issues: readonly YamlIssue[]
  /** Where a field is written, or the nearest one above it that is; the document itself for the empty path. */
  at(path: readonly Step[]): Place
  /** The same for each member of a list. */
  members(path: readonly Step[]): ((path: readonly Step[]) => Place)[]
}

/**
 * Reads the documents of a file, YAML or JSON, one after the other, the way kubectl does; where one cannot be read, the reason
 * comes in its stead. Comments and empty documents yield nothing. Offsets of issues count the file's characters.
 */
export function* readDocuments(file: string, limits: ReadLimits): Generator<Document | YamlIssue> {
  const start = file.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  const text = file.slice(start)
  const { parts, broken } = cut(text, limits.documents)
  if (parts.length > limits.documents) {
    const { allowed, hint } = limitPassed('documents', limits)
    yield { message: `The file has too many documents: ${allowed}.`, hint, offset: start, isFatal: true }
  } else if (broken.length > 0) {
    for (const offset of broken) {
      yield { ...(text.startsWith('---', offset) ? NO_SEPARATOR : NO_OBJECT), offset: start + offset, isFatal: true }
    }
  } else {
    const budget = makeBudget()
    const placeOf = placesIn(file)
    for (const part of parts) yield* readPart({ ...part, offset: start + part.offset }, placeOf, limits, budget)
  }
}

/** Whether what was read is a document. */
export function isDocument(read: Document | YamlIssue): read is Document {
  return 'value' in read
}

const NO_SEPARATOR = {
  message: 'This line begins as a separator (`---`) and goes on, which kubectl refuses.',
  hint: 'Separate documents by three dashes alone; a comment may follow them.',
}
const NO_OBJECT = {
  message: 'Behind several JSON objects kubectl takes nothing but another one.',
  hint: 'Put what follows into a file of its own.',
}

function* readPart(
  part: Part,
  placeOf: (offset: number) => Place,
  limits: ReadLimits,
  budget: Budget,
): Generator<Document | YamlIssue> {
  let original = (offset: number) => offset
  const inFile = (offset: number) => part.offset + original(offset)
  const locate = (issue: YamlIssue): YamlIssue => {
    const earlier = issue.earlier === undefined ? {} : { earlier: inFile(issue.earlier) }
    return { ...issue, offset: inFile(issue.offset), ...earlier }
  }
  const locateFatal = (issue: YamlIssue) => ({ ...locate(issue), isFatal: true })
  try {
    const parsed = parse(part, limits, budget)
    original = parsed.original
    const { value, issues } = compose(parsed, limits)
    // With very many issues the rest was not looked at, and nobody knows what the document is.
    if (value === undefined) yield* issues.map(locateFatal)
    else if (value !== null || issues.length > 0) {
      const placed = (offsetOf: Locator) => (path: readonly Step[]) => placeOf(inFile(offsetOf(path)))
      const members = (path: readonly Step[]) => memberLocators(parsed, path).map(placed)
      yield { value, issues: issues.map(locate), at: placed(locatorOf(parsed)), members }
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    yield locateFatal(error.issue)
  }
}
