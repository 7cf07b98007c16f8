import { listField, stringField } from '../json.ts'
import type { ApiResponse } from './api-status.ts'

/** Whether a refusal is about nothing but fields that cannot change. */
export function isImmutableFieldError({ status, body }: Pick<ApiResponse, 'status' | 'body'>): boolean {
  const causes = listField(body, 'details', 'causes')
  return (
    status === 422 &&
    causes.length > 0 &&
    causes.every((cause) => IMMUTABLE_FIELD.test(stringField(cause, 'message') ?? ''))
  )
}

const IMMUTABLE_FIELD =
  /(?<!not )\bimmutable\b|may not (be )?change|(cannot|can't|can not) be (changed|updated|modified)|updates to .* are forbidden/i
