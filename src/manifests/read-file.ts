import type { Limits } from '../read-limits.ts'
import { type Location, type Problem, placeOf, type Warning } from '../diagnostics.ts'
import { isObject, type Json } from '../json.ts'
import { type Document, isDocument, readDocuments, type Unreadable } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import { contentOf } from './file-content.ts'
import { unheeded } from '../object/annotations/ordering.ts'
import type { Skipped } from '../render/file-discovery.ts'
import { type Flaw, RENDER, TEMPLATE } from './validation/validation-error.ts'
import { flatten } from './lists.ts'
import { describe, type Manifest, type ObjectId } from '../object/manifest.ts'
import { encryptedField, isForeign, needless } from './skip-reason.ts'
import { examine } from './validation/object.ts'
import { withoutServerFields } from './server-fields.ts'

/** What reading files yields. */
export interface Reading {
  readonly manifests: readonly Manifest[]
  readonly skipped: readonly Skipped[]
  readonly warnings: readonly Warning[]
  readonly problems: readonly Problem[]
}

/** More problems of one file nobody reads at a time; the rest is counted. */
const MOST_PROBLEMS = 100

/** Reads the objects of one file: every document, with lists taken apart. All its problems are reported together. */
export function readManifests(file: string, bytes: Buffer, limits: Limits): Reading {
  const content = contentOf(file, bytes)
  if (typeof content !== 'string') return { manifests: [], skipped: [], warnings: [], problems: [content] }
  const reading: Draft = { manifests: [], skipped: [], warnings: [], problems: [] }
  const { skipped, problems } = reading
  const unreadable: Complaint[] = []
  let isEmpty = true
  for (const read of readDocuments(content, limits)) {
    isEmpty = false
    const isFull = () => problems.length + unreadable.length > MOST_PROBLEMS
    if (!isDocument(read)) unreadable.push({ ...read, isSyntax: true })
    // What is no object anyway may be read by other rules than kubectl's.
    else if (read.troubles.length > 0 && !isForeign(read.value))
      unreadable.push(...read.troubles.map((trouble) => ({ ...trouble, isSyntax: false })))
    else for (const candidate of candidates(read, file)) if (!isFull()) add(reading, candidate)
    if (isFull()) break
  }
  if (isEmpty) skipped.push({ location: { file }, reason: 'it holds no document' })
  problems.unshift(...problemsOf(unreadable, file, content))
  return { ...reading, problems: shortened(problems, file) }
}

/** What is read of a file so far. */
interface Draft {
  readonly manifests: Manifest[]
  readonly skipped: Skipped[]
  readonly warnings: Warning[]
  readonly problems: Problem[]
}

function add({ manifests, skipped, warnings, problems }: Draft, { value, locate }: Candidate): void {
  const warn = (more: readonly Warning[]) => warnings.push(...more.slice(0, MOST_PROBLEMS - warnings.length))
  const reason = isObject(value) ? needless(value) : undefined
  if (reason !== undefined) {
    skipped.push({ location: locate([]), reason })
    warn(unheededIn(value, locate))
    return
  }
  const examined = examine(value)
  if ('flaws' in examined) {
    const flaws = examined.flaws.slice(0, MOST_PROBLEMS + 1)
    problems.push(...flaws.map((flaw) => problemWith(flaw, examined.id, locate)))
  }
  if ('version' in examined && isObject(value)) {
    const { object, dropped } = withoutServerFields(value)
    const name = describe(examined.id)
    manifests.push({ ...examined, object, location: locate([]) })
    warn(dropped.length === 0 ? [] : [droppedFields(dropped, name, locate(dropped[0] ?? []))])
    warn(unheededIn(value, locate).map((warning) => ({ ...warning, object: name })))
  }
}

function unheededIn(value: Json, locate: Candidate['locate']): Warning[] {
  if (!isObject(value)) return []
  return unheeded(value).map(({ path, message, next }) => ({ message, next, location: locate(path) }))
}

/** A field of an object, which stands at `object` in its file. */
export interface Sought {
  readonly object: Location
  readonly path: readonly Step[]
}

/**
 * Where fields are written that nobody asked for while their file was read, which is read once more. Those of objects that
 * are not where they should be are left out.
 */
export function locateFields<T extends Sought>(bytes: Buffer, sought: readonly T[], limits: Limits): Map<T, Location> {
  const found = new Map<T, Location>()
  const objects = new Map(sought.map((each) => [placeOf(each.object), each]))
  for (const read of readDocuments(bytes.toString('utf8'), limits)) {
    for (const { locate } of isDocument(read) ? candidates(read, sought[0]?.object.file ?? '') : []) {
      const each = objects.get(placeOf(locate([])))
      if (each !== undefined) found.set(each, locate(each.path))
    }
  }
  return found
}

/** A document, or a member of a list, with a way to find its fields. */
interface Candidate {
  readonly value: Json
  readonly locate: (path: readonly Step[]) => Location
}

function candidates(document: Document, file: string): Candidate[] {
  const isWhole = isObject(document.value) && encryptedField(document.value) !== undefined
  const members = isWhole ? undefined : flatten(document.value)
  if (members === undefined) return [{ value: document.value, locate: (path) => ({ file, ...document.at(path) }) }]
  const places = document.members(['items'])
  return members.map((value, index) => ({
    value,
    locate: (path) => ({ file, ...(places[index]?.(path) ?? document.at([])) }),
  }))
}

/** What is said of a file that cannot be read, or not as kubectl reads it. */
interface Complaint extends Unreadable {
  /** Whether the parser could not go on. */
  readonly isSyntax: boolean
}

function problemsOf(complaints: readonly Complaint[], file: string, content: string): Problem[] {
  const lines = complaints.length === 0 ? [] : content.split('\n')
  const templates = complaints.filter((complaint) => isUnrendered(complaint, lines))
  // Whatever else does not fit in a template follows from the first thing, and is no use to anybody.
  const told = complaints.filter((complaint) => !templates.includes(complaint) || complaint === templates[0])
  const isForeign = !/\b(apiVersion|kind)\b/.test(content)
  const hint = isForeign ? ' If it holds no Kubernetes object, leave it out with `exclude`.' : ''
  return told.map((complaint) => {
    const { message, next, place, earlier } = complaint
    const clash = earlier === undefined ? {} : { clash: { file, ...earlier } }
    const said =
      complaint === templates[0] ? { message: `${TEMPLATE} ${message}`, next: RENDER } : { message, next: next + hint }
    return { class: 'E-PARSE', ...said, location: { file, ...place }, ...clash }
  })
}

/** No template has lines as long as this. */
const LONGEST_LINE = 2_000

/** Whether a complaint is about the brackets of a template engine, rather than about a text that holds some. */
function isUnrendered({ place, isSyntax }: Complaint, lines: readonly string[]): boolean {
  const line = lines[place.line - 1] ?? ''
  if (line.length > LONGEST_LINE) return false
  const bare = isSyntax ? line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '') : ''
  return /\{[{%]/.test(bare) || /\{[{%]/.test(line.slice(Math.max(place.column - 3, 0), place.column + 2))
}

function problemWith(flaw: Flaw, id: ObjectId | undefined, locate: Candidate['locate']): Problem {
  const { class: errorClass, message, next } = flaw
  const clash = flaw.earlier === undefined ? {} : { clash: locate(flaw.earlier) }
  const object = id === undefined ? {} : { object: describe(id) }
  return { class: errorClass, message, location: locate(flaw.path), ...clash, ...object, next }
}

function droppedFields(paths: readonly (readonly Step[])[], object: string, location: Location): Warning {
  const names = paths.map((path) => `\`${path.join('.')}\``)
  const what = names.length === 1 ? `${names[0]} is` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`
  return {
    message: `${what} the server's to write, and not sent.`,
    object,
    location,
    next: "Remove what is the server's from the manifest.",
  }
}

function shortened(problems: readonly Problem[], file: string): Problem[] {
  if (problems.length <= MOST_PROBLEMS) return [...problems]
  const message = `The file has more problems than these ${MOST_PROBLEMS}.`
  return [
    ...problems.slice(0, MOST_PROBLEMS),
    { class: 'E-OBJECT', message, location: { file }, next: 'Correct these first.' },
  ]
}
