import type { Diagnostic, Location, Warning } from '../diagnostics.ts'
import { isObject, type Json } from '../json.ts'
import { ignoredHooks } from '../object/annotations/hook-annotations.ts'
import { readManifestOptions } from '../object/annotations/manifest-options.ts'
import { annotationsOf } from '../object/annotations/read-annotation.ts'
import type { Manifest } from '../object/manifest.ts'
import { formatId } from '../object/object-id.ts'
import type { ReadLimits } from '../read-limits.ts'
import { isDocument, readDocuments } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import type { YamlIssue } from '../yaml/yaml-issue.ts'
import { type DocumentObject, type LocateField, objectsIn } from './document-objects.ts'
import { decodeFile } from './file-content.ts'
import { parseProblems } from './parse-problems.ts'
import { withoutServerFields } from './server-fields.ts'
import { notKubernetes, skipReason } from './skip-reason.ts'
import type { SkippedFile } from './skipped-file.ts'
import { validateObject } from './validation/object.ts'
import { validationDiagnostic } from './validation/to-diagnostic.ts'

/** The result of reading files. */
export interface ReadManifests {
  readonly manifests: readonly Manifest[]
  readonly skipped: readonly SkippedFile[]
  readonly warnings: readonly Warning[]
  readonly problems: readonly Diagnostic[]
}

/** The maximum number of problems, and of warnings, that are reported for one file. */
const MAX_PROBLEMS_PER_FILE = 100

/** Reads the objects of one file: every document, with lists flattened. Reports all problems together. */
export function readManifests(file: string, bytes: Buffer, limits: ReadLimits): ReadManifests {
  const content = decodeFile(file, bytes)
  if (typeof content !== 'string') return { manifests: [], skipped: [], warnings: [], problems: [content] }
  const result: FileReading = { manifests: [], skipped: [], warnings: [], problems: [] }
  const { skipped, problems } = result
  const issues: YamlIssue[] = []
  let isEmpty = true
  for (const read of readDocuments(content, limits)) {
    isEmpty = false
    const isFull = () => problems.length + issues.length > MAX_PROBLEMS_PER_FILE
    if (!isDocument(read)) issues.push(read)
    // A document that is not for Kubernetes need not be valid for kubectl.
    else if (read.issues.length > 0 && !notKubernetes(read.value)) issues.push(...read.issues)
    else for (const candidate of objectsIn(read, file)) if (!isFull()) addObject(result, candidate)
    if (isFull()) break
  }
  if (isEmpty) skipped.push({ location: { file }, reason: 'it is empty' })
  return { ...result, problems: limitProblems([...parseProblems(issues, file, content), ...problems], file) }
}

/** The result of reading a file so far. */
interface FileReading {
  readonly manifests: Manifest[]
  readonly skipped: SkippedFile[]
  readonly warnings: Warning[]
  readonly problems: Diagnostic[]
}

function addObject({ manifests, skipped, warnings, problems }: FileReading, { value, locate }: DocumentObject): void {
  const warn = (more: readonly Warning[]) => warnings.push(...more.slice(0, MAX_PROBLEMS_PER_FILE - warnings.length))
  const reason = isObject(value) ? skipReason(value) : undefined
  if (reason !== undefined) {
    skipped.push({ location: locate([]), reason })
    warn(ignoredHooksIn(value, locate))
    return
  }
  const validated = validateObject(value)
  if ('errors' in validated) {
    const errors = validated.errors.slice(0, MAX_PROBLEMS_PER_FILE + 1)
    problems.push(...errors.map((error) => validationDiagnostic(error, validated.id, locate)))
  }
  if ('version' in validated && isObject(value)) {
    const { object, dropped } = withoutServerFields(value)
    const name = formatId(validated.id)
    manifests.push({ ...validated, object, options: readManifestOptions(object), location: locate([]) })
    warn(dropped.length === 0 ? [] : [droppedFields(dropped, name, locate(dropped[0] ?? []))])
    warn(ignoredHooksIn(value, locate).map((warning) => ({ ...warning, object: name })))
  }
}

function ignoredHooksIn(value: Json, locate: LocateField): Warning[] {
  if (!isObject(value)) return []
  return ignoredHooks(annotationsOf(value)).map(({ path, message, hint }) => ({
    reason: 'HookIgnored',
    message,
    hint,
    location: locate(path),
  }))
}

function droppedFields(paths: readonly (readonly Step[])[], object: string, location: Location): Warning {
  const names = paths.map((path) => `\`${path.join('.')}\``)
  const fields = names.length === 1 ? `${names[0]} is` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`
  return {
    reason: 'ServerFieldsIgnored',
    message: `${fields} set by the server and not sent.`,
    object,
    location,
    hint: 'Remove these fields from the manifest.',
  }
}

function limitProblems(problems: readonly Diagnostic[], file: string): readonly Diagnostic[] {
  if (problems.length <= MAX_PROBLEMS_PER_FILE) return problems
  const message = `The file has more than ${MAX_PROBLEMS_PER_FILE} problems. The others are not listed.`
  return [
    ...problems.slice(0, MAX_PROBLEMS_PER_FILE),
    { code: 'E-OBJECT', reason: 'MoreProblems', message, location: { file }, hint: 'Fix these first.' },
  ]
}
