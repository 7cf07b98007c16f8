import { field, isObject, type Json, stringField } from '../json.ts'
import { type Condition, conditionOf, describeCondition, oneLine } from './conditions.ts'
import { explanation } from './conventions.ts'
import type { Health, Status } from './status.ts'

/**
 * What is to be said of some kinds beyond the conventions, as data. Rules are looked at in their order, and the first one
 * whose tests all hold decides; where none does, the conventions do. A test is one of
 *
 * - `PATH`, `!PATH`: there is something (not null, '', an empty list or object), or there is nothing;
 * - `PATH = WORD|WORD`, `PATH != WORD|WORD`: it is one of the words, or it is there and none of them, whatever the case; `*`
 *   in a word stands for anything;
 * - `PATH = *`: it is there, even if it is empty, as in `automated: {}`;
 * - `A < B`, paths or numbers: it is a smaller number; what is missing is 0. `PATH < .KEY` compares with what stands beside it,
 *   `A + B < C` adds up.
 *
 * A path has dots between its keys; `*` is any of the members, of which one has to pass the test. `@Ready` is the status of
 * the condition of that type, `@Ready.reason`, `@Ready.message` and `@Ready.observedGeneration` are parts of it; `#NAME` is
 * an annotation or a label.
 */
export interface KindRules {
  /** Groups and kinds with a slash between them, separated by spaces; `*` stands for anything. */
  readonly kinds: string
  readonly rules: readonly StatusRule[]
}

/** A status, and the tests that all have to hold. */
export type StatusRule = readonly [status: Status, ...tests: string[]]

/** What a test found out: whether it holds, and what it saw, as a sentence without its end. */
interface Finding {
  readonly holds: boolean
  readonly reason: string
}

const TEST = /^(?<no>!)?(?<path>[@#]?[^\s!=<]+(?: \+ [^\s!=<]+(?=.* < ))*)(?: (?<operator>=|!=|<) (?<right>.+))?$/

const PART = /\.(reason|message|observedGeneration)$/

/** Judges an object by the first rule that applies; undefined where none does. */
export function healthByRules(rules: readonly StatusRule[], object: Json): Health | undefined {
  for (const [status, ...tests] of rules) {
    const findings = tests.map((test) => check(test, object))
    if (findings.every(({ holds }) => holds)) {
      const reason = findings.at(-1)?.reason ?? ''
      return { status, reason: reason || 'no rule says that it is ready' }
    }
  }
  return undefined
}

/** Whether a test is one that `byRules` understands. */
export function isStatusTest(test: string): boolean {
  return TEST.test(test)
}

/** The pattern of a word, or of a group and a kind, in which `*` stands for anything. */
export function testPattern(text: string): RegExp {
  const escaped = text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${escaped}$`, 'i')
}

function check(test: string, object: Json): Finding {
  const { no, path = '', operator, right = '' } = TEST.exec(test)?.groups ?? {}
  const isOpen = operator === '=' && right === '*'
  const found = placesAt(object, path).filter(({ value }) => (isOpen ? value !== null : isSomething(value)))
  if (operator === '<') return isLess(object, path, right)
  if (no !== undefined) return { holds: isLacking(object, path), reason: `there is no \`${nameOf(path)}\`` }
  if (operator === undefined) return { holds: found.length > 0, reason: describe(object, path, found[0]) }
  const patterns = right.split('|').map(testPattern)
  const isOneOf = (value: Json) => patterns.some((pattern) => pattern.test(wordOf(value)))
  const place = found.find(({ value }) => isOneOf(value) === (operator === '='))
  return { holds: place !== undefined, reason: describe(object, path, place) }
}

/** Whether there is nothing at a path; where it has a `*`, whether one of the members has nothing there, or none is. */
function isLacking(object: Json, path: string): boolean {
  const star = path.lastIndexOf('.*.')
  if (star === -1) return !valuesAt(object, path).some(isSomething)
  const members = valuesAt(object, path.slice(0, star + 2))
  return members.length === 0 || members.some((each) => !valuesAt(each, path.slice(star + 3)).some(isSomething))
}

function isLess(object: Json, path: string, right: string): Finding {
  const key = path.split('.').at(-1) ?? ''
  const holders = right.startsWith('.') ? valuesAt(object, path.slice(0, -key.length - 1)) : [object]
  const pairs = holders.map((holder) => {
    const isNear = right.startsWith('.')
    return [amountAt(holder, isNear ? key : path), amountAt(holder, isNear ? right.slice(1) : right)] as const
  })
  const [have, wanted] = pairs.find(([less, more]) => less < more) ?? []
  const reason = isNumber(path) ? `\`${nameOf(right)}\` is ${wanted}` : `${have} of ${wanted} in \`${nameOf(path)}\``
  return { holds: have !== undefined, reason }
}

/** A number, the one at a path, or the sum of several such; 0 where there is none. */
function amountAt(object: Json, path: string): number {
  if (path.includes(' + ')) return path.split(' + ').reduce((sum, each) => sum + amountAt(object, each), 0)
  const value = isNumber(path) ? path : valuesAt(object, path)[0]
  return typeof value === 'number' ? value : Number(typeof value === 'string' && isNumber(value) ? value : 0)
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text)
}

/** A value, and what it is in. */
interface FoundValue {
  readonly value: Json
  readonly holder: Json
}

/** All the values at a path; several where it has a `*` in it. */
function valuesAt(object: Json, path: string): readonly Json[] {
  return placesAt(object, path).map(({ value }) => value)
}

function placesAt(object: Json, path: string): readonly FoundValue[] {
  const metadata = field(object, 'metadata') ?? null
  if (path.startsWith('#')) {
    return ['annotations', 'labels'].flatMap((kind) => inside(metadata, field(metadata, kind, path.slice(1))))
  }
  if (path.startsWith('@')) return inside(object, partAt(conditionAt(object, path), path))
  const step = (places: readonly FoundValue[], key: string) =>
    places.flatMap(({ value }) => (key === '*' ? membersOf(value) : inside(value, field(value, key))))
  return path.split('.').reduce<readonly FoundValue[]>(step, [{ value: object, holder: object }])
}

function inside(holder: Json, value: Json | undefined): readonly FoundValue[] {
  return value === undefined ? [] : [{ value, holder }]
}

function membersOf(holder: Json): readonly FoundValue[] {
  const members: readonly Json[] = Array.isArray(holder) ? holder : isObject(holder) ? Object.values(holder) : []
  return members.map((value) => ({ value, holder }))
}

function conditionAt(object: Json, path: string): Condition | undefined {
  return path.startsWith('@') ? conditionOf(object, path.slice(1).replace(PART, '')) : undefined
}

function partAt(condition: Condition | undefined, path: string): Json | undefined {
  const part = PART.exec(path)?.[1]
  return condition?.[part === 'reason' || part === 'message' || part === 'observedGeneration' ? part : 'status']
}

function describe(object: Json, path: string, place: FoundValue | undefined): string {
  const condition = conditionAt(object, path)
  if (condition !== undefined) return describeCondition(condition)
  const text = wordOf(place?.value)
  const more = path.startsWith('status') ? explanation(place?.holder, text) : ''
  return `\`${nameOf(path)}\` is ${text === '' ? 'there' : text}${more}`
}

/** A path as a person reads it. */
function nameOf(path: string): string {
  return path.replace(/^[@#]/, '')
}

function isSomething(value: Json): boolean {
  if (value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** A text, number or truth value as a text; '' for what has parts, but for its message where it has one. */
function wordOf(value: Json | undefined): string {
  if (typeof value === 'object') return oneLine(stringField(value, 'message') ?? '')
  return value === undefined ? '' : oneLine(String(value))
}
