import { type Diagnostic, formatMessage } from '../diagnostics.ts'
import { formatCount } from '../object/object-id.ts'
import { type Counts, countChanges, PRUNE_WORDS, type PruneCounts, RESULT_WORDS } from './results.ts'

/** The input of a summary line. */
export interface SummaryInput {
  /** The error that stopped the set or the run; objects that could not be applied are counted instead. */
  readonly errors: readonly Diagnostic[]
  readonly counts: Counts
  readonly pruneCounts: PruneCounts
  readonly mode: 'apply' | 'plan'
  readonly commit: string | undefined
  readonly isReady: boolean | undefined
  /** Whether the execution of the plan started. */
  readonly wasExecuted: boolean
}

/** The summary of a set, or of a run with one set, as a sentence. */
export function summarize(input: SummaryInput): string {
  const { errors, counts, pruneCounts, mode, commit } = input
  const [first, ...more] = errors
  if (first !== undefined) return failure(first, more.length, input)
  const at = commit === undefined ? '' : ` at ${commit.slice(0, 12)}`
  const objects = `${formatCount(counts.objects)}${at}`
  const failed = counts.failed + counts.terminating + counts.skipped + counts.pending
  if (failed > 0) return `Failed: ${failed} of ${objects} could not be applied: ${countsText(input)}.`
  if (countChanges(counts, pruneCounts) > 0)
    return `${mode === 'plan' ? 'Plan for' : 'Applied'} ${objects}: ${countsText(input)}.`
  if (counts.unchanged < counts.objects) return `Nothing to do for ${objects}: ${countsText(input)}.`
  return `Nothing to do: ${objects} unchanged${extrasText(input)}.`
}

function failure(first: Diagnostic, more: number, input: SummaryInput): string {
  const object = first.object === undefined ? '' : `${first.object}: `
  const others = more > 0 ? ` (and ${more} more)` : ''
  const done = input.wasExecuted ? `${countsText(input)}.` : 'Nothing was applied.'
  return `Failed: ${object}${firstLine(formatMessage(first))}${others} ${done}`
}

function countsText(input: SummaryInput): string {
  const { counts } = input
  const results = RESULT_WORDS.flatMap((word) => (counts[word] > 0 ? [`${counts[word]} ${word}`] : [])).join(', ')
  return `${results}${extrasText(input)}`.replace(/^; /, '')
}

function extrasText({ pruneCounts, isReady }: SummaryInput): string {
  const removed = PRUNE_WORDS.flatMap((word) => (pruneCounts[word] > 0 ? [`${pruneCounts[word]} ${word}`] : []))
  const parts = [
    ...(removed.length === 0 ? [] : [`removed from Git: ${removed.join(', ')}`]),
    ...(isReady === true ? ['everything is ready'] : []),
  ]
  return parts.map((part) => `; ${part}`).join('')
}

/** The first line of a message, with a full stop. */
function firstLine(message: string): string {
  const line = message.split('\n')[0] ?? ''
  return /[.!?:]$/.test(line) ? line : `${line}.`
}
