import type { ApplyResult } from '../apply/apply-result.ts'
import { formatMessage, placeOf } from '../diagnostics.ts'
import { formatHint, inputStyle, type OptionStyle } from '../hint.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { apiVersionOf } from '../object/manifest.ts'
import type { ObjectPlan } from '../plan/object-plan.ts'
import type { Redactor } from './redactor.ts'
import {
  count,
  errorsIn,
  outcomesOf,
  pruneDecisionsOf,
  RESULT_WORDS,
  type RunReport,
  resultOf,
  summaryLine,
} from './run-report.ts'

/**
 * A run as JSON, for people's own tools: the plan, what became of it, and what went wrong. Objects that are unchanged are
 * counted, not listed. Every text has passed the gate.
 */
export function toJson(report: RunReport, redactor: Redactor, style: OptionStyle = inputStyle): Json {
  const results = outcomesOf(report)
  const objects = new Map(report.plan?.objects.map((objectPlan) => [objectPlan.manifest, objectPlan]))
  const counts = count(results)
  return gated(
    {
      ...{ schema: 1, result: resultOf(report), summaryLine: summaryLine(report) },
      ...{ repository: report.repository ?? null, commit: report.commit ?? null, context: report.cluster ?? null },
      digest: report.digest ?? null,
      counts: { objects: results.length, ...Object.fromEntries(RESULT_WORDS.map((word) => [word, counts[word]])) },
      objects: results
        .filter(({ result }) => result !== 'unchanged')
        .map((applyResult) => ({ ...identity(applyResult), ...details(objects.get(applyResult.manifest)) })),
      unmanagedFields: pruneDecisionsOf(report).map(
        ({ id: { group, kind, namespace, name }, result, message: reason = null }) => {
          return { group, kind, namespace, name, result, reason }
        },
      ),
      unhealthy: (report.unhealthy ?? []).map(({ id: { group, kind, namespace, name }, status, reason }) => {
        return { group, kind, namespace, name, status, reason }
      }),
      problems: errorsIn(report).map((problem) => ({
        ...{ code: problem.code, message: formatMessage(problem), object: problem.object ?? null },
        ...{
          place: placeOf(problem.location),
          hint: problem.hint === undefined ? null : formatHint(problem.hint, style),
        },
      })),
    },
    redactor,
  )
}

function identity(applyResult: ApplyResult): JsonObject {
  const { manifest, result } = applyResult
  const { kind, namespace, name } = manifest.id
  const why =
    'message' in applyResult ? applyResult.message : 'message' in applyResult ? applyResult.message : undefined
  return {
    ...{ apiVersion: apiVersionOf(manifest), kind, namespace, name, result, place: placeOf(manifest.location) },
    ...(why === undefined ? {} : { reason: why }),
  }
}

function details(objectPlan: ObjectPlan | undefined): JsonObject {
  if (objectPlan === undefined) return {}
  const { checkedBy, uncheckedBecause, diffs, fieldTakeovers, driftAuthors, unmanagedFields } = objectPlan
  return {
    ...(checkedBy === undefined ? {} : { checked: checkedBy }),
    ...(uncheckedBecause === undefined ? {} : { unchecked: uncheckedBecause }),
    ...(diffs.length === 0 ? {} : { fields: diffs.map((difference) => ({ ...difference })) }),
    ...(fieldTakeovers.length === 0 ? {} : { takenFrom: fieldTakeovers.map((loss) => ({ ...loss })) }),
    ...(driftAuthors.length === 0
      ? {}
      : { changedBy: driftAuthors.map(({ time = '', ...who }) => ({ ...who, time })) }),
    ...(unmanagedFields.length === 0 ? {} : { leftToOthers: unmanagedFields }),
  }
}

/** A value with every text of it as the gate lets it out. */
function gated(value: Json, redactor: Redactor): Json {
  if (typeof value === 'string') return redactor.redact(value)
  if (Array.isArray(value)) return value.map((member) => gated(member, redactor))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [redactor.redact(name), gated(member, redactor)]),
  )
}
