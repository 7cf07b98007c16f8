import { type Answer, messageOf } from '../object/api-status.ts'
import { listField, stringField } from '../json.ts'
import { isImmutable } from '../object/immutable-field.ts'
import { inVersion } from '../object/managed-fields/migration.ts'
import type { Trial } from '../dry-run/dry-run.ts'
import { definedBy } from '../object/crd.ts'
import { apiVersionOf, describe, kindKeyOf, type Manifest } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { type Violation, violationOf } from '../object/crd-schema.ts'
import { switchesOf } from '../object/annotations/apply.ts'
import { causesIn } from '../graph/possible-causes.ts'
import { listed } from '../graph/explanations.ts'
import { indicesIn, type Ordering } from '../graph/apply-order.ts'
import { type Action, isChange } from './object-plan.ts'
import { blameIn } from './likely-cause.ts'
import { isConflict, type Refusal, refusalOf } from '../object/api-rejection.ts'

/** Why a manifest cannot be applied. */
export interface Obstacle extends Refusal {
  readonly class: 'E-APPLY' | 'E-CONFLICT' | 'E-GUARD'
  readonly next?: string
}

/** What actions come to once what the server refuses is sorted out. */
export interface Preflight {
  readonly actions: readonly Action[]
  readonly obstacles: ReadonlyMap<PlacedManifest, Obstacle>
}

/** Of more things that come first nobody wants the names. */
const MOST_NAMED = 3

/**
 * Sorts out what is refused: what may be replaced is; what something that comes first may heal is left to see; the rest is in
 * the way of the whole run. A plan that is not `isForReal` need not be allowed to be carried out.
 */
export function preflight(
  actions: readonly Action[],
  trials: ReadonlyMap<PlacedManifest, Trial>,
  ordering: Ordering,
  isForReal: boolean,
): Preflight {
  if (trials.size === 0) return { actions, obstacles: new Map() } // nothing was asked, so nothing was refused
  const indices = indicesIn(ordering)
  const changing = new Set(actions.filter(isChange).map(({ manifest }) => indices.get(manifest)))
  const causes = causesIn(ordering)
  const blame = blameIn(ordering)
  const violated = violationsIn(actions.map(({ manifest }) => manifest))
  const obstacles = new Map<PlacedManifest, Obstacle>()
  const settle = (action: Action): Action => {
    const { manifest, result } = action
    const index = indices.get(manifest) ?? -1
    const trial = trials.get(manifest)
    if (!isChange(action) && result !== 'unchanged') return action
    if (manifest.path === undefined) obstacles.set(manifest, unknownKind(manifest))
    const violation = trial?.judge === 'kind' ? violated(manifest) : undefined
    if (violation !== undefined) obstacles.set(manifest, { class: 'E-APPLY', ...violation })
    const isLost = result === 'replaced' && trial?.anew?.refusal !== undefined
    const refusal = trial?.refusal ?? (isLost ? trial?.anew?.refusal : undefined)
    if (trial === undefined || refusal === undefined) return action
    const { judge } = trial
    const earlier = causes(index, (each) => changing.has(each)).filter(
      ({ id }) => judge !== 'copy' || id.kind !== 'Namespace',
    )
    const settled = isConflict(refusal) ? action : healed(action, trial, refusal, earlier)
    if (settled !== undefined && !isConflict(refusal) && !(judge === 'forbidden' && isForReal)) return settled
    const next = blame(messageOf(trial.anew?.refusal ?? refusal), index, () => false)
    obstacles.set(manifest, { ...obstacleOf(trial, refusal, manifest), ...(next === undefined ? {} : { next }) })
    return action
  }
  return { actions: actions.map(settle), obstacles }
}

/** An action that can be carried out although its dry run was refused, and why; undefined where it cannot. */
function healed(
  action: Action,
  { judge, before, anew }: Trial,
  refusal: Answer,
  earlier: readonly PlacedManifest[],
): Action | undefined {
  const { manifest, result } = action
  const after = (answer: Answer) => {
    const names = earlier.map(({ id }) => describe(id))
    return `not checkable before ${listed(names, MOST_NAMED, ' and ')} is applied: ${messageOf(answer)}`
  }
  if (judge === 'forbidden')
    return { ...action, unjudged: 'compared here, because the identity may not ask the server' }
  if (isImmutable(refusal) || result === 'replaced') {
    const mayReplace = result === 'replaced' || switchesOf(manifest.object).mayReplace
    if (!mayReplace || anew === undefined) return undefined
    const reason = action.reason ?? 'a field changes that cannot change, and its annotation allows it'
    const replaced = { ...action, result: 'replaced', sent: anew.object, reason } as const
    if (anew.refusal === undefined) return replaced
    return earlier.length > 0 ? { ...replaced, unjudged: after(anew.refusal) } : undefined
  }
  if (earlier.length > 0) return { ...action, unjudged: after(refusal) }
  if (
    before === undefined ||
    !STALE.test(messageOf(refusal)) ||
    inVersion(before, apiVersionOf(manifest)) === undefined
  )
    return undefined
  const unjudged = 'not checkable before its field managers are noted in the version that is applied, which comes first'
  return { ...action, preparation: { kind: 'note version' }, unjudged }
}

/**
 * What the server says when it cannot read what lives in the version of some field manager. (Of what it cannot read in what
 * is sent it says so: `failed to create typed patch object`.)
 */
const STALE = /^\.\S+: field not declared in schema$|typed live object|failed to convert/

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

function obstacleOf({ judge, anew }: Trial, refusal: Answer, manifest: Manifest): Obstacle {
  if (anew?.refusal !== undefined) {
    const next = 'It would have to be made anew, and the server refuses the new one: nothing is deleted for that.'
    return { class: 'E-APPLY', ...refusalOf(anew.refusal, manifest), next }
  }
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
