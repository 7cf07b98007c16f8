import { type Json, serialise } from '../json.ts'
import type { FieldDiff } from '../plan/diff.ts'
import type { DriftAuthor, FieldTakeover } from '../plan/object-plan.ts'

/** Longer field values are cut. */
const MAX_VALUE_CHARACTERS = 100

/** The details of a planned change besides its result. */
export interface PlanDetails {
  readonly message?: string | null
  readonly checkedBy?: string | null
  readonly uncheckedBecause?: string | null
  readonly diffs: readonly FieldDiff[]
  readonly fieldTakeovers: readonly FieldTakeover[]
  readonly driftAuthors: readonly DriftAuthor[]
  readonly unmanagedFields: readonly string[]
}

/** The details of a planned change as lines, with at most `maxFields` fields. */
export function planDetails(plan: PlanDetails, maxFields: number): string[] {
  const { message, checkedBy, uncheckedBecause, diffs, fieldTakeovers, driftAuthors, unmanagedFields } = plan
  const more = diffs.length - maxFields
  const authors = new Map(
    driftAuthors.map(({ field, manager, time }) => [field, `${manager}${time === undefined ? '' : ` at ${time}`}`]),
  )
  return [
    ...(message == null ? [] : [message]),
    ...diffs.slice(0, maxFields).map((diff) => {
      const author = authors.get(diff.field)
      return `${formatDiff(diff)}${author === undefined ? '' : ` (changed by ${author})`}`
    }),
    ...(more > 0 ? [`... and ${more} more fields`] : []),
    ...fieldTakeovers.map(({ manager, fields }) => `taken over from ${manager}: ${shortList(fields, maxFields)}`),
    ...(unmanagedFields.length === 0 ? [] : [`left to other field managers: ${unmanagedFields.join(', ')}`]),
    ...(CHECKED[checkedBy ?? ''] ?? []),
    ...(uncheckedBecause == null ? [] : [uncheckedBecause]),
  ]
}

/** How a change was checked, if not by a dry run of the object itself. */
const CHECKED: Readonly<Record<string, readonly string[]>> = {
  copy: ['dry-run as a copy in another namespace, because its own does not exist yet'],
  none: ['not dry-run, because no namespace accepts a copy'],
  kind: ['checked against the schema of its CRD only, because the server does not serve its kind yet'],
}

function shortList(names: readonly string[], most: number): string {
  const more = names.length - most
  return [...names.slice(0, most), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** The change of one field on one line, without values of Secrets. */
export function formatDiff({ field, change, before, after, isSecret }: FieldDiff): string {
  if (isSecret) return `${field}: ${change === 'changed' ? 'different' : change} (secret)`
  if (change === 'added') return `${field}: added ${valueText(after)}`
  return change === 'removed'
    ? `${field}: removed ${valueText(before)}`
    : `${field}: ${valueText(before)} → ${valueText(after)}`
}

function valueText(value: Json | undefined): string {
  const text = serialise(value ?? null)
  return text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}…` : text
}
