import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Health } from '../../src/health/status.ts'
import type { Json } from '../../src/json.ts'
import { ailmentsIn, problemsIn } from '../../src/wait/unready-object.ts'
import type { Judgement } from '../../src/wait/readiness.ts'
import type { Lookout } from '../../src/wait/status-reader.ts'
import type { Suspect } from '../../src/wait/pod-diagnosis.ts'

const idOf = (kind: string, group = 'apps') => ({ group, kind, namespace: 'n', name: 'x' })
const ill = (reason: string, more: Partial<Judgement> = {}, health: Partial<Health> = {}): Judgement => {
  return { isReady: false, health: { status: 'Degraded', reason, ...health }, seen: {}, ...more }
}
/** A lookout that knows one thing of all, and finds one suspect. */
const lookout = (suspect?: Suspect): Lookout => ({
  look: async () => new Map(),
  suspects: async (workloads) => new Map(workloads.flatMap((each) => (suspect === undefined ? [] : [[each, suspect]]))),
  evidence: async () => ['Its last events:', '  Warning Failed: it fails'],
  waitsForConsumer: async () => false,
  hasStatus: async () => false,
  endOf: async () => undefined,
})
const pod: Json = { metadata: { name: 'p' } }
const problem = async (kind: string, judgement: Judgement, suspect?: Suspect, group?: string) =>
  (await problemsIn(new Map([[{ id: idOf(kind, group) }, judgement]]), lookout(suspect), 'so be it'))[0]

test('tells why, with evidence below, and what to do', async () => {
  const found = await problem('Deployment', ill('0 of 1'), { pod, reason: 'Pod p is running', restarts: 0 })
  assert.equal(
    found?.message,
    'It is not ready: 0 of 1; Pod p is running.\nIts last events:\n  Warning Failed: it fails',
  )
  assert.equal(found?.next, 'Look at its events, and at the log of that Pod. Then run again; so be it.')
  const late = await problem('Thing', ill('`Ready` is False', { waited: 600_400 }), undefined, 'example.com')
  assert.match(late?.message ?? '', /^It is not ready after 600 s: `Ready` is False\.\n/)
  assert.match(
    late?.next ?? '',
    /controller writes into its log\. If nobody is to wait for it, annotate it with `fairlead.dev\/wait: "false"`/,
  )
})

test('a Job that failed does not run again by itself, and what is gone was deleted', async () => {
  const job = await problem('Job', ill('it failed', {}, { isFinal: true }), undefined, 'batch')
  assert.match(job?.next ?? '', /delete the Job or give it another name/)
  const gone = await problem('Deployment', ill('it is gone', { seen: null }, { status: 'Missing', isFinal: true }))
  assert.equal(gone?.message, 'It is not ready: it is gone.')
  assert.match(gone?.next ?? '', /Look who has deleted it/)
})

test('what looks like a secret in what a controller says is masked', async () => {
  const judgement = ill('`Ready` is False (Error): dial postgres://app:hunter2@db: password=hunter2')
  const said = '`Ready` is False (Error): dial postgres://app:***@db: password=***'
  assert.deepEqual(ailmentsIn(new Map([[{ id: idOf('Thing') }, judgement]]))[0]?.reason, said)
  assert.match((await problem('Thing', judgement))?.message ?? '', /app:\*\*\*@db: password=\*\*\*\./)
})

test('the cluster is asked about the first ten', async () => {
  const many = new Map(Array.from({ length: 12 }, () => [{ id: idOf('Deployment') }, ill('0 of 1')] as const))
  const found = await problemsIn(many, lookout(), 'so be it')
  assert.deepEqual([found.length, found.filter(({ message }) => message.includes('events')).length], [12, 10])
})
