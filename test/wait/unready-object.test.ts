import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Health } from '../../src/health/status.ts'
import { formatHint } from '../../src/hint.ts'
import type { Json } from '../../src/json.ts'
import type { PodDiagnosis } from '../../src/wait/pod-diagnosis.ts'
import type { ReadinessResult } from '../../src/wait/readiness.ts'
import type { StatusReader } from '../../src/wait/status-reader.ts'
import { unreadyDiagnostics, unreadyObjects } from '../../src/wait/unready-object.ts'

const idOf = (kind: string, group = 'apps') => ({ group, kind, namespace: 'n', name: 'x' })
const unready = (
  reason: string,
  more: Partial<ReadinessResult> = {},
  health: Partial<Health> = {},
): ReadinessResult => {
  return { isReady: false, health: { status: 'Degraded', reason, ...health }, seen: {}, ...more }
}
/** A lookout that knows one thing of all, and finds one suspect. */
const statusReader = (diagnosis?: PodDiagnosis): StatusReader => ({
  look: async () => new Map(),
  diagnoses: async (workloads) =>
    new Map(workloads.flatMap((each) => (diagnosis === undefined ? [] : [[each, diagnosis]]))),
  evidence: async () => ['Its last events:', '  Warning Failed: it fails'],
  waitsForConsumer: async () => false,
  hasStatus: async () => false,
  jobEnd: async () => undefined,
})
const pod: Json = { metadata: { name: 'p' } }
const problem = async (kind: string, result: ReadinessResult, diagnosis?: PodDiagnosis, group?: string) =>
  (await unreadyDiagnostics(new Map([[{ id: idOf(kind, group) }, result]]), statusReader(diagnosis), 'so be it'))[0]

test('tells why, with evidence below, and what to do', async () => {
  const found = await problem('Deployment', unready('0 of 1'), { pod, reason: 'Pod p is running', restarts: 0 })
  assert.equal(
    found?.message,
    'It is not ready: 0 of 1; Pod p is running.\nIts last events:\n  Warning Failed: it fails',
  )
  assert.equal(found?.hint, 'Check its events and the log of that Pod. Then run again; so be it.')
  const late = await problem('Thing', unready('`Ready` is False', { waited: 600_400 }), undefined, 'example.com')
  assert.match(late?.message ?? '', /^It is not ready after 600 s: `Ready` is False\.\n/)
  assert.match(
    formatHint(late?.hint ?? ''),
    /log of its controller\. To not wait for it, annotate it with `fairlead.dev\/wait: "false"`/,
  )
})

test('a Job that failed does not run again by itself, and what is gone was deleted', async () => {
  const job = await problem('Job', unready('it failed', {}, { isFinal: true }), undefined, 'batch')
  assert.match(formatHint(job?.hint ?? ''), /delete the Job or rename it/)
  const gone = await problem('Deployment', unready('it is gone', { seen: null }, { status: 'Missing', isFinal: true }))
  assert.equal(gone?.message, 'It is not ready: it is gone.')
  assert.match(formatHint(gone?.hint ?? ''), /Find out who deleted it/)
})

test('what looks like a secret in what a controller says is masked', async () => {
  const result = unready('`Ready` is False (Error): dial postgres://app:hunter2@db: password=hunter2')
  const said = '`Ready` is False (Error): dial postgres://app:***@db: password=***'
  assert.deepEqual(unreadyObjects(new Map([[{ id: idOf('Thing') }, result]]))[0]?.reason, said)
  assert.match((await problem('Thing', result))?.message ?? '', /app:\*\*\*@db: password=\*\*\*\./)
})

test('the cluster is asked about the first ten', async () => {
  const many = new Map(Array.from({ length: 12 }, () => [{ id: idOf('Deployment') }, unready('0 of 1')] as const))
  const found = await unreadyDiagnostics(many, statusReader(), 'so be it')
  assert.deepEqual([found.length, found.filter(({ message }) => message.includes('events')).length], [12, 10])
})
