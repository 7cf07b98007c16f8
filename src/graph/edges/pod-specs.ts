import { field, isObject, type Json, stringField } from '../../json.ts'
import { factsOf, isCustom } from '../../object/kinds.ts'
import type { Manifest } from '../../object/manifest.ts'
import type { Step } from '../../yaml/field.ts'
import { namespaceOfKind, type Reference, typedReference } from './references.ts'

/** The Pods of an object, or the Pod itself. */
export interface Pods {
  readonly spec: Json
  /** The path to their specification in the object. */
  readonly path: readonly Step[]
  /** Their labels, as far as the manifest has them. */
  readonly labels: Json | undefined
}

/** What is found in an object without knowing its kind. */
export interface Shape {
  readonly pods: readonly Pods[]
  /** References of a custom resource by kind and name, or by a class of its own group. */
  readonly references: readonly Reference[]
}

/**
 * Finds the Pods of an object: in the template of its kind, and in custom resources wherever a mapping looks like a Pod
 * specification. In custom resources it also finds references, in fields that end in `Ref`, `Refs` and `ClassName`.
 */
export function shapeOf({ id, object }: Manifest): Shape {
  const template = factsOf(id).podTemplate
  if (template !== undefined) {
    const spec = field(object, ...template, 'spec')
    const labels = field(object, ...template, 'metadata', 'labels')
    return { pods: spec === undefined ? [] : [{ spec, path: [...template, 'spec'], labels }], references: [] }
  }
  const shape: { pods: Pods[]; references: Reference[] } = { pods: [], references: [] }
  if (!isCustom(id.group)) return shape
  for (const [key, member] of Object.entries(object)) {
    if (key !== 'metadata' && key !== 'status') collectShape(member, object, [key], id.group, shape)
  }
  return shape
}

/** Searches the value at `path`, in the mapping `parent`, for Pods and references. */
function collectShape(
  value: Json,
  parent: Json,
  path: readonly Step[],
  group: string,
  shape: { pods: Pods[]; references: Reference[] },
): void {
  if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) collectShape(member, parent, [...path, index], group, shape)
    return
  }
  if (!isObject(value)) {
    const reference = classIn(value, path, group)
    if (reference !== undefined) shape.references.push(reference)
    return
  }
  if (isPodSpec(value)) {
    shape.pods.push({ spec: value, path, labels: field(parent, 'metadata', 'labels') })
    return
  }
  const reference = namesObject(path)
    ? typedReference(value, 'refers to', path, { group: undefined, kind: '' })
    : undefined
  if (reference !== undefined) shape.references.push(reference)
  for (const [key, member] of Object.entries(value)) collectShape(member, value, [...path, key], group, shape)
}

/** Whether a mapping looks like a Pod specification: it has a list of containers, each with an image or a name. */
function isPodSpec(value: Json): boolean {
  const containers = field(value, 'containers')
  return Array.isArray(containers) && containers.length > 0 && containers.every(isContainer)
}

function isContainer(value: Json): boolean {
  return stringField(value, 'image') !== undefined || stringField(value, 'name') !== undefined
}

/** Whether a field is a reference by its name, such as `issuerRef` or an entry of `parentRefs`. */
function namesObject(path: readonly Step[]): boolean {
  const name = path.findLast((step) => typeof step === 'string')
  return typeof name === 'string' && /(?:^r|R)efs?$/.test(name)
}

/** A class of the object's own group, or a well-known one, such as `gatewayClassName: shared`. */
function classIn(value: Json, path: readonly Step[], group: string): Reference | undefined {
  const [, word = ''] = /^(\w+Class)Name$/.exec(String(path.at(-1))) ?? []
  if (word === '' || typeof value !== 'string' || value === '') return undefined
  const kind = word.charAt(0).toUpperCase() + word.slice(1)
  return { rule: 'is of', group: CLASSES[kind] ?? group, kind, namespace: namespaceOfKind(kind), name: value, path }
}

const CLASSES: Readonly<Record<string, string>> = {
  IngressClass: 'networking.k8s.io',
  PriorityClass: 'scheduling.k8s.io',
  RuntimeClass: 'node.k8s.io',
  StorageClass: 'storage.k8s.io',
}
