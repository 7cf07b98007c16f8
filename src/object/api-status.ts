import { field, type Json, stringField } from '../json.ts'

/** An answer of the API server. */
export interface ApiResponse {
  readonly status: number
  readonly body: Json
  /** The body as text. */
  readonly text: string
  readonly contentType: string
  /** Warnings of the server, for instance about a deprecated API version. */
  readonly warnings: readonly string[]
  /** The server's time of the response, in milliseconds since 1970. */
  readonly date: number
}

/** Returns the server's message from an error response. */
export function statusMessage(answer: Pick<ApiResponse, 'status' | 'body'>): string {
  return stringField(answer.body, 'message') ?? `the server answered with status ${answer.status}`
}

/** Whether an answer comes from kubectl proxy, or something else on the way: the server itself sends its kind as JSON. */
export function isFromProxy({ status, body }: Pick<ApiResponse, 'status' | 'body'>): boolean {
  return status >= 500 && field(body, 'kind') === undefined
}
