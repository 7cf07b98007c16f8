import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { healthOf, isReady } from '../../src/health/health.ts'
import { STATUSES, type Status } from '../../src/health/status.ts'
import { type Json, listField, parseJson, stringField } from '../../src/json.ts'

/** An object as its controller writes it in some situation, and its expected health. */
export interface Example {
  /** As `group/Kind`. */
  readonly groupKind: string
  readonly what: string
  readonly object: Json
  /** Several statuses if more than one is right. */
  readonly expected: readonly Status[]
}

/** An example in which Fairlead differs, with its health. */
export interface Misjudged extends Example {
  readonly ours: Status
  readonly reason: string
}

/**
 * The examples in `examples.jsonl`, one per line, of kinds that Argo CD's tests do not cover. They were written from the types,
 * docs and controllers of their projects, independently of the rules here.
 */
export function readExamples(): readonly Example[] {
  const lines = readFileSync(join(import.meta.dirname, 'examples.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => {
    const object = parseJson(line)
    const [groupKind = '', what = ''] = ['kind', 'what'].map((key) => stringField(object, key))
    const named = listField(object, 'expected')
    return { groupKind, what, object, expected: STATUSES.filter((status) => named.includes(status)) }
  })
}

/** The differing examples that Fairlead calls ready although they are not. */
export function falselyReady(wrong: readonly Misjudged[]): readonly Misjudged[] {
  return wrong.filter(
    ({ ours, expected }) => isReady({ status: ours }) && !expected.some((status) => isReady({ status })),
  )
}

/** The examples in which Fairlead differs; `rules` may replace the kind rules. */
export function misjudged(examples: readonly Example[], rules?: Parameters<typeof healthOf>[2]): readonly Misjudged[] {
  return examples.flatMap((example) => {
    const [group = '', kind = ''] = example.groupKind.split('/')
    const { status, reason } = healthOf({ group, kind }, example.object, rules)
    return example.expected.includes(status) ? [] : [{ ...example, ours: status, reason }]
  })
}
