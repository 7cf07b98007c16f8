import { field, type Json, stringField } from '../json.ts'

/** An answer of the API server. */
export interface ApiResponse {
  readonly status: number
  readonly body: Json
  /** The body as it came. */
  readonly text: string
  readonly contentType: string
  /** What the server warns of, such as an API version that it will not serve for ever. */
  readonly warnings: readonly string[]
  /** The server's clock when it answered, in milliseconds since 1970. */
  readonly date: number
}

/** The message of a refusal, in the server's own words. */
export function statusMessage(answer: Pick<ApiResponse, 'status' | 'body'>): string {
  return stringField(answer.body, 'message') ?? `the server answered with status ${answer.status}`
}

/** Whether an answer comes from kubectl proxy, or something else on the way: the server itself sends its kind as JSON. */
export function isFromProxy({ status, body }: Pick<ApiResponse, 'status' | 'body'>): boolean {
  return status >= 500 && field(body, 'kind') === undefined
}
