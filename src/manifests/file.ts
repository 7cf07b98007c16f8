import type { Limits } from '../config/limits.ts'
import type { Location, Problem, Warning } from '../errors.ts'
import { isObject, type Json } from '../json.ts'
import { type Document, isDocument, readDocuments, type Unreadable } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import { contentOf } from './content.ts'
import type { Skipped } from './discovery.ts'
import { flatten } from './list.ts'
import { describe, type Manifest, type ObjectId } from './manifest.ts'
import { needless } from './needless.ts'
import { examine, type Flaw } from './object.ts'
import { withoutServerFields } from './serverfields.ts'

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
  const unreadable: Unreadable[] = []
  let isEmpty = true
  for (const read of readDocuments(content, limits)) {
    isEmpty = false
    if (!isDocument(read)) unreadable.push(read)
    for (const candidate of isDocument(read) ? candidates(read, file) : []) {
      if (problems.length + unreadable.length > MOST_PROBLEMS) break
      add(reading, candidate)
    }
    if (problems.length + unreadable.length > MOST_PROBLEMS) break
  }
  if (isEmpty) skipped.push({ location: { file }, reason: 'it holds no document' })
  // Whatever else cannot be read in a template follows from the first thing, and is no use to anybody.
  const told = isTemplate(content) ? unreadable.slice(0, 1) : unreadable
  problems.unshift(...told.map((each) => problemOf(each, file, content)))
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
  const reason = isObject(value) ? needless(value) : undefined
  if (reason !== undefined) {
    skipped.push({ location: locate([]), reason })
    return
  }
  const examined = examine(value)
  if ('flaws' in examined) problems.push(...examined.flaws.map((flaw) => problemWith(flaw, examined.id, locate)))
  else if (isObject(value)) {
    const { object, dropped } = withoutServerFields(value)
    manifests.push({ ...examined, object, location: locate([]) })
    if (dropped.length > 0) warnings.push(droppedFields(dropped, describe(examined.id), locate(dropped[0] ?? [])))
  }
}

/**
 * Where a field of an object is written: the object is the one of its file that stands at `object`. It is looked up in the
 * file once more, because almost no field's place is ever asked for.
 */
export function locateField(bytes: Buffer, object: Location, path: readonly Step[], limits: Limits): Location {
  for (const read of readDocuments(bytes.toString('utf8'), limits)) {
    for (const { locate } of isDocument(read) ? candidates(read, object.file) : []) {
      const { line, column } = locate([])
      if (line === object.line && column === object.column) return locate(path)
    }
  }
  return object
}

/** A document, or a member of a list, with a way to find its fields. */
interface Candidate {
  readonly value: Json
  readonly locate: (path: readonly Step[]) => Location
}

function candidates(document: Document, file: string): Candidate[] {
  const members = flatten(document.value)
  if (members === undefined) return [{ value: document.value, locate: (path) => ({ file, ...document.at(path) }) }]
  const places = document.members(['items'])
  return members.map((value, index) => ({
    value,
    locate: (path) => ({ file, ...(places[index]?.(path) ?? document.at([])) }),
  }))
}

function isTemplate(content: string): boolean {
  return /\{\{|\{%/.test(content)
}

function problemOf({ message, next, place, earlier }: Unreadable, file: string, content: string): Problem {
  const location = { file, ...place }
  if (isTemplate(content)) {
    const said = `This looks like a template that nobody has rendered. ${message}`
    const render = 'Render it in an earlier step, or leave the file out with `exclude`.'
    return { class: 'E-PARSE', message: said, location, next: render }
  }
  const clash = earlier === undefined ? {} : { clash: { file, ...earlier } }
  const isForeign = !/\b(apiVersion|kind)\b/.test(content)
  const hint = isForeign ? ' If it holds no Kubernetes object, leave it out with `exclude`.' : ''
  return { class: 'E-PARSE', message, location, ...clash, next: next + hint }
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
    next: 'Remove it from the manifest.',
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
