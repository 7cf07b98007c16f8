import { listField, stringField } from '../json.ts'
import type { Step } from '../yaml/field.ts'
import { type ApiResponse, statusMessage } from './api-status.ts'
import { parseFieldPath } from './field-path.ts'
import type { Manifest } from './manifest.ts'

/** Why the server rejects a manifest, in a dry run or for good. */
export interface ApiRejection {
  /** The server's message, which may be long: it may print whole objects. */
  readonly message: string
  readonly reason: RejectionReason
  /** The field that the server names, if the manifest has it. */
  readonly field?: readonly Step[] | undefined
  /** The fields that other field managers own; empty for any other reason. */
  readonly conflicts: readonly FieldConflict[]
}

/**
 * What is wrong with a manifest, as far as that decides what to do about it: other field managers own its fields; it only changes
 * immutable fields; the credentials may not patch such objects; or anything else.
 */
export type RejectionReason = 'conflict' | 'immutable' | 'forbidden' | 'other'

/** A field that another field manager owns. */
export interface FieldConflict {
  /** As the server writes it, for instance `.spec.replicas`. */
  readonly field: string
  /** Who owns it, in the server's words. */
  readonly message: string
}

/** The parts of a response that say why a manifest is rejected. */
type Answer = Pick<ApiResponse, 'status' | 'body'>

/** Reads the rejection of a manifest from the server's answer to an apply, a patch or a deletion of its object. */
export function parseRejection(answer: Answer, { object }: Pick<Manifest, 'object'>): ApiRejection {
  const message = statusMessage(answer)
  const reason = reasonOf(answer)
  const causes = listField(answer.body, 'details', 'causes')
  // Server-side apply names the field in the message only.
  const named = stringField(causes[0], 'field') ?? UNDECLARED_FIELD.exec(message)?.[1] ?? ''
  const path = parseFieldPath(named, object)
  const conflicts = causes.map((cause) => ({
    field: stringField(cause, 'field') ?? '',
    message: stringField(cause, 'message') ?? '',
  }))
  return {
    ...{ message, reason, conflicts: reason === 'conflict' ? conflicts : [] },
    field: path.length === 0 ? undefined : path,
  }
}

/** Reads the reason of a rejection from the server's response. */
export function reasonOf(answer: Answer): RejectionReason {
  const causes = listField(answer.body, 'details', 'causes')
  const messages = causes.map((cause) => stringField(cause, 'message') ?? '')
  if (answer.status === 409)
    return causes.some((cause) => stringField(cause, 'reason') === 'FieldManagerConflict') ? 'conflict' : 'other'
  if (answer.status === 422)
    return causes.length > 0 && messages.every((message) => IMMUTABLE_FIELD.test(message)) ? 'immutable' : 'other'
  // The wording of the server's authoriser.
  if (answer.status === 403) return / cannot patch resource /.test(statusMessage(answer)) ? 'forbidden' : 'other'
  return 'other'
}

const UNDECLARED_FIELD = /(?:^|\s)(\.[A-Za-z](?:"(?:[^"\\]|\\.)*"|[^\s:"])*): /

const IMMUTABLE_FIELD =
  /(?<!not )\bimmutable\b|may not (be )?change|(cannot|can't|can not) be (changed|updated|modified)|updates to .* are forbidden/i
