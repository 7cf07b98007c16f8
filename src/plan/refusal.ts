import { type Answer, messageOf } from '../cluster/api.ts'
import { field, listField, stringField } from '../json.ts'
import { stepsOf } from '../manifests/fieldpath.ts'
import type { Manifest } from '../manifests/manifest.ts'
import type { Step } from '../yaml/field.ts'

/** Why the server refuses a manifest. */
export interface Refusal {
  /** In the server's own words. */
  readonly message: string
  /** The field that it is about, where it names one that the manifest has. */
  readonly field?: readonly Step[]
}

/** Reads a refusal from an answer. */
export function refusalOf(answer: Pick<Answer, 'status' | 'body'>, { object }: Manifest): Refusal {
  const message = messageOf(answer)
  const [cause] = listField(answer.body, 'details', 'causes')
  // Server-side apply names a field in its message alone.
  const named = stringField(cause, 'field') ?? UNDECLARED.exec(message)?.[1] ?? ''
  const path = stepsOf(named, object)
  return { message, ...(path.length === 0 ? {} : { field: path }) }
}

const UNDECLARED = /(?:^|\s)(\.[A-Za-z](?:"(?:[^"\\]|\\.)*"|[^\s:"])*): /

/** Whether a refusal is about nothing but fields that other field managers have. */
export function isConflict({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  const causes = listField(field(body, 'details') ?? null, 'causes')
  return status === 409 && causes.some((cause) => stringField(cause, 'reason') === 'FieldManagerConflict')
}

/** Whether a refusal is about nothing but fields that cannot change. */
export function isImmutable({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  const causes = listField(body, 'details', 'causes')
  return status === 422 && causes.length > 0 && causes.every((cause) => SAYS.test(stringField(cause, 'message') ?? ''))
}

const SAYS =
  /(?<!not )\bimmutable\b|may not (be )?change|(cannot|can't|can not) be (changed|updated|modified)|updates to .* are forbidden/i
