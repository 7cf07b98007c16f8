import type { JsonObject } from '../json.ts'
import { apiVersionOf } from '../manifests/manifest.ts'
import type { Action } from './action.ts'
import type { Plan } from './plan.ts'

/** A plan as JSON, for people's own tools: what is to be done about each object that is not unchanged. */
export function documentOf({ actions, obstacles }: Plan): readonly JsonObject[] {
  return actions
    .filter(({ result, manifest }) => result !== 'unchanged' || obstacles.has(manifest))
    .map((action) => ({ ...identity(action), ...details(action), ...obstacle(action, obstacles) }))
}

function identity({ manifest, result }: Action): JsonObject {
  const { kind, namespace, name } = manifest.id
  const { file, line } = manifest.location
  const place = { file, ...(line === undefined ? {} : { line }) }
  return {
    apiVersion: apiVersionOf(manifest),
    kind,
    ...(namespace === '' ? {} : { namespace }),
    name,
    result,
    ...place,
  }
}

function details({ reason, unjudged, judge, differences, losses, culprits, left }: Action): JsonObject {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(judge === undefined ? {} : { checked: judge }),
    ...(unjudged === undefined ? {} : { unchecked: unjudged }),
    ...(differences.length === 0 ? {} : { fields: differences.map((difference) => ({ ...difference })) }),
    ...(losses.length === 0 ? {} : { takenFrom: losses.map((loss) => ({ ...loss })) }),
    ...(culprits.length === 0
      ? {}
      : { changedBy: culprits.map(({ time, ...who }) => ({ ...who, ...(time === undefined ? {} : { time }) })) }),
    ...(left.length === 0 ? {} : { leftToOthers: left }),
  }
}

function obstacle({ manifest }: Action, obstacles: Plan['obstacles']): JsonObject {
  const found = obstacles.get(manifest)
  return found === undefined ? {} : { problem: { class: found.class, message: found.message } }
}
