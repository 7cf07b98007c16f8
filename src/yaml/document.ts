import type { Hint } from '../hint.ts'
import type { Json } from '../json.ts'
import { limitPassed, type ReadLimits } from '../read-limits.ts'
import { compose } from './compose.ts'
import { type Locator, locatorOf, memberLocators, type Step } from './field.ts'
import { parse } from './parse.ts'
import { type Place, placesIn } from './place.ts'
import { cut, type Part } from './stream.ts'
import { type Budget, makeBudget } from './syntax.ts'
import { Stopped, type YamlIssue } from './yaml-issue.ts'

/** One document of a file, and where to find what is in it. */
export interface Document {
  readonly value: Json
  /** What kubectl would refuse in it, or read otherwise; if there is any, the value tells what the document is, and no more. */
  readonly issues: readonly Unreadable[]
  /** Where a field is written, or the nearest one above it that is; the document itself for the empty path. */
  at(path: readonly Step[]): Place
  /** The same for each member of a list. */
  members(path: readonly Step[]): ((path: readonly Step[]) => Place)[]
}

/** Why a file, or a part of it, cannot be read. It never quotes the file, which may hold a Secret. */
export interface Unreadable {
  readonly message: string
  readonly hint: Hint
  readonly place: Place
  /** The place that it clashes with. */
  readonly earlier?: Place
}

/**
 * Reads the documents of a file, YAML or JSON, one after the other, the way kubectl does; why one cannot be read is told in
 * its stead. Comments and empty documents yield nothing.
 */
export function* readDocuments(file: string, limits: ReadLimits): Generator<Document | Unreadable> {
  const text = file.replace(/^\uFEFF/, '')
  const placeOf = placesIn(text)
  const { parts, broken } = cut(text, limits.documents)
  if (parts.length > limits.documents) {
    const { allowed, hint } = limitPassed('documents', limits)
    yield { message: `The file has too many documents: ${allowed}.`, hint, place: placeOf(0) }
  } else if (broken.length > 0) {
    for (const offset of broken) {
      yield { ...(text.startsWith('---', offset) ? NO_SEPARATOR : NO_OBJECT), place: placeOf(offset) }
    }
  } else {
    const budget = makeBudget()
    for (const part of parts) yield* readPart(part, placeOf, limits, budget)
  }
}

/** Whether what was read is a document. */
export function isDocument(read: Document | Unreadable): read is Document {
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
): Generator<Document | Unreadable> {
  let original = (offset: number) => offset
  const placeIn = (offset: number) => placeOf(part.offset + original(offset))
  const tell = ({ message, hint, offset, earlier }: YamlIssue): Unreadable => {
    return { message, hint, place: placeIn(offset), ...(earlier === undefined ? {} : { earlier: placeIn(earlier) }) }
  }
  try {
    const parsed = parse(part, limits, budget)
    original = parsed.original
    const { value, issues } = compose(parsed, limits)
    // With very many troubles the rest was not looked at, and nobody knows what the document is.
    if (value === undefined) yield* issues.map(tell)
    else if (value !== null || issues.length > 0) {
      const placed = (locate: Locator) => (path: readonly Step[]) => placeIn(locate(path))
      const members = (path: readonly Step[]) => memberLocators(parsed, path).map(placed)
      yield { value, issues: issues.map(tell), at: placed(locatorOf(parsed)), members }
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    yield tell(error.issue)
  }
}
