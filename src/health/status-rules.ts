import { field, isObject, type Json, stringField } from '../json.ts'
import { type Condition, conditionOf, describeCondition, oneLine } from './conditions.ts'
import { explanation } from './conventions.ts'
import type { Health, Status } from './status.ts'

/**
 * Health rules for some kinds, as data. The first rule whose tests all pass decides; if there is none, the conventions do. A
 * test is one of
 *
 * - `PATH`, `!PATH`: the value is set (not null, '', or an empty list or object), or is not set;
 * - `PATH = WORD|WORD`, `PATH != WORD|WORD`: the value is one of the words, or is set and is none of them; case-insensitive, and
 *   `*` in a word matches any text;
 * - `PATH = *`: the value exists, even if it is empty, as in `automated: {}`;
 * - `A < B`, paths or numbers: A is less than B; a missing number is 0. `PATH < .KEY` compares with a key of the same object,
 *   and `A + B < C` compares a sum.
 *
 * The keys of a path are separated by dots; `*` is any member, and one of them must pass the test. `@Ready` is the status of
 * the condition of that type; `@Ready.reason`, `@Ready.message` and `@Ready.observedGeneration` are its fields. `#NAME` is an
 * annotation or a label.
 */
export interface KindRules {
  /** Patterns of `group/Kind`, separated by spaces; `*` matches any text. */
  readonly kinds: string
  readonly rules: readonly StatusRule[]
}

/** A status, and the tests that must all pass. */
export type StatusRule = readonly [status: Status, ...tests: string[]]

/** The result of a test: whether it passed, and what it found, as a clause without a full stop. */
interface TestResult {
  readonly passes: boolean
  readonly reason: string
}

const TEST = /^(?<no>!)?(?<path>[@#]?[^\s!=<]+(?: \+ [^\s!=<]+(?=.* < ))*)(?: (?<operator>=|!=|<) (?<right>.+))?$/

const FIELD_SUFFIX = /\.(reason|message|observedGeneration)$/

/** The health of an object by the first rule that applies; undefined if there is none. */
export function healthByRules(rules: readonly StatusRule[], object: Json): Health | undefined {
  for (const [status, ...tests] of rules) {
    const results = tests.map((test) => check(test, object))
    if (results.every(({ passes }) => passes)) {
      const reason = results.at(-1)?.reason ?? ''
      return { status, reason: reason || 'no rule says that it is ready' }
    }
  }
  return undefined
}

/** Whether the syntax of a test is valid. */
export function isStatusTest(test: string): boolean {
  return TEST.test(test)
}

/** A case-insensitive pattern for a word or a `group/Kind`, in which `*` matches any text. */
export function testPattern(text: string): RegExp {
  const escaped = text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${escaped}$`, 'i')
}

function check(test: string, object: Json): TestResult {
  const { no, path = '', operator, right = '' } = TEST.exec(test)?.groups ?? {}
  const isAnyValue = operator === '=' && right === '*'
  const found = findAt(object, path).filter(({ value }) => (isAnyValue ? value !== null : isSet(value)))
  if (operator === '<') return checkLess(object, path, right)
  if (no !== undefined) return { passes: isUnset(object, path), reason: `\`${nameOf(path)}\` is missing` }
  if (operator === undefined) return { passes: found.length > 0, reason: describe(object, path, found[0]) }
  const patterns = right.split('|').map(testPattern)
  const isOneOf = (value: Json) => patterns.some((pattern) => pattern.test(textOf(value)))
  const match = found.find(({ value }) => isOneOf(value) === (operator === '='))
  return { passes: match !== undefined, reason: describe(object, path, match) }
}

/** Whether a path is not set; for a path with a `*`, whether it is not set in some member or there are no members. */
function isUnset(object: Json, path: string): boolean {
  const star = path.lastIndexOf('.*.')
  if (star === -1) return !valuesAt(object, path).some(isSet)
  const members = valuesAt(object, path.slice(0, star + 2))
  return members.length === 0 || members.some((member) => !valuesAt(member, path.slice(star + 3)).some(isSet))
}

function checkLess(object: Json, path: string, right: string): TestResult {
  const key = path.split('.').at(-1) ?? ''
  const holders = right.startsWith('.') ? valuesAt(object, path.slice(0, -key.length - 1)) : [object]
  const pairs = holders.map((holder) => {
    const isSibling = right.startsWith('.')
    return [amountAt(holder, isSibling ? key : path), amountAt(holder, isSibling ? right.slice(1) : right)] as const
  })
  const [have, wanted] = pairs.find(([less, more]) => less < more) ?? []
  const reason = isDigits(path) ? `\`${nameOf(right)}\` is ${wanted}` : `${have} of ${wanted} in \`${nameOf(path)}\``
  return { passes: have !== undefined, reason }
}

/** A number, the number at a path, or the sum of several; 0 if it is missing. */
function amountAt(object: Json, path: string): number {
  if (path.includes(' + ')) return path.split(' + ').reduce((sum, term) => sum + amountAt(object, term), 0)
  const value = isDigits(path) ? path : valuesAt(object, path)[0]
  return typeof value === 'number' ? value : Number(typeof value === 'string' && isDigits(value) ? value : 0)
}

function isDigits(text: string): boolean {
  return /^\d+$/.test(text)
}

/** A value and the object or list that contains it. */
interface FoundValue {
  readonly value: Json
  readonly holder: Json
}

/** All values at a path; there may be several if it has a `*`. */
function valuesAt(object: Json, path: string): readonly Json[] {
  return findAt(object, path).map(({ value }) => value)
}

function findAt(object: Json, path: string): readonly FoundValue[] {
  const metadata = field(object, 'metadata') ?? null
  if (path.startsWith('#')) {
    return ['annotations', 'labels'].flatMap((kind) => foundIn(metadata, field(metadata, kind, path.slice(1))))
  }
  if (path.startsWith('@')) return foundIn(object, conditionField(conditionAt(object, path), path))
  const step = (matches: readonly FoundValue[], key: string) =>
    matches.flatMap(({ value }) => (key === '*' ? membersOf(value) : foundIn(value, field(value, key))))
  return path.split('.').reduce<readonly FoundValue[]>(step, [{ value: object, holder: object }])
}

function foundIn(holder: Json, value: Json | undefined): readonly FoundValue[] {
  return value === undefined ? [] : [{ value, holder }]
}

function membersOf(holder: Json): readonly FoundValue[] {
  const members: readonly Json[] = Array.isArray(holder) ? holder : isObject(holder) ? Object.values(holder) : []
  return members.map((value) => ({ value, holder }))
}

function conditionAt(object: Json, path: string): Condition | undefined {
  return path.startsWith('@') ? conditionOf(object, path.slice(1).replace(FIELD_SUFFIX, '')) : undefined
}

function conditionField(condition: Condition | undefined, path: string): Json | undefined {
  const part = FIELD_SUFFIX.exec(path)?.[1]
  return condition?.[part === 'reason' || part === 'message' || part === 'observedGeneration' ? part : 'status']
}

function describe(object: Json, path: string, match: FoundValue | undefined): string {
  const condition = conditionAt(object, path)
  if (condition !== undefined) return describeCondition(condition)
  const text = textOf(match?.value)
  const more = path.startsWith('status') ? explanation(match?.holder, text) : ''
  return `\`${nameOf(path)}\` is ${text === '' ? 'set' : text}${more}`
}

/** A path without its prefix `@` or `#`. */
function nameOf(path: string): string {
  return path.replace(/^[@#]/, '')
}

function isSet(value: Json): boolean {
  if (value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** A string, number or boolean as text; for an object its message, or ''. */
function textOf(value: Json | undefined): string {
  if (typeof value === 'object') return oneLine(stringField(value, 'message') ?? '')
  return value === undefined ? '' : oneLine(String(value))
}
