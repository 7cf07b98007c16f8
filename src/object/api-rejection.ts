import { field, listField, stringField } from '../json.ts'
import type { Step } from '../yaml/field.ts'
import { type ApiResponse, statusMessage } from './api-status.ts'
import { parseFieldPath } from './field-path.ts'
import type { Manifest } from './manifest.ts'

/** Why the server refuses a manifest. */
export interface ApiRejection {
  /** In the server's own words. */
  readonly message: string
  /** The field that it is about, where it names one that the manifest has. */
  readonly field?: readonly Step[]
}

/** Reads a refusal from an answer. */
export function parseRejection(answer: Pick<ApiResponse, 'status' | 'body'>, { object }: Manifest): ApiRejection {
  const said = statusMessage(answer)
  const message =
    said.length > 2 * MAX_MESSAGE_CHARACTERS
      ? `${said.slice(0, MAX_MESSAGE_CHARACTERS)} … ${said.slice(-MAX_MESSAGE_CHARACTERS)}`
      : said
  const [cause] = listField(answer.body, 'details', 'causes')
  // Server-side apply names a field in its message alone.
  const named = stringField(cause, 'field') ?? UNDECLARED.exec(message)?.[1] ?? ''
  const path = parseFieldPath(named, object)
  return { message, ...(path.length === 0 ? {} : { field: path }) }
}

/** The server may print whole objects between what it is about and why: so much is kept on both sides, in characters. */
const MAX_MESSAGE_CHARACTERS = 400

const UNDECLARED = /(?:^|\s)(\.[A-Za-z](?:"(?:[^"\\]|\\.)*"|[^\s:"])*): /

/** Whether a refusal is about nothing but fields that other field managers have. */
export function isConflict({ status, body }: Pick<ApiResponse, 'status' | 'body'>): boolean {
  const causes = listField(field(body, 'details') ?? null, 'causes')
  return status === 409 && causes.some((cause) => stringField(cause, 'reason') === 'FieldManagerConflict')
}
