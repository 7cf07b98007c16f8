import { type Answer, messageOf } from '../cluster/api.ts'
import type { Location, Problem } from '../errors.ts'
import { readinessOf } from '../health/readiness.ts'
import { type Inventory, PART_OF } from '../inventory/inventory.ts'
import type { InventoryRecord } from '../inventory/record.ts'
import { type Json, listField, stringField } from '../json.ts'
import type { Members } from '../live/members.ts'
import { inVersion } from '../live/takeover.ts'
import type { Trial } from '../live/trial.ts'
import { definedBy } from '../manifests/definition.ts'
import { isRun } from '../manifests/hooks.ts'
import { apiVersionOf, describe, keyOf, kindKeyOf, type Manifest } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { type Violation, violationOf } from '../manifests/schema.ts'
import { switchesOf } from '../manifests/switches.ts'
import { causesIn } from '../order/causes.ts'
import { listed } from '../order/explain.ts'
import { indicesIn, type Ordering } from '../order/sequence.ts'
import { type Action, isChange } from './action.ts'
import { blameIn } from './blame.ts'
import { isConflict, isImmutable, type Refusal, refusalOf } from './refusal.ts'
import { verdict } from './verdict.ts'

/** What a run is going to do, in order. It is decided before anything is written. */
export interface Plan {
  /** One for every manifest, in the order of apply. */
  readonly actions: readonly Action[]
  /** Those that cannot be applied, and why: while there is one, none is. */
  readonly obstacles: ReadonlyMap<PlacedManifest, Obstacle>
}

/** Why a manifest cannot be applied. */
export interface Obstacle extends Refusal {
  readonly class: 'E-APPLY' | 'E-CONFLICT'
  readonly next?: string
}

/** All that a plan is made from. */
export interface Situation {
  readonly ordering: Ordering
  readonly inventory: Inventory
  /** What the last run left; undefined where there is nothing that says anything about this cluster. */
  readonly record: InventoryRecord | undefined
  readonly members: Members
  /** Digests of the manifests. */
  readonly hashes: ReadonlyMap<PlacedManifest, string>
  /** For every manifest that is not proven to be unchanged. */
  readonly trials: ReadonlyMap<PlacedManifest, Trial>
  /** Whether the plan is to be carried out; one that is only to be shown need not be allowed to. */
  readonly isForReal: boolean
}

/** Decides what is to be done about each object of a set. Equal situations give equal plans. */
export function makePlan(situation: Situation): Plan {
  const { inventory, record, members, hashes, trials, ordering } = situation
  const judged = ordering.sequence.map((manifest) => {
    const key = keyOf(manifest.id)
    return verdict({
      ...{ manifest, trial: trials.get(manifest), live: members.get(key), entry: record?.entries.get(key) },
      ...{ hash: hashes.get(manifest) ?? '', label: [PART_OF, inventory.id] },
    })
  })
  return withObstacles(withReruns(judged, trials), situation)
}

/** Hooks run again when something before them changes, when they are others than those that ran, or when they failed. */
function withReruns(actions: readonly Action[], trials: Situation['trials']): Action[] {
  let isAfterChange = false
  return actions.map((action) => {
    const again = isRun(action.manifest) ? rerun(action, trials.get(action.manifest), isAfterChange) : action
    isAfterChange ||= isChange(again)
    return again
  })
}

function rerun(action: Action, trial: Trial | undefined, isAfterChange: boolean): Action {
  const { result, manifest } = action
  if (result === 'skipped' || result === 'terminating') return action
  const before = trial?.before
  if (before === undefined) {
    if (result === 'done' && isAfterChange) return { ...action, result: 'created', reason: AGAIN }
    return action
  }
  if (trial?.refusal !== undefined && !isImmutable(trial.refusal)) return action
  const readiness = readinessOf(manifest.id, before)
  if (readiness.state === 'failed') return { ...action, result: 'replaced', reason: `it failed: ${readiness.reason}` }
  if (result !== 'unchanged') return { ...action, result: 'replaced', reason: 'it has to run for what changed' }
  return isAfterChange ? { ...action, result: 'replaced', reason: AGAIN } : action
}

const AGAIN = 'it has to run again, because something before it changes'

/** Of more refusals nobody asks for the cause one by one. */
const MOST_NAMED = 3

/**
 * Sorts out what is refused: what may be replaced is; what something that comes first may heal is left to see; the rest is in
 * the way of the whole run.
 */
function withObstacles(actions: readonly Action[], { trials, ordering, isForReal }: Situation): Plan {
  const indices = indicesIn(ordering)
  const changing = new Set(actions.filter(isChange).map(({ manifest }) => indices.get(manifest)))
  const causes = causesIn(ordering)
  const blame = blameIn(ordering)
  const violated = violationsIn(actions.map(({ manifest }) => manifest))
  const obstacles = new Map<PlacedManifest, Obstacle>()
  const settle = (action: Action): Action => {
    const { manifest, result } = action
    const trial = trials.get(manifest)
    if (!isChange(action) && result !== 'unchanged') return action
    if (manifest.path === undefined) obstacles.set(manifest, unknownKind(manifest))
    const violation = trial?.judge === 'kind' ? violated(manifest) : undefined
    if (violation !== undefined) obstacles.set(manifest, { class: 'E-APPLY', ...violation })
    const refusal = trial?.refusal
    if (trial === undefined || refusal === undefined || result === 'replaced') return action
    if (trial.judge === 'forbidden') {
      if (isForReal) obstacles.set(manifest, obstacleOf(trial, refusal, manifest))
      return { ...action, unjudged: 'compared here, because the identity may not ask the server' }
    }
    const before = causes(indices.get(manifest) ?? -1, (index) => changing.has(index)).filter(
      ({ id }) => trial.judge !== 'copy' || id.kind !== 'Namespace',
    )
    if (before.length > 0 && !isConflict(refusal)) {
      const names = listed(
        before.map(({ id }) => describe(id)),
        MOST_NAMED,
        ' and ',
      )
      return { ...action, unjudged: `not checkable before ${names} is there: ${messageOf(refusal)}` }
    }
    if (trial.judge === 'server' && isImmutable(refusal) && switchesOf(manifest.object).mayReplace)
      return {
        ...action,
        result: 'replaced',
        reason: 'a field changes that cannot change, and its annotation allows it',
      }
    const mended = trial.before === undefined || isConflict(refusal) ? undefined : mend(trial.before, manifest)
    if (mended !== undefined) return { ...action, ...mended }
    const next = blame(messageOf(refusal), indices.get(manifest) ?? -1, () => false)
    obstacles.set(manifest, { ...obstacleOf(trial, refusal, manifest), ...(next === undefined ? {} : { next }) })
    return action
  }
  return { actions: actions.map(settle), obstacles }
}

/** Makes a function that says what the set's own definition of a kind has against a resource. */
function violationsIn(manifests: readonly PlacedManifest[]): (manifest: Manifest) => Violation | undefined {
  const definitions = new Map(
    manifests.flatMap((manifest) => {
      const definition = definedBy(manifest)
      return definition === undefined ? [] : [[definition.kindKey, manifest] as const]
    }),
  )
  return (manifest) => {
    const definition = definitions.get(kindKeyOf(manifest.id))
    return definition === undefined ? undefined : violationOf(definition, manifest)
  }
}

function mend(before: Json, manifest: Manifest): Pick<Action, 'preparation' | 'unjudged'> | undefined {
  if (inVersion(before, apiVersionOf(manifest)) === undefined) return undefined
  const unjudged = 'not checkable before its field managers are noted in the version that is applied, which comes first'
  return { preparation: 'note version', unjudged }
}

function obstacleOf({ judge }: Trial, refusal: Answer, manifest: Manifest): Obstacle {
  const refused = refusalOf(refusal, manifest)
  if (judge === 'forbidden') {
    return { class: 'E-APPLY', ...refused, next: 'Give the identity the right to `patch` it, or set `mode: plan`.' }
  }
  if (isConflict(refusal)) {
    const causes = listField(refusal.body, 'details', 'causes')
    const fields = causes.map(
      (cause) => `\`${stringField(cause, 'field') ?? ''}\`: ${stringField(cause, 'message') ?? ''}`,
    )
    const next = 'Take the fields out of the manifest, or let Git win: `conflicts: overwrite`.'
    return { class: 'E-CONFLICT', message: `Others have fields of it: ${fields.join('; ')}.`, next }
  }
  return { class: 'E-APPLY', ...refused, ...(isImmutable(refusal) ? { next: REPLACE } : {}) }
}

const REPLACE =
  'Delete it by hand and run again, or have it replaced: the annotation `kustomize.toolkit.fluxcd.io/force: enabled` allows that.'

function unknownKind(manifest: PlacedManifest): Obstacle {
  const kind = `no matches for kind "${manifest.id.kind}" in version "${apiVersionOf(manifest)}"`
  const message = `${kind}: the server does not serve it, and no CustomResourceDefinition in the set does`
  return { class: 'E-APPLY', message }
}

/** The obstacles as problems of a run, in the order of apply; `places` are those of fields, where they are known. */
export function problemsIn({ actions, obstacles }: Plan, places: ReadonlyMap<PlacedManifest, Location>): Problem[] {
  return actions.flatMap(({ manifest }): Problem[] => {
    const obstacle = obstacles.get(manifest)
    if (obstacle === undefined) return []
    const { class: kind, message, next } = obstacle
    const where = { location: places.get(manifest) ?? manifest.location, object: describe(manifest.id) }
    return [{ class: kind, message, ...where, ...(next === undefined ? {} : { next }) }]
  })
}
