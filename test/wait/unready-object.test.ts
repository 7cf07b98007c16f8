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
/** A fake status reader with the same evidence and diagnosis for every object. */
const statusReader = (diagnosis?: PodDiagnosis): StatusReader => ({
  readStatuses: async () => new Map(),
  diagnoses: async (workloads) =>
    new Map(workloads.flatMap((workload) => (diagnosis === undefined ? [] : [[workload, diagnosis]]))),
  evidence: async () => ['Its last events:', '  Warning Failed: it fails'],
  waitsForConsumer: async () => false,
  hasStatus: async () => false,
  jobEnd: async () => undefined,
})
const pod: Json = { metadata: { name: 'p' } }
const diagnosticOf = async (kind: string, result: ReadinessResult, diagnosis?: PodDiagnosis, group?: string) =>
  (
    await unreadyDiagnostics(
      new Map([[{ id: idOf(kind, group) }, result]]),
      statusReader(diagnosis),
      'the rest is applied',
    )
  )[0]

test('a diagnostic has the reason, the evidence and a hint', async () => {
  const found = await diagnosticOf('Deployment', unready('0 of 1'), { pod, reason: 'Pod p is running', restarts: 0 })
  assert.deepEqual([found?.code, found?.reason, found?.object], ['E-HEALTH', 'NotReady', 'Deployment n/x'])
  assert.match(found?.message ?? '', /0 of 1; Pod p is running\.\nIts last events:\n {2}Warning Failed: it fails$/)
  assert.match(formatHint(found?.hint ?? ''), /log of that Pod\. .*the rest is applied\.$/)
  const late = await diagnosticOf('Thing', unready('`Ready` is False', { waited: 600_400 }), undefined, 'example.com')
  assert.equal(late?.reason, 'Timeout')
  assert.match(late?.message ?? '', / 600 s: `Ready` is False\.\n/)
  assert.match(formatHint(late?.hint ?? ''), /log of its controller\. .*`fairlead.dev\/wait: "false"`/)
})

test('the hint for a failed Job is to delete it, and for a deleted object to find out who deleted it', async () => {
  const job = await diagnosticOf('Job', unready('it failed', {}, { isFinal: true }), undefined, 'batch')
  assert.match(formatHint(job?.hint ?? ''), /delete or rename the Job/)
  const deleted = await diagnosticOf(
    'Deployment',
    unready('it was deleted', { seen: null, isDeleted: true }, { status: 'Missing', isFinal: true }),
  )
  assert.equal(deleted?.reason, 'Deleted')
  assert.match(formatHint(deleted?.hint ?? ''), /who deleted it/)
})

test('a probable secret in a status message is masked', async () => {
  const result = unready('`Ready` is False (Error): dial postgres://app:hunter2@db: password=hunter2')
  const masked = '`Ready` is False (Error): dial postgres://app:***@db: password=***'
  assert.deepEqual(unreadyObjects(new Map([[{ id: idOf('Thing') }, result]]))[0]?.reason, masked)
  assert.match((await diagnosticOf('Thing', result))?.message ?? '', /app:\*\*\*@db: password=\*\*\*\./)
})

test('evidence is read for the first ten objects', async () => {
  const many = new Map(Array.from({ length: 12 }, () => [{ id: idOf('Deployment') }, unready('0 of 1')] as const))
  const found = await unreadyDiagnostics(many, statusReader(), 'the rest is applied')
  assert.deepEqual([found.length, found.filter(({ message }) => message.includes('events')).length], [12, 10])
})
