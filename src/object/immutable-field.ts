import type { Answer } from './api-status.ts'
import { listField, stringField } from '../json.ts'

/** Whether a refusal is about nothing but fields that cannot change. */
export function isImmutable({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  const causes = listField(body, 'details', 'causes')
  return status === 422 && causes.length > 0 && causes.every((cause) => SAYS.test(stringField(cause, 'message') ?? ''))
}

const SAYS =
  /(?<!not )\bimmutable\b|may not (be )?change|(cannot|can't|can not) be (changed|updated|modified)|updates to .* are forbidden/i
