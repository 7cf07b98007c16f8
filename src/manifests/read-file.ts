import { type Diagnostic, type Location, placeOf, type Warning } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { isObject, type Json } from '../json.ts'
import { ignoredHooks } from '../object/annotations/ordering.ts'
import { formatId, type Manifest, type ObjectId } from '../object/manifest.ts'
import type { ReadLimits } from '../read-limits.ts'
import type { SkippedFile } from '../render/file-discovery.ts'
import { type Document, isDocument, readDocuments, type Unreadable } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import { decodeFile } from './file-content.ts'
import { flattenList } from './lists.ts'
import { withoutServerFields } from './server-fields.ts'
import { encryptedField, notKubernetes, skipReason } from './skip-reason.ts'
import { validateObject } from './validation/object.ts'
import { RENDER, TEMPLATE, type ValidationError } from './validation/validation-error.ts'

/** What reading files yields. */
export interface ReadManifests {
  readonly manifests: readonly Manifest[]
  readonly skipped: readonly SkippedFile[]
  readonly warnings: readonly Warning[]
  readonly problems: readonly Diagnostic[]
}

/** More problems of one file nobody reads at a time; the rest is counted. */
const MOST_PROBLEMS = 100

/** Reads the objects of one file: every document, with lists taken apart. All its problems are reported together. */
export function readManifests(file: string, bytes: Buffer, limits: ReadLimits): ReadManifests {
  const content = decodeFile(file, bytes)
  if (typeof content !== 'string') return { manifests: [], skipped: [], warnings: [], problems: [content] }
  const reading: FileReading = { manifests: [], skipped: [], warnings: [], problems: [] }
  const { skipped, problems } = reading
  const unreadable: FileIssue[] = []
  let isEmpty = true
  for (const read of readDocuments(content, limits)) {
    isEmpty = false
    const isFull = () => problems.length + unreadable.length > MOST_PROBLEMS
    if (!isDocument(read)) unreadable.push({ ...read, isSyntax: true })
    // What is no object anyway may be read by other rules than kubectl's.
    else if (read.issues.length > 0 && !notKubernetes(read.value))
      unreadable.push(...read.issues.map((issue) => ({ ...issue, isSyntax: false })))
    else for (const candidate of objectsIn(read, file)) if (!isFull()) add(reading, candidate)
    if (isFull()) break
  }
  if (isEmpty) skipped.push({ location: { file }, reason: 'it holds no document' })
  problems.unshift(...problemsOf(unreadable, file, content))
  return { ...reading, problems: limitDiagnostics(problems, file) }
}

/** What is read of a file so far. */
interface FileReading {
  readonly manifests: Manifest[]
  readonly skipped: SkippedFile[]
  readonly warnings: Warning[]
  readonly problems: Diagnostic[]
}

function add({ manifests, skipped, warnings, problems }: FileReading, { value, locate }: DocumentObject): void {
  const warn = (more: readonly Warning[]) => warnings.push(...more.slice(0, MOST_PROBLEMS - warnings.length))
  const reason = isObject(value) ? skipReason(value) : undefined
  if (reason !== undefined) {
    skipped.push({ location: locate([]), reason })
    warn(ignoredHooksIn(value, locate))
    return
  }
  const validated = validateObject(value)
  if ('errors' in validated) {
    const errors = validated.errors.slice(0, MOST_PROBLEMS + 1)
    problems.push(...errors.map((validationError) => validationDiagnostic(validationError, validated.id, locate)))
  }
  if ('version' in validated && isObject(value)) {
    const { object, dropped } = withoutServerFields(value)
    const name = formatId(validated.id)
    manifests.push({ ...validated, object, location: locate([]) })
    warn(dropped.length === 0 ? [] : [droppedFields(dropped, name, locate(dropped[0] ?? []))])
    warn(ignoredHooksIn(value, locate).map((warning) => ({ ...warning, object: name })))
  }
}

function ignoredHooksIn(value: Json, locate: DocumentObject['locate']): Warning[] {
  if (!isObject(value)) return []
  return ignoredHooks(value).map(({ path, message, hint }) => ({ message, hint, location: locate(path) }))
}

/** A field of an object, which stands at `object` in its file. */
export interface FieldQuery {
  readonly object: Location
  readonly path: readonly Step[]
}

/**
 * Where fields are written that nobody asked for while their file was read, which is read once more. Those of objects that
 * are not where they should be are left out.
 */
export function locateFields<T extends FieldQuery>(
  bytes: Buffer,
  queries: readonly T[],
  limits: ReadLimits,
): Map<T, Location> {
  const found = new Map<T, Location>()
  const objects = new Map(queries.map((each) => [placeOf(each.object), each]))
  for (const read of readDocuments(bytes.toString('utf8'), limits)) {
    for (const { locate } of isDocument(read) ? objectsIn(read, queries[0]?.object.file ?? '') : []) {
      const each = objects.get(placeOf(locate([])))
      if (each !== undefined) found.set(each, locate(each.path))
    }
  }
  return found
}

/** A document, or a member of a list, with a way to find its fields. */
interface DocumentObject {
  readonly value: Json
  readonly locate: (path: readonly Step[]) => Location
}

function objectsIn(document: Document, file: string): DocumentObject[] {
  const isWhole = isObject(document.value) && encryptedField(document.value) !== undefined
  const members = isWhole ? undefined : flattenList(document.value)
  if (members === undefined) return [{ value: document.value, locate: (path) => ({ file, ...document.at(path) }) }]
  const places = document.members(['items'])
  return members.map((value, index) => ({
    value,
    locate: (path) => ({ file, ...(places[index]?.(path) ?? document.at([])) }),
  }))
}

/** What is said of a file that cannot be read, or not as kubectl reads it. */
interface FileIssue extends Unreadable {
  /** Whether the parser could not go on. */
  readonly isSyntax: boolean
}

function problemsOf(issues: readonly FileIssue[], file: string, content: string): Diagnostic[] {
  const lines = issues.length === 0 ? [] : content.split('\n')
  const templates = issues.filter((issue) => isUnrendered(issue, lines))
  // Whatever else does not fit in a template follows from the first thing, and is no use to anybody.
  const told = issues.filter((issue) => !templates.includes(issue) || issue === templates[0])
  const isForeign = !/\b(apiVersion|kind)\b/.test(content)
  const excludeHint = isForeign ? hint` If it holds no Kubernetes object, leave it out with ${option('exclude')}.` : ''
  return told.map((issue) => {
    const { message, place, earlier } = issue
    const relatedLocation = earlier === undefined ? {} : { relatedLocation: { file, ...earlier } }
    const said =
      issue === templates[0]
        ? { message: `${TEMPLATE} ${message}`, hint: RENDER }
        : { message, hint: hint`${issue.hint}${excludeHint}` }
    return { code: 'E-PARSE', ...said, location: { file, ...place }, ...relatedLocation }
  })
}

/** No template has lines as long as this. */
const LONGEST_LINE = 2_000

/** Whether a complaint is about the brackets of a template engine, rather than about a text that holds some. */
function isUnrendered({ place, isSyntax }: FileIssue, lines: readonly string[]): boolean {
  const line = lines[place.line - 1] ?? ''
  if (line.length > LONGEST_LINE) return false
  const bare = isSyntax ? line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '') : ''
  return /\{[{%]/.test(bare) || /\{[{%]/.test(line.slice(Math.max(place.column - 3, 0), place.column + 2))
}

function validationDiagnostic(
  validationError: ValidationError,
  id: ObjectId | undefined,
  locate: DocumentObject['locate'],
): Diagnostic {
  const { code, message, hint } = validationError
  const relatedLocation =
    validationError.earlier === undefined ? {} : { relatedLocation: locate(validationError.earlier) }
  const object = id === undefined ? {} : { object: formatId(id) }
  return { code, message, location: locate(validationError.path), ...relatedLocation, ...object, hint }
}

function droppedFields(paths: readonly (readonly Step[])[], object: string, location: Location): Warning {
  const names = paths.map((path) => `\`${path.join('.')}\``)
  const what = names.length === 1 ? `${names[0]} is` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`
  return {
    message: `${what} the server's to write, and not sent.`,
    object,
    location,
    hint: "Remove what is the server's from the manifest.",
  }
}

function limitDiagnostics(problems: readonly Diagnostic[], file: string): Diagnostic[] {
  if (problems.length <= MOST_PROBLEMS) return [...problems]
  const message = `The file has more problems than these ${MOST_PROBLEMS}.`
  return [
    ...problems.slice(0, MOST_PROBLEMS),
    { code: 'E-OBJECT', message, location: { file }, hint: 'Correct these first.' },
  ]
}
