import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { healthOf, isReady } from '../../src/health/health.ts'
import { STATUSES, type Status } from '../../src/health/status.ts'
import { type Json, listField, parseJson, stringField } from '../../src/json.ts'

/** An object as its controller leaves it in some situation, and what its project means by that. */
export interface Example {
  /** As `group/Kind`. */
  readonly groupKind: string
  readonly what: string
  readonly object: Json
  /** More than one where people may differ. */
  readonly expected: readonly Status[]
}

/** An example in which we differ, with what we say. */
export interface Misjudged extends Example {
  readonly ours: Status
  readonly reason: string
}

/**
 * The examples of kinds of which Argo CD's tests have none, one a line in `examples.jsonl`. They were written from the types,
 * docs and controllers of their projects, without a look at the rules here.
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

/** Those of some differing examples that are called ready, and are not. */
export function falselyReady(wrong: readonly Misjudged[]): readonly Misjudged[] {
  return wrong.filter(
    ({ ours, expected }) => isReady({ status: ours }) && !expected.some((status) => isReady({ status })),
  )
}

/** Those of some examples in which we differ; with rules for no kind, by the conventions alone. */
export function misjudged(examples: readonly Example[], rules?: Parameters<typeof healthOf>[2]): readonly Misjudged[] {
  return examples.flatMap((example) => {
    const [group = '', kind = ''] = example.groupKind.split('/')
    const { status, reason } = healthOf({ group, kind }, example.object, rules)
    return example.expected.includes(status) ? [] : [{ ...example, ours: status, reason }]
  })
}
