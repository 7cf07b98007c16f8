import type { ApplyStream } from '../src/apply/kubectl-stream.ts'
import { diagnosticsOf } from '../src/diagnostics.ts'
import { type JsonObject, serialise, stringField } from '../src/json.ts'
import type { ApplyInterceptor, RelaySession } from '../src/kube/write-proxy.ts'
import { FIELD_MANAGER } from '../src/object/managed-fields/field-manager.ts'
import type { FakeApi } from './fake-api.ts'

/** A stream that applies to a fake API like `kubectl apply --server-side` through the write proxy. */
export interface FakeStream extends ApplyStream {
  /** The paths of the objects of each call, in order. */
  readonly calls: readonly (readonly string[])[]
}

/** Options of a fake kubectl. */
export interface FakeStreamOptions {
  readonly force?: boolean
  /** Terminates kubectl before its next object. */
  readonly signal?: AbortSignal
}

/** Makes a stream. Like kubectl, it maps all objects to kinds before it sends the first one, by its cached discovery. */
export function fakeStream(api: FakeApi, session: RelaySession, options: FakeStreamOptions = {}): FakeStream {
  const { force = true, signal } = options
  const calls: string[][] = []
  let served: ReadonlySet<string> | undefined
  const mapped = (object: JsonObject): string | undefined => {
    served ??= api.servedKinds()
    const isServed = served.has(`${stringField(object, 'apiVersion')}/${stringField(object, 'kind')}`)
    return isServed ? api.pathOf(object) : undefined
  }
  return {
    calls,
    resetDiscovery: () => {
      served = undefined
    },
    apply: async (objects, interceptor) => {
      const known = objects.flatMap((object) => {
        const path = mapped(object)
        return path === undefined ? [] : [{ object, path }]
      })
      calls.push(known.map(({ path }) => path))
      let isFailed = known.length < objects.length
      for (const { object, path } of known) {
        if (signal?.aborted) return exit(null, '')
        const isApplied = await applyOne(path, object, interceptor, session, force)
        isFailed ||= !isApplied
      }
      const lost = objects.filter((object) => mapped(object) === undefined).map(unmapped)
      return exit(isFailed ? 1 : 0, lost.join('\n'))
    },
  }
}

/** Sends one object like the write proxy. Returns whether it was applied. */
async function applyOne(
  path: string,
  object: JsonObject,
  interceptor: ApplyInterceptor,
  session: RelaySession,
  force: boolean,
): Promise<boolean> {
  const request = {
    method: 'PATCH',
    path: `${path}?fieldManager=${FIELD_MANAGER}&force=${force}`,
    headers: { accept: 'application/json', 'content-type': 'application/apply-patch+yaml' },
    body: serialise(object),
  }
  try {
    if ((await interceptor.reasonNotToSend(path)) !== undefined) return false
    let answer = await session.send(request)
    for (let attempt = 0; await interceptor.shouldRetry({ ...answer, path }, attempt); attempt += 1)
      answer = await session.send(request)
    interceptor.onResponse({ path, status: answer.status, body: answer.body })
    return answer.status < 300
  } catch (error) {
    const [problem] = diagnosticsOf(error)
    interceptor.onResponse({ path, status: 502, body: { message: problem?.message ?? '' } })
    return false
  }
}

function exit(code: number | null, stderr: string) {
  return { code, signal: code === null ? ('SIGTERM' as const) : null, stdout: Buffer.alloc(0), stderr }
}

function unmapped(object: JsonObject): string {
  const [apiVersion, kind] = ['apiVersion', 'kind'].map((name) => stringField(object, name))
  const [name, namespace] = ['name', 'namespace'].map((part) => stringField(object, 'metadata', part) ?? '')
  const missing = `no matches for kind "${kind}" in version "${apiVersion}"`
  return `resource mapping not found for name: "${name}" namespace: "${namespace}" from "STDIN": ${missing}`
}
