import { COLLECTION_STYLE, EVENT_ID, type Event, SCALAR_STYLE } from 'js-yaml'
import type { Hint } from '../hint.ts'
import { isObject, type Json } from '../json.ts'
import type { ReadLimits } from '../read-limits.ts'
import { anchorOf, type CollectionEvent, children, type ScalarEvent, startOf, tagOf } from './events.ts'
import { keyText, type ParsedText } from './parse.ts'
import { resolveScalar, type Scalar } from './scalar.ts'
import { misspelling } from './spelling.ts'
import { limitExceeded, MAX_ISSUES, type YamlIssue } from './yaml-issue.ts'

/** A composed value, with what it comes to when its aliases are written out. */
interface ComposedNode {
  readonly value: Json
  /** Characters of JSON, roughly. */
  readonly size: number
  /** Levels of nesting in it. */
  readonly height: number
  /** How a float is written, which tells whether it may be a key. */
  readonly float?: string
  readonly isAlias?: boolean
}

/** A key whose value comes next. */
interface Key {
  readonly name: string
  readonly offset: number
  readonly isMerge: boolean
}

/** A collection whose end has not come yet. */
interface Frame {
  readonly event: CollectionEvent
  /** The event's number. */
  readonly index: number
  /** The members of a list; undefined for a mapping. */
  readonly list: Json[] | undefined
  readonly members: Record<string, Json>
  /** Whether it is written in brackets. */
  readonly isFlow: boolean
  size: number
  height: number
  key: Key | undefined
  /** The keys that a merge brought and no pair has set since, each with the offset of its merge. */
  merged: Map<string, number> | undefined
}

interface Composer {
  readonly parsed: ParsedText
  readonly limits: ReadLimits
  readonly issues: YamlIssue[]
  /** What anchors stand for: a collection whose end has not come yet is there as its frame. */
  readonly anchors: Map<string, ComposedNode | Frame>
  readonly frames: Frame[]
  root: ComposedNode | undefined
  aliases: number
  mergedKeys: number
  /** Where the node of the present event is written. */
  offset: number
}

const NOTHING: ComposedNode = { value: null, size: 4, height: 0 }

/**
 * Makes the value of one document from the parser's events, as kubectl would. It does not use js-yaml's own constructor,
 * which keeps a key that stands before a merge where kubectl overwrites it, counts aliases but not what they expand to, and
 * says where a key stands twice but not where it stood first. What kubectl would refuse, or read otherwise than YAML says,
 * becomes a trouble; the value is then not to be used. Raises `Stopped` at a limit.
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

function issue(composer: Composer, message: string, hint: Hint, offset = composer.offset): void {
  composer.issues.push({ message, hint, offset })
}

/** A trouble with a key that a mapping has already; the place of that is looked up for as many as anybody reads. */
function clash(composer: Composer, frame: Frame, name: string, issue: YamlIssue): void {
  if (composer.issues.length >= MAX_ISSUES) return
  const earlier = firstKey(composer, frame, name)
  composer.issues.push(earlier === undefined || earlier === issue.offset ? issue : { ...issue, earlier })
}

function open(composer: Composer, event: CollectionEvent, index: number): void {
  const isList = event.type === EVENT_ID.SEQUENCE
  const tag = tagOf(event, composer.parsed.text)
  if (tag !== undefined && TAGS.get(tag) !== (isList ? 'seq' : 'map')) refuseTag(composer)
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
  define(composer, event, frame)
  composer.frames.push(frame)
}

function close(composer: Composer): void {
  const frame = composer.frames.pop()
  if (frame === undefined) return // the end of the document
  const node = { value: frame.list ?? frame.members, size: frame.size, height: frame.height + 1 }
  composer.offset = startOf(frame.event) ?? composer.offset
  const anchor = anchorOf(frame.event, composer.parsed.text)
  // Not where a node inside of it has taken the name over.
  if (anchor !== undefined && composer.anchors.get(anchor) === frame) composer.anchors.set(anchor, node)
  add(composer, node)
}

/** Notes what a node's anchor stands for, if it has one. */
function define(composer: Composer, event: CollectionEvent | ScalarEvent, node: ComposedNode | Frame): void {
  const anchor = anchorOf(event, composer.parsed.text)
  if (anchor === undefined) return
  composer.anchors.set(anchor, node)
  if (/^[\w-]+$/.test(anchor) && /^[\s?:,\]}%@`]?$/.test(composer.parsed.text.charAt(event.anchorEnd))) return
  issue(composer, 'kubectl does not take this name of an anchor.', 'Use letters, digits, `-` and `_`.')
}

function addAlias(composer: Composer, event: Event): void {
  const { limits, offset } = composer
  composer.aliases += 1
  if (composer.aliases > limits.aliases) throw limitExceeded('There are too many aliases', 'aliases', limits, offset)
  const target = composer.anchors.get(anchorOf(event, composer.parsed.text) ?? '')
  if (target === undefined) {
    issue(
      composer,
      'This alias has no anchor before it in its document.',
      'Define the anchor first, in the same document.',
    )
  }
  const isOpen = target !== undefined && 'event' in target
  if (isOpen) issue(composer, 'This alias stands inside of what it refers to.', 'Write the value out.')
  add(composer, target === undefined || isOpen ? NOTHING : { ...target, isAlias: true })
}

function add(composer: Composer, node: ComposedNode, isMerge = false): void {
  const frame = composer.frames.at(-1)
  if (frame === undefined) composer.root = node
  else if (frame.list !== undefined) {
    frame.list.push(node.value)
    grow(composer, frame, node, 0)
  } else if (frame.key === undefined) frame.key = { name: nameOf(composer, node), offset: composer.offset, isMerge }
  else addPair(composer, frame, frame.key, node)
}

function addPair(composer: Composer, frame: Frame, { name, offset, isMerge }: Key, node: ComposedNode): void {
  frame.key = undefined
  if (isMerge) {
    merge(composer, frame, node, offset)
    return
  }
  if (Object.hasOwn(frame.members, name) && frame.merged?.delete(name) !== true) {
    const message = 'This key stands twice in one mapping, and kubectl would silently take the last one.'
    clash(composer, frame, name, { message, hint: 'Keep one of them.', offset })
  }
  if (name !== PROTOTYPE) frame.members[name] = node.value
  grow(composer, frame, node, name.length + 3)
}

/** Brings the keys of a mapping, or of several, into a frame; among several the first one that has a key wins. */
function merge(composer: Composer, frame: Frame, { isAlias, ...source }: ComposedNode, offset: number): void {
  const sources = Array.isArray(source.value) && isAlias !== true ? source.value : [source.value]
  if (!sources.every(isObject)) {
    const message = 'A merge (`<<`) takes a mapping, or a list of mappings.'
    issue(composer, message, 'Name mappings by their aliases.', offset)
    return
  }
  frame.merged ??= new Map()
  for (const each of sources) {
    for (const name of Object.keys(each)) {
      composer.mergedKeys += 1
      if (composer.mergedKeys > composer.limits['merge-keys']) {
        throw limitExceeded('Merges bring in too many keys', 'merge-keys', composer.limits, offset)
      }
      if (frame.merged.get(name) !== offset) mergeKey(composer, frame, name, each[name] ?? null, offset)
    }
  }
  grow(composer, frame, source, 0)
}

function mergeKey(composer: Composer, frame: Frame, name: string, value: Json, offset: number): void {
  if (Object.hasOwn(frame.members, name)) {
    const message =
      'This merge (`<<`) brings a key that stands before it: YAML keeps the earlier value, kubectl the merged one.'
    clash(composer, frame, name, { message, hint: 'Put the merge before the keys that it must not change.', offset })
  }
  frame.merged?.set(name, offset)
  frame.members[name] = value
}

function grow({ frames, limits, offset }: Composer, frame: Frame, node: ComposedNode, keySize: number): void {
  frame.size += node.size + keySize + 1
  frame.height = Math.max(frame.height, node.height)
  if (frame.size > limits['expanded-size']) {
    throw limitExceeded(
      'The document grows too large when its aliases are written out',
      'expanded-size',
      limits,
      offset,
    )
  }
  if (frames.length + node.height > limits.depth) {
    throw limitExceeded('Values are nested too deeply', 'depth', limits, offset)
  }
}

const PROTOTYPE = '__proto__'

/** Floats that as keys keep the text they are written with; Go formats others in ways that nobody expects. */
const FLOAT_KEY = /^-?(?=(\.?\d){1,5}$)(0|[1-9]\d*)(\.\d*[1-9])?$/

/** The text that kubectl makes of a key. */
function nameOf(composer: Composer, { value, float }: ComposedNode): string {
  const isText = value !== null && typeof value !== 'object'
  if (!isText || (float !== undefined && !FLOAT_KEY.test(float))) {
    issue(composer, 'kubectl takes no such key, or makes another text of it.', 'Put the key into quotes.')
    return ''
  }
  if (value === PROTOTYPE) {
    issue(composer, `The key \`${PROTOTYPE}\` is refused: too many programs take it for something else.`, 'Rename it.')
  }
  return String(value)
}

/** The offset of the first key of that name in a mapping. */
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

function refuseTag(composer: Composer): void {
  const hint = 'Leave it out: quotes make a string, and base64 stands in the `data` of a Secret as it is.'
  issue(composer, 'kubectl drops this tag, or changes the value by it.', hint)
}

function addScalar(composer: Composer, event: ScalarEvent): void {
  const text = composer.parsed.textOf(event)
  const isPlain = event.style === SCALAR_STYLE.PLAIN
  const tag = tagOf(event, composer.parsed.text)
  const scalar = tag !== undefined ? tagged(composer, tag, text) : isPlain ? resolveScalar(text) : string(text)
  if (composer.parsed.notation === 'yaml') checkYaml(composer, event)
  else checkJson(composer, event, scalar)
  const node = scalar.type === 'unfit' ? unfit(composer, scalar.reason) : nodeOf(scalar, text)
  define(composer, event, node)
  add(composer, node, isPlain && tag === undefined && text === '<<')
}

function checkYaml(composer: Composer, event: ScalarEvent): void {
  const frame = composer.frames.at(-1)
  const isKey = frame !== undefined && frame.list === undefined && frame.key === undefined
  const wrong = misspelling(composer.parsed.text, event, { isFlow: frame?.isFlow === true, isKey })
  if (wrong !== undefined) issue(composer, wrong.message, wrong.hint)
}

function checkJson(composer: Composer, { style }: ScalarEvent, scalar: Scalar): void {
  if (scalar.type !== 'str') return
  if (style === SCALAR_STYLE.PLAIN)
    issue(composer, 'This number is too large.', 'Put it into quotes if it is meant as text.')
  else if (!scalar.value.isWellFormed())
    issue(composer, 'This text has half a character.', 'Write the character itself.')
}

function nodeOf({ type, value }: Exclude<Scalar, { type: 'unfit' }>, text: string): ComposedNode {
  const node = { value, size: typeof value === 'string' ? value.length + 2 : 5, height: 0 }
  return type === 'float' ? { ...node, float: text } : node
}

function unfit(composer: Composer, reason: Extract<Scalar, { type: 'unfit' }>['reason']): ComposedNode {
  const message =
    reason === 'inexact'
      ? 'This number does not fit into 64 bits with a sign, and kubectl would round it.'
      : 'Infinity and NaN cannot be written as JSON.'
  issue(composer, message, 'Put it into quotes if it is meant as text.')
  return NOTHING
}

function tagged(composer: Composer, tag: string, text: string): Scalar {
  const wanted = TAGS.get(tag)
  if (wanted === 'str') return string(text)
  const scalar = resolveScalar(text)
  if (scalar.type === 'unfit' || scalar.type === wanted) return scalar
  if (wanted === 'float' && scalar.type === 'int') return { type: 'float', value: Number(scalar.value) }
  refuseTag(composer)
  return string(text)
}

function string(value: string): Scalar {
  return { type: 'str', value }
}
