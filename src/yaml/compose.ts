import { COLLECTION_STYLE, EVENT_ID, type Event, SCALAR_STYLE } from 'js-yaml'
import type { Hint } from '../hint.ts'
import { isObject, type Json } from '../json.ts'
import type { ReadLimits } from '../read-limits.ts'
import { anchorOf, type CollectionEvent, children, type ScalarEvent, startOf, tagOf } from './events.ts'
import { keyText, type ParsedText } from './parse.ts'
import { resolveScalar, type Scalar } from './scalar.ts'
import { spellingIssue } from './spelling.ts'
import { limitExceeded, MAX_ISSUES, type YamlIssue } from './yaml-issue.ts'

/** A composed value, with its size when its aliases are expanded. */
interface ComposedNode {
  readonly value: Json
  /** The approximate number of characters of JSON. */
  readonly size: number
  /** The number of levels of nesting. */
  readonly height: number
  /** The text of a float, which decides whether it may be a key. */
  readonly float?: string
  readonly isAlias?: boolean
}

/** A key whose value follows. */
interface Key {
  readonly name: string
  readonly offset: number
  readonly isMerge: boolean
}

/** A collection that has not ended yet. */
interface Frame {
  readonly event: CollectionEvent
  /** The index of the event. */
  readonly index: number
  /** The members of a list; undefined for a mapping. */
  readonly list: Json[] | undefined
  readonly members: Record<string, Json>
  /** Whether it is in flow style (in brackets). */
  readonly isFlow: boolean
  size: number
  height: number
  key: Key | undefined
  /** The keys that merges added and no later pair has set, each with the offset of its merge. */
  merged: Map<string, number> | undefined
}

interface Composer {
  readonly parsed: ParsedText
  readonly limits: ReadLimits
  readonly issues: YamlIssue[]
  /** The nodes of anchors; for a collection that has not ended yet, its frame. */
  readonly anchors: Map<string, ComposedNode | Frame>
  readonly frames: Frame[]
  root: ComposedNode | undefined
  aliases: number
  mergedKeys: number
  /** The offset of the node of the current event. */
  offset: number
}

const NULL_NODE: ComposedNode = { value: null, size: 4, height: 0 }

/**
 * Composes the value of one document from the parser's events, as kubectl does. It does not use js-yaml's constructor,
 * which keeps a key before a merge where kubectl overwrites it, limits aliases but not what they expand to, and reports a
 * duplicate key without the location of the first one. Anything that kubectl rejects, or reads differently than YAML says,
 * becomes an issue; the value must not be used then. Raises `FatalIssue` at a limit.
 */
export function compose(
  parsed: ParsedText,
  limits: ReadLimits,
): { readonly value: Json | undefined; readonly issues: readonly YamlIssue[] } {
  const composer: Composer = {
    parsed,
    limits,
    issues: [],
    anchors: new Map(),
    frames: [],
    root: undefined,
    aliases: 0,
    mergedKeys: 0,
    offset: 0,
  }
  for (const [index, event] of parsed.events.entries()) {
    if (composer.issues.length >= MAX_ISSUES) break
    composer.offset = startOf(event) ?? composer.offset
    if (event.type === EVENT_ID.POP) close(composer)
    else if (event.type === EVENT_ID.SCALAR) addScalar(composer, event)
    else if (event.type === EVENT_ID.ALIAS) addAlias(composer, event)
    else if (event.type !== EVENT_ID.DOCUMENT) open(composer, event, index)
  }
  return { value: composer.root?.value, issues: composer.issues }
}

function addIssue(composer: Composer, reason: string, message: string, hint: Hint, offset = composer.offset): void {
  composer.issues.push({ reason, message, hint, offset })
}

/** Adds the issue of a key that a mapping already has, with the offset of the earlier one. */
function addDuplicateKey(composer: Composer, frame: Frame, name: string, issue: YamlIssue): void {
  if (composer.issues.length >= MAX_ISSUES) return
  const earlier = firstKey(composer, frame, name)
  composer.issues.push(earlier === undefined || earlier === issue.offset ? issue : { ...issue, earlier })
}

function open(composer: Composer, event: CollectionEvent, index: number): void {
  const isList = event.type === EVENT_ID.SEQUENCE
  const tag = tagOf(event, composer.parsed.text)
  if (tag !== undefined && TAGS.get(tag) !== (isList ? 'seq' : 'map')) addTagIssue(composer)
  const frame: Frame = {
    index,
    event,
    list: isList ? [] : undefined,
    members: {},
    isFlow: event.style === COLLECTION_STYLE.FLOW,
    size: 2,
    height: 0,
    key: undefined,
    merged: undefined,
  }
  defineAnchor(composer, event, frame)
  composer.frames.push(frame)
}

function close(composer: Composer): void {
  const frame = composer.frames.pop()
  if (frame === undefined) return // the end of the document
  const node = { value: frame.list ?? frame.members, size: frame.size, height: frame.height + 1 }
  composer.offset = startOf(frame.event) ?? composer.offset
  const anchor = anchorOf(frame.event, composer.parsed.text)
  // Unless a node inside of it has redefined the anchor.
  if (anchor !== undefined && composer.anchors.get(anchor) === frame) composer.anchors.set(anchor, node)
  add(composer, node)
}

/** Defines the anchor of a node, if it has one. */
function defineAnchor(composer: Composer, event: CollectionEvent | ScalarEvent, node: ComposedNode | Frame): void {
  const anchor = anchorOf(event, composer.parsed.text)
  if (anchor === undefined) return
  composer.anchors.set(anchor, node)
  if (/^[\w-]+$/.test(anchor) && /^[\s?:,\]}%@`]?$/.test(composer.parsed.text.charAt(event.anchorEnd))) return
  addIssue(composer, 'InvalidAnchor', 'kubectl rejects the name of this anchor.', 'Use letters, digits, `-` and `_`.')
}

function addAlias(composer: Composer, event: Event): void {
  const { limits, offset } = composer
  composer.aliases += 1
  if (composer.aliases > limits.aliases) throw limitExceeded('There are too many aliases', 'aliases', limits, offset)
  const target = composer.anchors.get(anchorOf(event, composer.parsed.text) ?? '')
  if (target === undefined) {
    addIssue(
      composer,
      'UnknownAlias',
      'The anchor of this alias is not defined earlier in the document.',
      'Define the anchor before the alias, in the same document.',
    )
  }
  const isOpen = target !== undefined && 'event' in target
  if (isOpen)
    addIssue(composer, 'RecursiveAlias', 'This alias refers to a value that contains it.', 'Write out the value.')
  add(composer, target === undefined || isOpen ? NULL_NODE : { ...target, isAlias: true })
}

function add(composer: Composer, node: ComposedNode, isMerge = false): void {
  const frame = composer.frames.at(-1)
  if (frame === undefined) composer.root = node
  else if (frame.list !== undefined) {
    frame.list.push(node.value)
    grow(composer, frame, node, 0)
  } else if (frame.key === undefined) frame.key = { name: keyName(composer, node), offset: composer.offset, isMerge }
  else addPair(composer, frame, frame.key, node)
}

function addPair(composer: Composer, frame: Frame, { name, offset, isMerge }: Key, node: ComposedNode): void {
  frame.key = undefined
  if (isMerge) {
    merge(composer, frame, node, offset)
    return
  }
  if (Object.hasOwn(frame.members, name) && frame.merged?.delete(name) !== true) {
    const message = 'Duplicate key: kubectl would silently use the last one.'
    addDuplicateKey(composer, frame, name, { reason: 'DuplicateKey', message, hint: 'Keep one of them.', offset })
  }
  if (name !== PROTOTYPE_KEY) frame.members[name] = node.value
  grow(composer, frame, node, name.length + 3)
}

/** Merges the keys of one or more mappings into a frame; the first mapping that has a key wins. */
function merge(composer: Composer, frame: Frame, { isAlias, ...source }: ComposedNode, offset: number): void {
  const sources = Array.isArray(source.value) && isAlias !== true ? source.value : [source.value]
  if (!sources.every(isObject)) {
    const message = 'The value of a merge (`<<`) must be a mapping, or a list of mappings.'
    addIssue(composer, 'InvalidMerge', message, 'Use aliases of mappings.', offset)
    return
  }
  frame.merged ??= new Map()
  for (const mapping of sources) {
    for (const name of Object.keys(mapping)) {
      composer.mergedKeys += 1
      if (composer.mergedKeys > composer.limits['merge-keys']) {
        throw limitExceeded('Merges add too many keys', 'merge-keys', composer.limits, offset)
      }
      if (frame.merged.get(name) !== offset) mergeKey(composer, frame, name, mapping[name] ?? null, offset)
    }
  }
  grow(composer, frame, source, 0)
}

function mergeKey(composer: Composer, frame: Frame, name: string, value: Json, offset: number): void {
  if (Object.hasOwn(frame.members, name)) {
    const message =
      'This merge (`<<`) repeats a key that precedes it: YAML keeps the earlier value, kubectl the merged one.'
    const hint = 'Put the merge before the keys that it must not change.'
    addDuplicateKey(composer, frame, name, { reason: 'MergeAfterKey', message, hint, offset })
  }
  frame.merged?.set(name, offset)
  frame.members[name] = value
}

function grow({ frames, limits, offset }: Composer, frame: Frame, node: ComposedNode, keySize: number): void {
  frame.size += node.size + keySize + 1
  frame.height = Math.max(frame.height, node.height)
  if (frame.size > limits['expanded-size']) {
    throw limitExceeded('The document is too large with its aliases expanded', 'expanded-size', limits, offset)
  }
  if (frames.length + node.height > limits.depth) {
    throw limitExceeded('Values are nested too deeply', 'depth', limits, offset)
  }
}

const PROTOTYPE_KEY = '__proto__'

/** Floats that as keys keep their text. Go formats others differently. */
const FLOAT_KEY = /^-?(?=(\.?\d){1,5}$)(0|[1-9]\d*)(\.\d*[1-9])?$/

/** Returns the name that kubectl reads for a key. */
function keyName(composer: Composer, { value, float }: ComposedNode): string {
  const isText = value !== null && typeof value !== 'object'
  if (!isText || (float !== undefined && !FLOAT_KEY.test(float))) {
    addIssue(composer, 'InvalidKey', 'kubectl rejects this key, or changes its text.', 'Quote the key.')
    return ''
  }
  if (value === PROTOTYPE_KEY) {
    const message = `The key \`${PROTOTYPE_KEY}\` is not allowed: many programs give it a special meaning.`
    addIssue(composer, 'KeyNotAllowed', message, 'Rename it.')
  }
  return String(value)
}

/** Returns the offset of the first key of that name in a mapping. */
function firstKey({ parsed }: Composer, frame: Frame, name: string): number | undefined {
  let isKey = false
  for (const index of children(parsed.events, frame.index)) {
    const event = parsed.events[index]
    isKey = !isKey
    if (isKey && event?.type === EVENT_ID.SCALAR && keyText(parsed, event) === name) return startOf(event)
  }
  return undefined
}

const TAGS: ReadonlyMap<string, string> = new Map(
  ['str', 'int', 'float', 'bool', 'null', 'seq', 'map'].flatMap((name): [string, string][] => [
    [`!!${name}`, name],
    [`!<tag:yaml.org,2002:${name}>`, name],
  ]),
)

function addTagIssue(composer: Composer): void {
  const hint = 'Remove it. Use quotes for a string; the `data` of a Secret needs no tag for base64.'
  addIssue(composer, 'UnsupportedTag', 'kubectl ignores this tag, or changes the value because of it.', hint)
}

function addScalar(composer: Composer, event: ScalarEvent): void {
  const text = composer.parsed.textOf(event)
  const isPlain = event.style === SCALAR_STYLE.PLAIN
  const tag = tagOf(event, composer.parsed.text)
  const scalar = tag !== undefined ? tagged(composer, tag, text) : isPlain ? resolveScalar(text) : string(text)
  if (composer.parsed.notation === 'yaml') checkYaml(composer, event)
  else checkJson(composer, event, scalar)
  const node = scalar.type === 'unsupported' ? addNumberIssue(composer, scalar.reason) : nodeOf(scalar, text)
  defineAnchor(composer, event, node)
  add(composer, node, isPlain && tag === undefined && text === '<<')
}

function checkYaml(composer: Composer, event: ScalarEvent): void {
  const frame = composer.frames.at(-1)
  const isKey = frame !== undefined && frame.list === undefined && frame.key === undefined
  const found = spellingIssue(composer.parsed.text, event, { isFlow: frame?.isFlow === true, isKey })
  if (found !== undefined) addIssue(composer, found.reason, found.message, found.hint)
}

function checkJson(composer: Composer, { style }: ScalarEvent, scalar: Scalar): void {
  if (scalar.type !== 'str') return
  if (style === SCALAR_STYLE.PLAIN)
    addIssue(composer, 'NumberTooLarge', 'This number is too large.', 'Quote it if it is a string.')
  else if (!scalar.value.isWellFormed())
    addIssue(composer, 'InvalidCharacter', 'This string has half of a surrogate pair.', 'Write the character itself.')
}

function nodeOf({ type, value }: Exclude<Scalar, { type: 'unsupported' }>, text: string): ComposedNode {
  const node = { value, size: typeof value === 'string' ? value.length + 2 : 5, height: 0 }
  return type === 'float' ? { ...node, float: text } : node
}

function addNumberIssue(composer: Composer, reason: Extract<Scalar, { type: 'unsupported' }>['reason']): ComposedNode {
  const message =
    reason === 'inexact'
      ? 'This number does not fit into a signed 64-bit integer, and kubectl would round it.'
      : 'Infinity and NaN cannot be converted to JSON.'
  addIssue(composer, 'UnsupportedNumber', message, 'Quote it if it is a string.')
  return NULL_NODE
}

function tagged(composer: Composer, tag: string, text: string): Scalar {
  const type = TAGS.get(tag)
  if (type === 'str') return string(text)
  const scalar = resolveScalar(text)
  if (scalar.type === 'unsupported' || scalar.type === type) return scalar
  if (type === 'float' && scalar.type === 'int') return { type: 'float', value: Number(scalar.value) }
  addTagIssue(composer)
  return string(text)
}

function string(value: string): Scalar {
  return { type: 'str', value }
}
