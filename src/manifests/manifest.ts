import { isNamespaceName } from '../config/config.ts'
import type { Location, Problem } from '../errors.ts'
import { field, isObject, type Json, type JsonObject, withField } from '../json.ts'
import type { Skipped } from './discovery.ts'
import { flatten, isList } from './list.ts'
import { readYaml } from './yaml.ts'

/** What makes an object the same object: its group, never its version, with kind, namespace and name. */
export interface ObjectId {
  /** The API group; empty for the core group. */
  readonly group: string
  readonly kind: string
  /** Empty for a cluster-scoped object, and as long as the namespace is not settled. */
  readonly namespace: string
  readonly name: string
}

/** An object that the repository asks for, and where it says so. */
export interface Manifest {
  readonly id: ObjectId
  readonly version: string
  readonly object: JsonObject
  readonly location: Location
}

/** What reading files yields. */
export interface Reading {
  readonly manifests: readonly Manifest[]
  readonly skipped: readonly Skipped[]
  readonly problems: readonly Problem[]
}

/** Reads the objects of one file: every document, with lists flattened. `bytes` must be UTF-8. */
export function readManifests(file: string, bytes: Buffer): Reading {
  const manifests: Manifest[] = []
  const skipped: Skipped[] = []
  const text = decode(bytes)
  if (text === undefined) {
    const problem: Problem = {
      class: 'E-PARSE',
      message: 'The file is not UTF-8 text.',
      location: { file },
      next: 'Save it as UTF-8.',
    }
    return { manifests, skipped, problems: [problem] }
  }
  if (text.startsWith('version https://git-lfs.github.com/')) {
    const message = 'The file is a pointer to git LFS, and its content is not in the commit.'
    const next = 'Commit manifests as plain files: remove them from .gitattributes and add them again.'
    return { manifests, skipped, problems: [{ class: 'E-SOURCE', message, location: { file }, next }] }
  }
  const { documents, problems } = readYaml(text, file)
  if (documents.length === 0 && problems.length === 0)
    skipped.push({ location: { file }, reason: 'it holds no document' })
  for (const document of documents) {
    for (const { value, line } of flatten(document.value, document.line, document.itemLines)) {
      const location = { file, line }
      const found = toManifest(value, location)
      if (typeof found === 'string') skipped.push({ location, reason: found })
      else if ('class' in found) problems.push(found)
      else manifests.push(found)
    }
  }
  return { manifests, skipped, problems }
}

/** An object's name as messages write it, for instance `Deployment shop/web`; foreign groups are spelled out. */
export function describe({ group, kind, namespace, name }: ObjectId): string {
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io')
  return `${kind}${isBuiltIn ? '' : `.${group}`} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

/** A number of objects in words, for instance `1 object`. */
export function countOf(objects: readonly unknown[]): string {
  return `${objects.length} ${objects.length === 1 ? 'object' : 'objects'}`
}

/** Group and kind as one word, for instance `apps/Deployment`; the core group is empty. */
export function kindKeyOf({ group, kind }: Pick<ObjectId, 'group' | 'kind'>): string {
  return `${group}/${kind}`
}

/** A key that is equal for equal identities. */
export function keyOf({ group, kind, namespace, name }: ObjectId): string {
  return JSON.stringify([group, kind, namespace, name])
}

/** The manifest's `apiVersion`, for instance `v1` or `apps/v1`. */
export function apiVersionOf({ id, version }: Manifest): string {
  return id.group === '' ? version : `${id.group}/${version}`
}

/** A copy of the manifest in the given namespace, or with the empty one in none, in its identity and in its object. */
export function inNamespace(manifest: Manifest, namespace: string): Manifest {
  const metadata = field(manifest.object, 'metadata')
  if (!isObject(metadata)) return manifest
  const { namespace: _, ...rest } = metadata
  const settled = namespace === '' ? rest : withField(metadata, 'namespace', namespace)
  return { ...manifest, id: { ...manifest.id, namespace }, object: withField(manifest.object, 'metadata', settled) }
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** What every kind asks of a name, some of them more: it stands in the API's paths (apimachinery, IsValidPathSegmentName). */
function isPathSegment(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/%]/.test(name) && name.isWellFormed()
}

/** The manifest that a value is, the reason why it is none of Kubernetes' objects, or what is wrong with it. */
function toManifest(value: Json, location: Location): Manifest | string | Problem {
  if (!isObject(value)) return 'it is no mapping'
  const apiVersion = field(value, 'apiVersion')
  const kind = field(value, 'kind')
  if (apiVersion === undefined && kind === undefined) return 'it has neither apiVersion nor kind'
  if (isList(value)) {
    const items = field(value, 'items') ?? []
    if (Array.isArray(items) && items.length === 0) return 'it is an empty list'
    const message = 'This is a list that kubectl refuses: it stands inside another list, or its `items` are none.'
    return { class: 'E-OBJECT', message, location, next: 'Take the list apart.' }
  }
  const problem = (message: string, next: string): Problem => ({ class: 'E-OBJECT', message, location, next })
  if (typeof apiVersion !== 'string' || !/^([\w.-]+\/)?[\w.-]+$/.test(apiVersion)) {
    return problem(
      '`apiVersion` must be a version, such as `v1` or `apps/v1`.',
      'Correct it; quote it where YAML reads a number.',
    )
  }
  if (typeof kind !== 'string' || !/^[A-Za-z][A-Za-z0-9]*$/.test(kind)) {
    return problem('`kind` must be the name of a kind, such as `Deployment`.', 'Correct it.')
  }
  const name = field(value, 'metadata', 'name')
  if (name === undefined && field(value, 'metadata', 'generateName') !== undefined) {
    return problem(`This ${kind} has \`generateName\`: every run would create one more of it.`, 'Give it a `name`.')
  }
  if (typeof name !== 'string' || name === '') {
    return problem(
      `This ${kind} has no \`metadata.name\` that is a string.`,
      'Add a name; quote it where YAML reads a number or a boolean.',
    )
  }
  if (!isPathSegment(name)) {
    return problem(
      `The name of this ${kind} is one that no object may have.`,
      'Leave out `/` and `%`; it may not be `.` or `..` either.',
    )
  }
  const namespace = field(value, 'metadata', 'namespace') ?? ''
  if (typeof namespace !== 'string' || (namespace !== '' && !isNamespaceName(namespace))) {
    return problem(
      `\`metadata.namespace\` of this ${kind} is no name of a namespace.`,
      'Lower-case letters, digits and `-`, at most 63; quote it where YAML reads a number or a boolean.',
    )
  }
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return { id: { group, kind, namespace, name }, version, object: value, location }
}
