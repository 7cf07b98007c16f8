import type { Outcome } from '../apply/outcome.ts'
import { type Problem, placeOf, type Warning, whatHappened } from '../errors.ts'
import type { Skipped } from '../manifests/discovery.ts'
import { countOf, describe } from '../manifests/manifest.ts'
import type { Ordering } from '../order/sequence.ts'

/** What a run found out and did, as far as it came. */
export interface Facts {
  /** The repository as the workflow names it. */
  readonly repository?: string
  /** Where the root of what is read lies in the workflow's own repository, so that annotations point there. */
  readonly workspacePath?: string | undefined
  readonly commit?: string | undefined
  /** The kubeconfig's context, which names the cluster for those who wrote the workflow. */
  readonly cluster?: string
  readonly skipped: readonly Skipped[]
  readonly warnings: readonly Warning[]
  /** In which order the objects are applied, and why. */
  readonly ordering?: Ordering
  readonly outcomes: readonly Outcome[]
  /** What stopped the run; empty when it came to its end. */
  readonly problems: readonly Problem[]
}

/** How many objects had which result. */
export interface Counts {
  readonly objects: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly failed: number
  readonly skipped: number
  readonly notReached: number
}

/** The one word for a run. */
export type Result = 'unchanged' | 'changed' | 'failed'

/** Counts the outcomes of a run. */
export function count(outcomes: readonly Outcome[]): Counts {
  const having = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result).length
  return {
    objects: outcomes.length,
    created: having('created'),
    updated: having('updated'),
    unchanged: having('unchanged'),
    failed: having('failed'),
    skipped: having('skipped'),
    notReached: having('not reached'),
  }
}

/** Everything that went wrong: what stopped the run, and each object that the server refused. */
export function failures({ outcomes, problems }: Facts): Problem[] {
  const refused = outcomes.flatMap((outcome): Problem[] =>
    outcome.result === 'failed'
      ? [
          {
            class: 'E-APPLY',
            message: outcome.message,
            location: outcome.location ?? outcome.manifest.location,
            object: describe(outcome.manifest.id),
            ...(outcome.blame === undefined ? {} : { next: outcome.blame }),
          },
        ]
      : [],
  )
  return [...problems, ...refused]
}

/** The result of a run: failed if anything went wrong, else whether something changed. */
export function resultOf(facts: Facts): Result {
  const { created, updated, skipped, notReached } = count(facts.outcomes)
  if (failures(facts).length > 0 || skipped + notReached > 0) return 'failed'
  return created + updated > 0 ? 'changed' : 'unchanged'
}

/** The run in one sentence, for a person. */
export function verdict(facts: Facts): string {
  const counts = count(facts.outcomes)
  const parts = [
    [counts.created, 'created'],
    [counts.updated, 'updated'],
    [counts.unchanged, 'unchanged'],
    [counts.failed, 'failed'],
    [counts.skipped, 'held back'],
    [counts.notReached, 'not reached'],
  ] as const
  const list = parts.flatMap(([number, word]) => (number > 0 ? [`${number} ${word}`] : [])).join(', ')
  const where = facts.commit === undefined ? '' : ` at ${facts.commit.slice(0, 12)}`
  const objects = countOf(facts.outcomes)
  if (resultOf(facts) !== 'failed') {
    return counts.created + counts.updated === 0
      ? `Nothing to do: ${objects}${where} unchanged.`
      : `Applied ${objects}${where}: ${list}.`
  }
  const [stopped] = facts.problems
  const more = facts.problems.length > 1 ? ` (and ${facts.problems.length - 1} more)` : ''
  if (stopped !== undefined) {
    const done = counts.objects > 0 ? ` ${list}.` : ' Nothing was applied.'
    const what = stopped.object === undefined ? '' : `${stopped.object}: `
    return `Failed: ${what}${firstLine(whatHappened(stopped))}${more}${done}`
  }
  return `Failed: ${counts.failed + counts.skipped + counts.notReached} of ${objects}${where} could not be applied: ${list}.`
}

/** The first line of a message, ended as a sentence. */
function firstLine(message: string): string {
  const line = message.split('\n')[0] ?? ''
  return /[.!?:]$/.test(line) ? line : `${line}.`
}

/** A problem as text for a log: class, place and object first, then what happened, then what to do. */
export function problemText(problem: Problem): string {
  return textOf(problem.class, problem, '\n')
}

/** A warning as a line for a log. */
export function warningText(warning: Warning): string {
  return textOf('warning', warning, ' ')
}

function textOf(kind: string, warning: Warning, between: string): string {
  const { location, object = '', next } = warning
  const head = [kind, placeOf(location), object].filter((part) => part !== '').join(' ')
  return [`${head}: ${whatHappened(warning)}`, ...(next === undefined ? [] : [next])].join(between)
}
