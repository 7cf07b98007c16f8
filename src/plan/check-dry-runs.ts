import type { DryRunResult } from '../dry-run/dry-run.ts'
import { type ApplyOrder, indicesIn } from '../graph/apply-order.ts'
import { joinNames } from '../graph/explanations.ts'
import { possibleCausesIn } from '../graph/possible-causes.ts'
import { listField, stringField } from '../json.ts'
import { readApplyAnnotations } from '../object/annotations/apply.ts'
import { type ApiRejection, isConflict, parseRejection } from '../object/api-rejection.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'
import { parseCrd } from '../object/crd.ts'
import { type SchemaViolation, validateAgainstCrd } from '../object/crd-schema.ts'
import { isImmutableFieldError } from '../object/immutable-field.ts'
import { inApiVersion } from '../object/managed-fields/migration.ts'
import { apiVersionOf, formatGroupKind, formatId, type Manifest } from '../object/manifest.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { likelyCausesIn } from './likely-cause.ts'
import { isChange, type ObjectPlan } from './object-plan.ts'

/** Why a manifest cannot be applied. */
export interface PlanError extends ApiRejection {
  readonly code: 'E-APPLY' | 'E-CONFLICT' | 'E-GUARD'
  /** Why, in one CamelCase word for programs. */
  readonly reason?: string
  readonly hint?: string
}

/** What actions come to once what the server refuses is sorted out. */
export interface DryRunCheck {
  readonly objects: readonly ObjectPlan[]
  readonly errors: ReadonlyMap<ResolvedManifest, PlanError>
}

/** Of more things that come first nobody wants the names. */
const MOST_NAMED = 3

/**
 * Sorts out what is refused: what may be replaced is; what something that comes first may heal is left to see; the rest is in
 * the way of the whole run. A plan that is not `isForReal` need not be allowed to be carried out.
 */
export function checkDryRuns(
  objects: readonly ObjectPlan[],
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
  order: ApplyOrder,
  isForReal: boolean,
): DryRunCheck {
  if (dryRuns.size === 0) return { objects, errors: new Map() } // nothing was asked, so nothing was refused
  const indices = indicesIn(order)
  const changing = new Set(objects.filter(isChange).map(({ manifest }) => indices.get(manifest)))
  const causes = possibleCausesIn(order)
  const likelyCause = likelyCausesIn(order)
  const schemaViolationOf = schemaViolationsIn(objects.map(({ manifest }) => manifest))
  const errors = new Map<ResolvedManifest, PlanError>()
  const checkOne = (objectPlan: ObjectPlan): ObjectPlan => {
    const { manifest, result } = objectPlan
    const index = indices.get(manifest) ?? -1
    const dryRun = dryRuns.get(manifest)
    if (!isChange(objectPlan) && result !== 'unchanged') return objectPlan
    if (manifest.path === undefined) errors.set(manifest, unknownKind(manifest))
    const violation = dryRun?.checkedBy === 'kind' ? schemaViolationOf(manifest) : undefined
    if (violation !== undefined) errors.set(manifest, { code: 'E-APPLY', ...violation })
    const isLost = result === 'recreated' && dryRun?.recreate?.rejection !== undefined
    const rejection = dryRun?.rejection ?? (isLost ? dryRun?.recreate?.rejection : undefined)
    if (dryRun === undefined || rejection === undefined) return objectPlan
    const { checkedBy } = dryRun
    const earlier = causes(index, (each) => changing.has(each)).filter(
      ({ id }) => checkedBy !== 'copy' || id.kind !== 'Namespace',
    )
    const settled = isConflict(rejection) ? objectPlan : resolvable(objectPlan, dryRun, rejection, earlier)
    if (settled !== undefined && !isConflict(rejection) && !(checkedBy === 'forbidden' && isForReal)) return settled
    const hint = likelyCause(statusMessage(dryRun.recreate?.rejection ?? rejection), index, () => false)
    errors.set(manifest, { ...planError(dryRun, rejection, manifest), ...(hint === undefined ? {} : { hint }) })
    return objectPlan
  }
  return { objects: objects.map(checkOne), errors }
}

/** An action that can be carried out although its dry run was refused, and why; undefined where it cannot. */
function resolvable(
  objectPlan: ObjectPlan,
  { checkedBy, live, recreate }: DryRunResult,
  rejection: ApiResponse,
  earlier: readonly ResolvedManifest[],
): ObjectPlan | undefined {
  const { manifest, result } = objectPlan
  const predicted = (answer: ApiResponse) => {
    const names = earlier.map(({ id }) => formatId(id))
    return `not checkable before ${joinNames(names, MOST_NAMED, ' and ')} is applied: ${statusMessage(answer)}`
  }
  if (checkedBy === 'forbidden')
    return { ...objectPlan, uncheckedBecause: 'compared here, because the identity may not ask the server' }
  if (isImmutableFieldError(rejection) || result === 'recreated') {
    const mayReplace = result === 'recreated' || readApplyAnnotations(manifest.object).mayReplace
    if (!mayReplace || recreate === undefined) return undefined
    const message = objectPlan.message ?? 'a field changes that cannot change, and its annotation allows it'
    const replaced = { ...objectPlan, result: 'recreated', payload: recreate.object, message } as const
    if (recreate.rejection === undefined) return replaced
    return earlier.length > 0 ? { ...replaced, uncheckedBecause: predicted(recreate.rejection) } : undefined
  }
  if (earlier.length > 0) return { ...objectPlan, uncheckedBecause: predicted(rejection) }
  if (
    live === undefined ||
    !STALE.test(statusMessage(rejection)) ||
    inApiVersion(live, apiVersionOf(manifest)) === undefined
  )
    return undefined
  const uncheckedBecause =
    'not checkable before its field managers are noted in the version that is applied, which comes first'
  return { ...objectPlan, migration: { kind: 'note version' }, uncheckedBecause }
}

/**
 * What the server says when it cannot read what lives in the version of some field manager. (Of what it cannot read in what
 * is sent it says so: `failed to create typed patch object`.)
 */
const STALE = /^\.\S+: field not declared in schema$|typed live object|failed to convert/

/** Makes a function that says what the set's own definition of a kind has against a resource. */
function schemaViolationsIn(
  manifests: readonly ResolvedManifest[],
): (manifest: Manifest) => SchemaViolation | undefined {
  const definitions = new Map(
    manifests.flatMap((manifest) => {
      const definition = parseCrd(manifest)
      return definition === undefined ? [] : [[definition.groupKind, manifest] as const]
    }),
  )
  return (manifest) => {
    const definition = definitions.get(formatGroupKind(manifest.id))
    return definition === undefined ? undefined : validateAgainstCrd(definition, manifest)
  }
}

function planError({ checkedBy, recreate }: DryRunResult, rejection: ApiResponse, manifest: Manifest): PlanError {
  if (recreate?.rejection !== undefined) {
    const hint = 'It would have to be made anew, and the server refuses the new one: nothing is deleted for that.'
    return { code: 'E-APPLY', ...parseRejection(recreate.rejection, manifest), hint }
  }
  const refused = parseRejection(rejection, manifest)
  if (checkedBy === 'forbidden') {
    return { code: 'E-APPLY', ...refused, hint: 'Give the identity the right to `patch` it, or set `mode: plan`.' }
  }
  if (isConflict(rejection)) {
    const causes = listField(rejection.body, 'details', 'causes')
    const fields = causes.map(
      (whoChanged) => `\`${stringField(whoChanged, 'field') ?? ''}\`: ${stringField(whoChanged, 'message') ?? ''}`,
    )
    const hint = 'Take the fields out of the manifest, or let Git win: `conflicts: overwrite`.'
    return { code: 'E-CONFLICT', message: `Others have fields of it: ${fields.join('; ')}.`, hint }
  }
  return { code: 'E-APPLY', ...refused, ...(isImmutableFieldError(rejection) ? { hint: REPLACE } : {}) }
}

const REPLACE =
  'Delete it by hand and run again, or have it replaced: the annotation `kustomize.toolkit.fluxcd.io/force: enabled` allows that.'

function unknownKind(manifest: ResolvedManifest): PlanError {
  const kind = `no matches for kind "${manifest.id.kind}" in version "${apiVersionOf(manifest)}"`
  const message = `${kind}: the server does not serve it, and no CustomResourceDefinition in the set does`
  return { code: 'E-APPLY', message }
}
