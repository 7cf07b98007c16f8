import type { ApplyResult } from '../apply/apply-result.ts'
import type { Diagnostic, Warning } from '../diagnostics.ts'
import { formatHint, type OptionStyle } from '../hint.ts'
import { apiVersionOf } from '../object/manifest.ts'
import { formatId, type ObjectId } from '../object/object-id.ts'
import type { ObjectPlan } from '../plan/object-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'
import type { UnreadyObject } from '../wait/unready-object.ts'
import type {
  DiagnosticReport,
  ObjectIdReport,
  ObjectReport,
  RemovedObjectReport,
  UnreadyObjectReport,
} from './run-report.ts'

/** An error or a warning for the report, with options in its hint written in the entry point's `style`. */
export function diagnosticReport(diagnostic: Diagnostic | Warning, style: OptionStyle): DiagnosticReport {
  const { reason = null, message, object = null, location = null, relatedLocation = null, hint } = diagnostic
  const code = 'code' in diagnostic ? diagnostic.code : null
  return {
    severity: code === null ? 'warning' : 'error',
    code,
    reason,
    message,
    object,
    location,
    relatedLocation,
    hint: hint === undefined ? null : formatHint(hint, style),
  }
}

/** The objects of a set that are not unchanged, each with its plan and result. */
export function objectReports(results: readonly ApplyResult[], plan: Plan | undefined): ObjectReport[] {
  const changed = results.filter(({ result }) => result !== 'unchanged')
  if (changed.length === 0) return []
  const plans = new Map(plan?.objects.map((object) => [object.manifest, object]))
  return changed.map((result) => objectReport(result, plans.get(result.manifest)))
}

function objectReport(applyResult: ApplyResult, plan: ObjectPlan | undefined): ObjectReport {
  const { manifest, result } = applyResult
  const message = 'message' in applyResult ? applyResult.message : undefined
  const reason = 'reason' in applyResult ? applyResult.reason : undefined
  const planned = plan?.result === result ? plan.reason : undefined
  return {
    ...idReport(manifest.id),
    ...{ apiVersion: apiVersionOf(manifest), result, location: manifest.location },
    ...{ reason: reason ?? planned ?? null, message: message ?? null },
    ...{ checkedBy: plan?.checkedBy ?? null, uncheckedBecause: plan?.uncheckedBecause ?? null },
    ...{ diffs: plan?.diffs ?? [], fieldTakeovers: plan?.fieldTakeovers ?? [] },
    ...{ driftAuthors: plan?.driftAuthors ?? [], unmanagedFields: plan?.unmanagedFields ?? [] },
  }
}

/** An object removed from Git, for the report. */
export function removedReport(decision: PruneDecision): RemovedObjectReport {
  const { id, result, reason, message } = decision
  return { ...idReport(id), result, reason: reason ?? null, message: message ?? null }
}

/** An object that is not ready, for the report. */
export function unreadyReport({ id, status, reason }: UnreadyObject): UnreadyObjectReport {
  return { ...idReport(id), status, message: reason }
}

function idReport(id: ObjectId): ObjectIdReport {
  const { group, kind, namespace, name } = id
  return { object: formatId(id), group, kind, namespace, name }
}

/** An error for each object that could not be applied. */
export function errorsOfResults(results: readonly ApplyResult[]): Diagnostic[] {
  return results.flatMap((applyResult): Diagnostic[] => {
    const { manifest, result } = applyResult
    const object = formatId(manifest.id)
    if (result === 'terminating') return [{ ...TERMINATING, location: manifest.location, object }]
    if (result !== 'failed') return []
    const { reason, message, location = manifest.location, likelyCause: hint } = applyResult
    const why = reason === undefined ? {} : { reason }
    return [{ code: 'E-APPLY', ...why, message, location, object, ...(hint === undefined ? {} : { hint }) }]
  })
}

const TERMINATING: Diagnostic = {
  code: 'E-APPLY',
  reason: 'Terminating',
  message: 'The object is being deleted; applied changes would be deleted with it.',
  hint: 'Run again when it is gone. If it remains, check its finalizers.',
}
