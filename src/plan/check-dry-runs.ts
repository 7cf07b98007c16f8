import { type ApplyOrder, indicesIn } from '../graph/apply-order.ts'
import { joinNames } from '../graph/explanations.ts'
import { possibleCausesIn } from '../graph/possible-causes.ts'
import { type Hint, hint, option } from '../hint.ts'
import type { ApiRejection } from '../object/api-rejection.ts'
import { parseCrd } from '../object/crd.ts'
import { type SchemaViolation, validateAgainstCrd } from '../object/crd-schema.ts'
import type { DryRunResult } from '../object/dry-run-result.ts'
import { inApiVersion } from '../object/managed-fields/migration.ts'
import { apiVersionOf, type Manifest } from '../object/manifest.ts'
import { formatGroupKind, formatId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { likelyCausesIn } from './likely-cause.ts'
import { isChange, type ObjectPlan } from './object-plan.ts'

/** Why a manifest cannot be applied. */
export interface PlanError extends Pick<ApiRejection, 'message' | 'field'> {
  readonly code: 'E-APPLY' | 'E-CONFLICT' | 'E-GUARD'
  /** Why, in one CamelCase word for programs. */
  readonly reason?: string
  readonly hint?: Hint
}

/** What actions come to once what the server refuses is sorted out. */
export interface DryRunCheck {
  readonly objects: readonly ObjectPlan[]
  readonly errors: ReadonlyMap<ResolvedManifest, PlanError>
}

/** How many of the objects that come first are named. */
const MAX_NAMED_CAUSES = 3

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
    if (violation !== undefined) errors.set(manifest, { code: 'E-APPLY', reason: 'SchemaViolation', ...violation })
    const isLost = result === 'recreated' && dryRun?.recreate?.rejection !== undefined
    const rejection = dryRun?.rejection ?? (isLost ? dryRun?.recreate?.rejection : undefined)
    if (dryRun === undefined || rejection === undefined) return objectPlan
    const { checkedBy } = dryRun
    const earlier = causes(index, (each) => changing.has(each)).filter(
      ({ id }) => checkedBy !== 'copy' || id.kind !== 'Namespace',
    )
    const settled = rejection.reason === 'conflict' ? undefined : resolvable(objectPlan, dryRun, rejection, earlier)
    if (settled !== undefined && !(checkedBy === 'forbidden' && isForReal)) return settled
    const hint = likelyCause((dryRun.recreate?.rejection ?? rejection).message, index, () => false)
    errors.set(manifest, { ...planError(dryRun, rejection), ...(hint === undefined ? {} : { hint }) })
    return objectPlan
  }
  return { objects: objects.map(checkOne), errors }
}

/** An action that can be carried out although its dry run was rejected, and why; undefined where it cannot. */
function resolvable(
  objectPlan: ObjectPlan,
  { checkedBy, live, recreate }: DryRunResult,
  rejection: ApiRejection,
  earlier: readonly ResolvedManifest[],
): ObjectPlan | undefined {
  const { manifest, result } = objectPlan
  const notCheckable = ({ message }: ApiRejection) => {
    const names = earlier.map(({ id }) => formatId(id))
    return `not checkable before ${joinNames(names, MAX_NAMED_CAUSES, ' and ')} is applied: ${message}`
  }
  if (checkedBy === 'forbidden')
    return { ...objectPlan, uncheckedBecause: 'compared here, because the identity may not ask the server' }
  if (rejection.reason === 'immutable' || result === 'recreated') {
    const mayRecreate = result === 'recreated' || manifest.options.apply.mayRecreate
    if (!mayRecreate || recreate === undefined) return undefined
    const message = objectPlan.message ?? 'a field changes that cannot change, and its annotation allows it'
    const { reason = 'ImmutableField' } = objectPlan
    const replaced = { ...objectPlan, result: 'recreated', payload: recreate.object, reason, message } as const
    if (recreate.rejection === undefined) return replaced
    return earlier.length > 0 ? { ...replaced, uncheckedBecause: notCheckable(recreate.rejection) } : undefined
  }
  if (earlier.length > 0) return { ...objectPlan, uncheckedBecause: notCheckable(rejection) }
  if (
    live === undefined ||
    !STALE_VERSION.test(rejection.message) ||
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
const STALE_VERSION = /^\.\S+: field not declared in schema$|typed live object|failed to convert/

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

function planError({ checkedBy, recreate }: DryRunResult, rejection: ApiRejection): PlanError {
  const { message, field, reason, conflicts } = recreate?.rejection ?? rejection
  const error = { code: 'E-APPLY', message, field } as const
  if (recreate?.rejection !== undefined) {
    const hint = 'It would have to be made anew, and the server refuses the new one: nothing is deleted for that.'
    return { ...error, reason: 'RecreateRejected', hint }
  }
  if (checkedBy === 'forbidden') {
    const next = hint`Give the identity the right to \`patch\` it, or set ${option('mode', 'plan')}.`
    return { ...error, reason: 'PatchForbidden', hint: next }
  }
  if (reason === 'conflict') {
    const fields = conflicts.map((conflict) => `\`${conflict.field}\`: ${conflict.message}`)
    return {
      ...{ code: 'E-CONFLICT', reason: 'FieldConflict' },
      message: `Others have fields of it: ${fields.join('; ')}.`,
      hint: hint`Take the fields out of the manifest, or let Git win: ${option('force-conflicts', 'true')}.`,
    }
  }
  return reason === 'immutable'
    ? { ...error, reason: 'ImmutableField', hint: REPLACE }
    : { ...error, reason: 'Rejected' }
}

const REPLACE =
  'Delete it by hand and run again, or have it replaced: the annotation `kustomize.toolkit.fluxcd.io/force: enabled` allows that.'

function unknownKind(manifest: ResolvedManifest): PlanError {
  const kind = `no matches for kind "${manifest.id.kind}" in version "${apiVersionOf(manifest)}"`
  const message = `${kind}: the server does not serve it, and no CustomResourceDefinition in the set does`
  return { code: 'E-APPLY', reason: 'UnknownKind', message }
}
