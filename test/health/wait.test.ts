import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../src/cluster/answer.ts'
import type { Api } from '../../src/cluster/api.ts'
import { Failure } from '../../src/errors.ts'
import { untilSettled } from '../../src/health/wait.ts'
import type { Json } from '../../src/json.ts'

/** An API that answers a look with one after the other, for answers that a real one gives at bad times only. */
function answering(...answers: (Answer | Failure)[]): Pick<Api, 'get'> {
  let next = 0
  const get = async () => {
    const answer = answers[Math.min(next, answers.length - 1)]
    next += 1
    if (answer === undefined || answer instanceof Failure) throw answer
    return answer
  }
  return { get }
}

const found = (body: object): Answer => ({
  status: 200,
  body: body as Json,
  text: '',
  contentType: '',
  warnings: [],
  date: 0,
})
const rollout = (availableReplicas: number, reason = 'ReplicaSetUpdated') =>
  found({
    metadata: { generation: 1 },
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas,
      conditions: [{ type: 'Progressing', status: 'False', reason, message: 'has timed out.' }],
    },
  })
const gone: Answer = { status: 404, body: null, text: '', contentType: '', warnings: [], date: 0 }
const noAnswer = new Failure({ class: 'E-KUBE-NET', message: 'no answer' })
const deployment = {
  id: { group: 'apps', kind: 'Deployment', namespace: 'n', name: 'd' },
  path: '/d',
  since: Date.now(),
}
const options = { log: () => {}, signal: new AbortController().signal, timeout: 600_000 }

const reasonAfter = async (...answers: (Answer | Failure)[]) =>
  (await untilSettled([deployment], answering(...answers), options)).get(deployment)

test('a failure that an earlier run left behind may pass (E11)', async () => {
  const stuck = rollout(0, 'ProgressDeadlineExceeded')
  assert.equal(await reasonAfter(stuck, stuck, rollout(0), rollout(1)), undefined)
})

test('a failure that may pass, and does not, is one', async () => {
  const late = { ...deployment, since: Date.now() - 31_000 }
  const settled = await untilSettled([late], answering(rollout(0, 'ProgressDeadlineExceeded')), options)
  assert.equal(settled.get(late), 'has timed out')
})

test('a server that is away for a moment does not end a wait', async () => {
  assert.equal(await reasonAfter(rollout(0), noAnswer, noAnswer, rollout(1)), undefined)
})

test('credentials that are no longer accepted end it', async () => {
  const rejected = new Failure({ class: 'E-KUBE-AUTH', message: 'expired' })
  await assert.rejects(reasonAfter(rollout(0), rejected), /expired/)
})

test('what is gone is not ready', async () => {
  assert.equal(await reasonAfter(rollout(0), gone), 'it is gone')
})

test('with patience, what is settled is enough, and something is', async () => {
  const other = { ...deployment, path: '/other' }
  const api = { get: async (path: string) => (path === '/other' ? rollout(1) : rollout(0)) }
  const settled = await untilSettled([deployment, other], api, { ...options, patience: 50 })
  assert.deepEqual([...settled], [[other, undefined]])
})
