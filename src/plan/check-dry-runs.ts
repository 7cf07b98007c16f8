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
  /** Why, as one CamelCase word for programs. */
  readonly reason?: string
  readonly hint?: Hint
}

/** The object plans after the check of their dry runs, and an error for each manifest that cannot be applied. */
export interface DryRunCheck {
  readonly objects: readonly ObjectPlan[]
  readonly errors: ReadonlyMap<ResolvedManifest, PlanError>
}

/** How many earlier objects a message names. */
const MAX_NAMED_CAUSES = 3

/**
 * Checks the dry runs of the planned objects. An object with a change of an immutable field is recreated if that is allowed; a
 * rejection that an earlier change in the same run may resolve is noted in `uncheckedBecause`; any other rejection is an error.
 * Unless `isForReal`, the credentials need not be allowed to execute the plan.
 */
export function checkDryRuns(
  objects: readonly ObjectPlan[],
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
  order: ApplyOrder,
  isForReal: boolean,
): DryRunCheck {
  if (dryRuns.size === 0) return { objects, errors: new Map() } // no dry runs, no rejections
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
    const cannotRecreate = result === 'recreated' && dryRun?.recreate?.rejection !== undefined
    const rejection = dryRun?.rejection ?? (cannotRecreate ? dryRun?.recreate?.rejection : undefined)
    if (dryRun === undefined || rejection === undefined) return objectPlan
    const { checkedBy } = dryRun
    const earlier = causes(index, (cause) => changing.has(cause)).filter(
      ({ id }) => checkedBy !== 'copy' || id.kind !== 'Namespace',
    )
    const resolved = rejection.reason === 'conflict' ? undefined : resolvable(objectPlan, dryRun, rejection, earlier)
    if (resolved !== undefined && !(checkedBy === 'forbidden' && isForReal)) return resolved
    const hint = likelyCause((dryRun.recreate?.rejection ?? rejection).message, index, () => false)
    errors.set(manifest, { ...planError(dryRun, rejection), ...(hint === undefined ? {} : { hint }) })
    return objectPlan
  }
  return { objects: objects.map(checkOne), errors }
}

/** The plan of an object that can be executed although its dry run was rejected; undefined if it cannot. */
function resolvable(
  objectPlan: ObjectPlan,
  { checkedBy, live, recreate }: DryRunResult,
  rejection: ApiRejection,
  earlier: readonly ResolvedManifest[],
): ObjectPlan | undefined {
  const { manifest, result } = objectPlan
  const unchecked = ({ message }: ApiRejection) => {
    const names = earlier.map(({ id }) => formatId(id))
    const verb = names.length === 1 ? 'is' : 'are'
    return `not checkable before ${joinNames(names, MAX_NAMED_CAUSES, ' and ')} ${verb} applied: ${message}`
  }
  if (checkedBy === 'forbidden')
    return { ...objectPlan, uncheckedBecause: 'compared locally, because the credentials may not dry-run' }
  if (rejection.reason === 'immutable' || result === 'recreated') {
    const mayRecreate = result === 'recreated' || manifest.options.apply.mayRecreate
    if (!mayRecreate || recreate === undefined) return undefined
    const message = objectPlan.message ?? 'an immutable field changes, and an annotation allows recreating the object'
    const { reason = 'ImmutableField' } = objectPlan
    const recreated = { ...objectPlan, result: 'recreated', payload: recreate.object, reason, message } as const
    if (recreate.rejection === undefined) return recreated
    return earlier.length > 0 ? { ...recreated, uncheckedBecause: unchecked(recreate.rejection) } : undefined
  }
  if (earlier.length > 0) return { ...objectPlan, uncheckedBecause: unchecked(rejection) }
  if (
    live === undefined ||
    !STALE_VERSION.test(rejection.message) ||
    inApiVersion(live, apiVersionOf(manifest)) === undefined
  )
    return undefined
  const uncheckedBecause = 'not checkable before its `managedFields` are updated to the API version of the manifest'
  return { ...objectPlan, migration: { kind: 'note version' }, uncheckedBecause }
}

/**
 * What the server answers if it cannot read the live object in the API version of a field manager. (If it cannot read the
 * payload, it answers `failed to create typed patch object`.)
 */
const STALE_VERSION = /^\.\S+: field not declared in schema$|typed live object|failed to convert/

/** Returns a function that validates a custom resource against the CRD of its kind, if the set contains that CRD. */
function schemaViolationsIn(
  manifests: readonly ResolvedManifest[],
): (manifest: Manifest) => SchemaViolation | undefined {
  const crds = new Map(
    manifests.flatMap((manifest) => {
      const crd = parseCrd(manifest)
      return crd === undefined ? [] : [[crd.groupKind, manifest] as const]
    }),
  )
  return (manifest) => {
    const crd = crds.get(formatGroupKind(manifest.id))
    return crd === undefined ? undefined : validateAgainstCrd(crd, manifest)
  }
}

function planError({ checkedBy, recreate }: DryRunResult, rejection: ApiRejection): PlanError {
  const { message, field, reason, conflicts } = recreate?.rejection ?? rejection
  const error = { code: 'E-APPLY', message, field } as const
  if (recreate?.rejection !== undefined) {
    const hint =
      'Fix the manifest. The object must be recreated, and is not deleted as long as the server rejects the new one.'
    return { ...error, reason: 'RecreateRejected', hint }
  }
  if (checkedBy === 'forbidden') {
    const next = hint`Allow the credentials to \`patch\` it, or set ${option('mode', 'plan')}.`
    return { ...error, reason: 'PatchForbidden', hint: next }
  }
  if (reason === 'conflict') {
    const fields = conflicts.map((conflict) => `\`${conflict.field}\`: ${conflict.message}`)
    return {
      ...{ code: 'E-CONFLICT', reason: 'FieldConflict' },
      message: `Other field managers own fields of it: ${fields.join('; ')}.`,
      hint: hint`Remove the fields from the manifest, or take them over with ${option('force-conflicts', 'true')}.`,
    }
  }
  return reason === 'immutable'
    ? { ...error, reason: 'ImmutableField', hint: RECREATE_HINT }
    : { ...error, reason: 'Rejected' }
}

const RECREATE_HINT =
  'Delete it by hand and run again, or allow recreating it with the annotation `kustomize.toolkit.fluxcd.io/force: enabled`.'

function unknownKind(manifest: ResolvedManifest): PlanError {
  const kind = `no matches for kind "${manifest.id.kind}" in version "${apiVersionOf(manifest)}"`
  const message = `${kind}: the server does not serve it, and no CRD in the set defines it`
  return { code: 'E-APPLY', reason: 'UnknownKind', message }
}
