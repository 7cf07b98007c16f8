import { type Answer, messageOf } from './api-status.ts'
import { field, listField, stringField } from '../json.ts'
import { stepsOf } from './field-path.ts'
import type { Manifest } from './manifest.ts'
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
  const said = messageOf(answer)
  const message = said.length > 2 * MOST ? `${said.slice(0, MOST)} … ${said.slice(-MOST)}` : said
  const [cause] = listField(answer.body, 'details', 'causes')
  // Server-side apply names a field in its message alone.
  const named = stringField(cause, 'field') ?? UNDECLARED.exec(message)?.[1] ?? ''
  const path = stepsOf(named, object)
  return { message, ...(path.length === 0 ? {} : { field: path }) }
}

/** The server may print whole objects between what it is about and why: so much is kept on both sides, in characters. */
const MOST = 400

const UNDECLARED = /(?:^|\s)(\.[A-Za-z](?:"(?:[^"\\]|\\.)*"|[^\s:"])*): /

/** Whether a refusal is about nothing but fields that other field managers have. */
export function isConflict({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  const causes = listField(field(body, 'details') ?? null, 'causes')
  return status === 409 && causes.some((cause) => stringField(cause, 'reason') === 'FieldManagerConflict')
}
