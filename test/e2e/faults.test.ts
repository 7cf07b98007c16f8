import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { type Fault, startFaultProxy } from '../../testbed/faultproxy.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { errorOf, errorSubjects, objectOf, reportOf, setOf, warningsOf } from './report.ts'

let cluster: ControlPlane

/** A run that lasts for half a minute of silence, while the other tests go on. */
let silent: ReturnType<typeof withFault>

before(async () => {
  cluster = await startControlPlane()
  silent = withFault('silent', () => true)
  silent.catch(() => {}) // the last test hears of it
})
after(() => cluster.stop())

/** Whether a request writes an object of the set. */
function isApply({ method, url = '' }: IncomingMessage): boolean {
  return method === 'PATCH' && url.includes('fieldManager=fairlead&') && !url.includes('dryRun=')
}

/** Whether a request writes the inventory. */
function isRecord({ method = '', url = '' }: IncomingMessage): boolean {
  return ['POST', 'PATCH'].includes(method) && url.includes('/secrets')
}

const OBJECTS = 12
const BEFORE = 5

/**
 * Runs the step on twelve ConfigMaps through a proxy in front of the real API server, which takes over from the sixth
 * apply on.
 */
function withFault(
  name: string,
  fault: (request: IncomingMessage, response: ServerResponse, nth: number) => boolean,
  annotationsOf: (index: number) => Record<string, string> = () => ({}),
) {
  let applies = 0
  return through(
    (incoming, outgoing) => {
      if (isApply(incoming)) applies += 1
      return applies > BEFORE && fault(incoming, outgoing, applies)
    },
    name,
    annotationsOf,
  )
}

/** Runs the step on ConfigMaps through a proxy. */
async function through(
  fault: Fault,
  name: string,
  annotationsOf: (index: number) => Record<string, string> = () => ({}),
  length = OBJECTS,
) {
  const proxy = await startFaultProxy(cluster.kubeconfig, fault)
  const folder = temporaryFolder()
  const manifest = (_: unknown, index: number) => {
    const metadata = { name: `${name}-${String(index).padStart(2, '0')}`, annotations: annotationsOf(index) }
    return `apiVersion: v1\nkind: ConfigMap\nmetadata: ${JSON.stringify(metadata)}\n`
  }
  writeFiles(folder, { 'a.yaml': Array.from({ length }, manifest).join('---\n') })
  const { kubeconfig } = proxy
  const result = await runStep({ with: { repository: folder, name, kubeconfig }, path: [cluster.bin] })
  await proxy.stop()
  return result
}

/** Asserts that a run tells what it did before the fault, and what it did not come to. */
function assertCutShort(result: StepResult): void {
  const { counts, result: word } = setOf(result)
  assert.deepEqual([counts.created, counts.pending, counts.objects], [BEFORE, OBJECTS - BEFORE, OBJECTS], result.log)
  assert.equal(word, 'failed')
  assert.ok(result.log.endsWith(`${reportOf(result).summary}\n`), result.log)
}

const status = (code: number, reason: string) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code })

test('credentials that expire in the middle are one error, and what was done is told', async () => {
  const result = await withFault('expired', (_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' }).end(status(401, 'Unauthorized'))
    return true
  })
  assert.deepEqual(errorSubjects(result), ['E-KUBE-AUTH'], result.log)
  assert.equal(errorOf(result, 'E-KUBE-AUTH').reason, 'CredentialsExpired')
  assertCutShort(result)
})

test('a server that goes away in the middle is one error, and what was done is told', async () => {
  const result = await withFault('gone', (incoming) => {
    incoming.socket.destroy()
    return true
  })
  assert.deepEqual(errorSubjects(result), ['E-KUBE-NET'], result.log)
  assert.equal(errorOf(result, 'E-KUBE-NET').reason, 'Unreachable')
  assertCutShort(result)
})

test('an answer of something in between, which is not the API server, blames no object', async () => {
  const result = await withFault('between', (_, response) => {
    response.writeHead(503, { 'content-type': 'text/html' }).end('<html>no backend</html>')
    return true
  })
  assert.deepEqual(errorSubjects(result), ['E-KUBE-NET'], result.log)
  assert.equal(errorOf(result, 'E-KUBE-NET').reason, 'Unreachable')
  assert.match(errorOf(result, 'E-KUBE-NET').message, /<html>no backend/)
})

const once429: Parameters<typeof withFault>[1] = (_, response, nth) => {
  if (nth !== BEFORE + 1) return false
  response
    .writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' })
    .end(status(429, 'TooManyRequests'))
  return true
}

test('a server that asks to wait is waited for', async () => {
  const result = await withFault('busy', once429)
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, String(OBJECTS))
})

test('what kubectl tries again has not failed, and nothing that depends on it is skipped', async () => {
  const previous = (index: number) => `/namespaces/default/ConfigMap/patient-${String(index - 1).padStart(2, '0')}`
  const result = await withFault(
    'patient',
    once429,
    (index): Record<string, string> => (index === 0 ? {} : { 'fairlead.dev/depends-on': previous(index) }),
  )
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, String(OBJECTS))
})

/** Meets each of these requests once, by its method and its path. */
function once(isMet: (request: IncomingMessage) => boolean): (request: IncomingMessage) => boolean {
  const met = new Set<string>()
  return (incoming) => {
    const key = `${incoming.method} ${incoming.url}`
    const isNew = isMet(incoming) && !met.has(key)
    if (isNew) met.add(key)
    return isNew
  }
}

const refusals: [number, string][] = [
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]
for (const [code, reason] of refusals) {
  test(`whatever the server has no time for is asked for again: status ${code} for each request once`, async () => {
    const isFirst = once(() => true)
    let met = 0
    const result = await through((incoming, response) => {
      if (!isFirst(incoming)) return false
      met += 1
      response.writeHead(code, { 'content-type': 'application/json' }).end(status(code, reason))
      return true
    }, `busy-${code}`)
    assert.equal(result.exitCode, 0, result.log)
    assert.equal(result.outputs.created, String(OBJECTS))
    assert.ok(met > 2 * OBJECTS, `${met} requests were met`)
  })
}

test('a connection that breaks before the server hears of a request, or after it has written, is tried again', async () => {
  const isFirst = once(isApply)
  let nth = 0
  const result = await through((incoming, _, pass) => {
    if (!isFirst(incoming)) return false
    nth += 1
    if (nth % 2 === 0) incoming.socket.destroy()
    else pass(incoming, () => incoming.socket.destroy())
    return true
  }, 'broken')
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(nth, OBJECTS)
  assert.equal(result.outputs.created, String(OBJECTS), result.log)
  const live = await cluster.kubectl(['get', 'configmaps', '-o', 'name'])
  assert.equal(String(live.stdout).match(/broken-/g)?.length, OBJECTS)
})

test('an answer that breaks off half-way is asked for again', async () => {
  const isFirst = once(({ url = '' }) => url.includes('configmaps'))
  const result = await through((incoming, response, pass) => {
    if (!isFirst(incoming)) return false
    pass(incoming, (answer) => {
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, 'content-length': '100000' })
      response.write('{"kind":')
      setTimeout(() => incoming.socket.destroy(), 5)
    })
    return true
  }, 'half')
  assert.equal(result.exitCode, 0, result.log)
})

test('a list whose place the server has forgotten begins again, and no more than four are under way', async () => {
  assert.equal((await through(() => false, 'paged')).exitCode, 0)
  let forgotten = 0
  let lists = 0
  let most = 0
  const result = await through((incoming, response, pass) => {
    const url = incoming.url ?? ''
    if (incoming.method !== 'GET' || !url.includes('limit=')) return false
    lists += 1
    most = Math.max(most, lists)
    response.on('close', () => {
      lists -= 1
    })
    // The first page claims that there is another one, and that one is forgotten.
    if (url.includes('continue=')) {
      forgotten += 1
      response.writeHead(410, { 'content-type': 'application/json' }).end(status(410, 'Expired'))
      return true
    }
    if (forgotten > 0) return false
    pass(incoming, (answer) => {
      answer.resume()
      const list = { kind: 'PartialObjectMetadataList', metadata: { continue: 'place' }, items: [] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list))
    })
    return true
  }, 'paged')
  assert.equal(result.outputs.result, 'unchanged', result.log)
  assert.equal(forgotten, 1)
  assert.ok(most <= 4, `${most} lists at once`)
})

test('a list that the server fails to give stops the run: nothing is taken for absent', async () => {
  const result = await through(({ method, url = '' }, response) => {
    if (method !== 'GET' || !url.includes('limit=')) return false
    response.writeHead(500, { 'content-type': 'application/json' }).end(status(500, 'InternalError'))
    return true
  }, 'unlisted')
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-DISCOVERY')
  assert.equal(error.reason, 'ListFailed')
  assert.match(error.message, /\bConfigMap\b.*\bInternalError\b/)
  const live = await cluster.kubectl(['get', 'configmaps', '-o', 'name'])
  assert.doesNotMatch(String(live.stdout), /unlisted-/)
})

test('an object that changes between the list of all and its own dry run is looked at again', async () => {
  const [name, length] = ['restless', 24]
  const made = await through(
    () => false,
    name,
    () => ({ revision: '1' }),
    length,
  )
  assert.equal(made.outputs.created, '24', made.log)
  let lists = 0
  const singles: string[] = []
  const changed = await through(
    (incoming, outgoing, pass) => {
      const { method, url = '', headers } = incoming
      if (method === 'GET' && /\/configmaps\/restless-/.test(url)) singles.push(url)
      if (!url.includes('/configmaps?') || headers.accept !== 'application/json') return false
      lists += 1
      pass(incoming, async (answer) => {
        const body = await buffer(answer)
        const patch = ['patch', 'configmap', 'restless-21', '--patch={"data":{"meanwhile":"x"}}']
        assert.equal((await cluster.kubectl(patch)).code, 0)
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(body)
      })
      return true
    },
    name,
    () => ({ revision: '2' }),
    length,
  )
  assert.deepEqual([changed.outputs.updated, lists], ['24', 1], changed.log)
  // The first nineteen are looked at before it is worth a list.
  assert.equal(singles.length, 20)
  assert.equal(singles.filter((url) => url.endsWith('/restless-21')).length, 1)
  for (const { diffs, object } of setOf(changed).objects)
    assert.deepEqual(
      diffs.map(({ field }) => field),
      ['metadata.annotations.revision'],
      object,
    )
  assert.doesNotMatch(changed.log + changed.report, /meanwhile/)
})

test('a record that cannot be written at the end, as the connection breaks, is a warning: the objects are applied', async () => {
  let written = 0
  const result = await through((incoming) => {
    if (!isRecord(incoming)) return false
    written += 1
    if (written === 1) return false
    incoming.socket.destroy()
    return true
  }, 'forgetful')
  assert.deepEqual([result.exitCode, result.outputs.created], [0, String(OBJECTS)], result.log)
  const [warning, ...others] = warningsOf(result)
  assert.deepEqual([warning?.reason, others], ['InventoryNotUpdated', []])
  // In the words of kubectl's proxy, which meets the broken connection.
  assert.match(warning?.message ?? '', /\bEOF\b|connection reset/)
})

test('what is going to be ours is written down before the first object, and without that nothing is written', async () => {
  const result = await through((incoming) => {
    if (!isRecord(incoming)) return false
    incoming.socket.destroy()
    return true
  }, 'unwritten')
  assert.equal(result.exitCode, 1)
  assert.equal(errorOf(result, 'E-KUBE-NET').reason, 'Unreachable')
  const live = await cluster.kubectl(['get', 'configmaps', '-o', 'name'])
  assert.doesNotMatch(String(live.stdout), /unwritten-/)
})

test('what its deployer writes between the plan and the apply is not taken from it unseen', async () => {
  const deploy = async (data: object) => {
    const metadata = { name: 'contested-03', namespace: 'default' }
    const object = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    assert.equal((await cluster.kubectl(['apply', '--filename=-'], object)).code, 0)
  }
  await deploy({ planned: 'x' })
  let isMeanwhile = false
  const result = await through((incoming, outgoing, pass) => {
    // The last that is asked of it for the plan is what would go.
    if (incoming.headers['content-type'] !== 'application/merge-patch+json') return false
    pass(incoming, async (answer) => {
      const body = await buffer(answer)
      await deploy({ planned: 'x', meanwhile: 'y' })
      isMeanwhile = true
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(body)
    })
    return true
  }, 'contested')
  assert.ok(isMeanwhile, result.log)
  assert.deepEqual([result.exitCode, result.outputs.created, result.outputs.failed], [1, '11', '1'], result.log)
  assert.equal(objectOf(result, 'ConfigMap default/contested-03').result, 'failed')
  assert.equal(errorOf(result, 'E-APPLY', 'ConfigMap default/contested-03').reason, 'ChangedSincePlan')
  const live = await cluster.kubectl(['get', 'configmap', 'contested-03', '--output=jsonpath={.data}'])
  assert.equal(String(live.stdout), '{"meanwhile":"y","planned":"x"}')
})

test('a server that falls silent in the middle is one error before anybody else may write, and what was done is told', async () => {
  const result = await silent
  assert.deepEqual(errorSubjects(result), ['E-LOCK Lease fairlead/silent'], result.log)
  assert.equal(errorOf(result, 'E-LOCK').reason, 'LockNotRenewed')
  // How long the lock was not renewed, and how long the server may be silent about it.
  assert.match(errorOf(result, 'E-LOCK').message, /\b\d+ s\b.*\b5 s\b/s)
  assertCutShort(result)
})
