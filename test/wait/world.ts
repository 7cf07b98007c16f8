import type { Clock } from '../../src/clock.ts'
import type { Json } from '../../src/json.ts'
import type { ApiClient } from '../../src/kube/client.ts'
import type { ApiResponse } from '../../src/object/api-status.ts'

/** Returns a fake API whose responses are computed from the path, and the paths that were requested. */
export function apiOf(respond: (path: string) => Json | ApiResponse | Error | undefined): {
  api: Pick<ApiClient, 'get'>
  asked: string[]
} {
  const asked: string[] = []
  const get = async (path: string) => {
    asked.push(path)
    const response = respond(path)
    if (response instanceof Error) throw response
    if (response === undefined) return answering(404, null)
    return isResponse(response) ? response : answering(200, response)
  }
  return { api: { get }, asked }
}

function isResponse(value: Json | ApiResponse): value is ApiResponse {
  return typeof value === 'object' && value !== null && 'contentType' in value && 'body' in value
}

/** Returns a response with a status and a body; a string is a body that is not JSON. */
export function answering(status: number, body: Json): ApiResponse {
  const text = typeof body === 'string' ? body : ''
  return { status, body, text, contentType: '', warnings: [], date: 0 }
}

/** Returns a clock whose time advances only in `sleep`. */
export function idleClock(): Clock {
  let now = 0
  const time = () => now
  return {
    steady: time,
    wall: time,
    sleep: async (duration) => {
      now += duration
    },
  }
}
