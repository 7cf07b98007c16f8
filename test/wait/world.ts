import type { Clock } from '../../src/clock.ts'
import type { Json } from '../../src/json.ts'
import type { ApiClient } from '../../src/kube/client.ts'
import type { ApiResponse } from '../../src/object/api-status.ts'

/** An API whose answers are made by a function of the path, and the paths that it was asked for. */
export function apiOf(answer: (path: string) => Json | ApiResponse | Error | undefined): {
  api: Pick<ApiClient, 'get'>
  asked: string[]
} {
  const asked: string[] = []
  const get = async (path: string) => {
    asked.push(path)
    const found = answer(path)
    if (found instanceof Error) throw found
    if (found === undefined) return answering(404, null)
    return isAnswer(found) ? found : answering(200, found)
  }
  return { api: { get }, asked }
}

function isAnswer(value: Json | ApiResponse): value is ApiResponse {
  return typeof value === 'object' && value !== null && 'contentType' in value && 'body' in value
}

/** An answer with a status and a body; a text is a body that is no JSON. */
export function answering(status: number, body: Json): ApiResponse {
  const text = typeof body === 'string' ? body : ''
  return { status, body, text, contentType: '', warnings: [], date: 0 }
}

/** A clock on which time passes only while somebody sleeps. */
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
