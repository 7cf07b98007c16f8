import type { Outcome } from '../apply/apply-result.ts'
import { placeOf, whatHappened } from '../diagnostics.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { apiVersionOf } from '../object/manifest.ts'
import type { Action } from '../plan/object-plan.ts'
import { count, departuresOf, type Facts, failures, outcomesOf, resultOf, verdict, WORDS } from './run-report.ts'
import type { Gate } from './redactor.ts'

/**
 * A run as JSON, for people's own tools: the plan, what became of it, and what went wrong. Objects that are unchanged are
 * counted, not listed. Every text has passed the gate.
 */
export function documentOf(facts: Facts, gate: Gate): Json {
  const outcomes = outcomesOf(facts)
  const actions = new Map(facts.plan?.actions.map((action) => [action.manifest, action]))
  const counts = count(outcomes)
  return gated(
    {
      ...{ schema: 1, result: resultOf(facts), verdict: verdict(facts) },
      ...{ repository: facts.repository ?? null, commit: facts.commit ?? null, context: facts.cluster ?? null },
      digest: facts.digest ?? null,
      counts: { objects: outcomes.length, ...Object.fromEntries(WORDS.map((word) => [word, counts[word]])) },
      objects: outcomes
        .filter(({ result }) => result !== 'unchanged')
        .map((outcome) => ({ ...identity(outcome), ...details(actions.get(outcome.manifest)) })),
      left: departuresOf(facts).map(({ id: { group, kind, namespace, name }, result, reason = null }) => {
        return { group, kind, namespace, name, result, reason }
      }),
      unhealthy: (facts.unhealthy ?? []).map(({ id: { group, kind, namespace, name }, status, reason }) => {
        return { group, kind, namespace, name, status, reason }
      }),
      problems: failures(facts).map((problem) => ({
        ...{ class: problem.class, message: whatHappened(problem), object: problem.object ?? null },
        ...{ place: placeOf(problem.location), next: problem.next ?? null },
      })),
    },
    gate,
  )
}

function identity(outcome: Outcome): JsonObject {
  const { manifest, result } = outcome
  const { kind, namespace, name } = manifest.id
  const why = 'reason' in outcome ? outcome.reason : 'message' in outcome ? outcome.message : undefined
  return {
    ...{ apiVersion: apiVersionOf(manifest), kind, namespace, name, result, place: placeOf(manifest.location) },
    ...(why === undefined ? {} : { reason: why }),
  }
}

function details(action: Action | undefined): JsonObject {
  if (action === undefined) return {}
  const { judge, unjudged, differences, losses, culprits, left } = action
  return {
    ...(judge === undefined ? {} : { checked: judge }),
    ...(unjudged === undefined ? {} : { unchecked: unjudged }),
    ...(differences.length === 0 ? {} : { fields: differences.map((difference) => ({ ...difference })) }),
    ...(losses.length === 0 ? {} : { takenFrom: losses.map((loss) => ({ ...loss })) }),
    ...(culprits.length === 0 ? {} : { changedBy: culprits.map(({ time = '', ...who }) => ({ ...who, time })) }),
    ...(left.length === 0 ? {} : { leftToOthers: left }),
  }
}

/** A value with every text of it as the gate lets it out. */
function gated(value: Json, gate: Gate): Json {
  if (typeof value === 'string') return gate.plain(value)
  if (Array.isArray(value)) return value.map((member) => gated(member, gate))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [gate.plain(name), gated(member, gate)]))
}
