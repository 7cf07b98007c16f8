import * as core from '@actions/core'
import type { Redactor } from '../report/redactor.ts'
import { countChanges, RESULT_WORDS } from '../report/results.ts'
import type { RunReport } from '../report/run-report.ts'

/** Returns the outputs of a step except `report`, by name. Numbers are totals of all sets. */
export function outputsOf(report: RunReport, redactor: Redactor): Record<string, string | number | boolean> {
  const { sets } = report
  const sum = (count: (set: RunReport['sets'][number]) => number) => sets.reduce((total, set) => total + count(set), 0)
  return {
    result: report.result,
    changes: sum(({ counts, pruneCounts }) => countChanges(counts, pruneCounts)) > 0,
    commit: report.commit ?? '',
    'plan-digest': sets.map(({ planDigest }) => planDigest ?? '').join('\n'),
    objects: sum(({ counts }) => counts.objects),
    ...Object.fromEntries(RESULT_WORDS.map((word) => [word, sum(({ counts }) => counts[word])])),
    pruned: sum(({ pruneCounts }) => pruneCounts.pruned),
    kept: sum(({ pruneCounts }) => pruneCounts.kept),
    unhealthy: sets.flatMap(({ notReady }) => notReady.map(({ object }) => redactor.redact(object))).join('\n'),
  }
}

/** Sets an output of the step. */
export function setOutput(name: string, value: string | number | boolean): void {
  core.setOutput(name, value)
}
