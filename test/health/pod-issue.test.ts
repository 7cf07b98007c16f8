import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podIssueOf } from '../../src/health/pod-issue.ts'
import type { Json, JsonObject } from '../../src/json.ts'

const pod = (status: JsonObject): Json => ({ status: { phase: 'Running', ...status } })
const container = (state: JsonObject, more: JsonObject = {}) => ({
  name: 'app',
  ready: false,
  restartCount: 0,
  state,
  ...more,
})
const waiting = (reason: string, message = '', more: JsonObject = {}) =>
  container({ waiting: { reason, message } }, more)
const ended = (exitCode: number, reason = 'Error') => ({ terminated: { exitCode, reason } })

const cases: [string, Json, string | undefined, number | undefined][] = [
  ['a ready Pod', pod({ conditions: [{ type: 'Ready', status: 'True' }] }), undefined, undefined],
  ['a finished Pod', pod({ phase: 'Succeeded' }), undefined, undefined],
  ['a Pod without a status', {}, 'has not started yet', undefined],
  [
    'a Pod that is being started',
    pod({ phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] }),
    'has not started yet',
    undefined,
  ],
  [
    'a running Pod that is not ready',
    pod({ containerStatuses: [container({ running: {} })] }),
    'is running, but `app` is not ready',
    undefined,
  ],
  [
    'a Pod that crashes in a loop',
    pod({ containerStatuses: [waiting('CrashLoopBackOff', 'back-off 10s', { restartCount: 2, lastState: ended(1) })] }),
    'is in CrashLoopBackOff: `app` ended with exit code 1',
    60_000,
  ],
  [
    'a Pod that has crashed many times',
    pod({
      containerStatuses: [waiting('CrashLoopBackOff', '', { restartCount: 7, lastState: ended(137, 'OOMKilled') })],
    }),
    'is in CrashLoopBackOff: `app` ended with exit code 137 (OOMKilled)',
    0,
  ],
  [
    'a Pod between two crashes',
    pod({ containerStatuses: [container({ running: {} }, { restartCount: 2, lastState: ended(1) })] }),
    'is not ready: `app` ended with exit code 1',
    undefined,
  ],
  [
    'an image that cannot be pulled',
    pod({ phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff', 'Back-off pulling image "x"')] }),
    'is in ImagePullBackOff: `app` cannot start: Back-off pulling image "x"',
    60_000,
  ],
  [
    'an invalid image name',
    pod({ phase: 'Pending', containerStatuses: [waiting('InvalidImageName', 'couldn\'t parse image name "X"')] }),
    'is in InvalidImageName: `app` cannot start: couldn\'t parse image name "X"',
    0,
  ],
  [
    'an init container before the others',
    pod({
      phase: 'Pending',
      initContainerStatuses: [waiting('CreateContainerConfigError', 'secret "db" not found', { name: 'init' })],
      containerStatuses: [waiting('PodInitializing')],
    }),
    'is in CreateContainerConfigError: `init` cannot start: secret "db" not found',
    60_000,
  ],
  [
    'a stuck container before one that is starting',
    pod({ containerStatuses: [container({ running: {} }), waiting('ErrImagePull', '', { name: 'side' })] }),
    'is in ErrImagePull: `side` cannot start',
    60_000,
  ],
  [
    'a Pod that cannot be scheduled',
    pod({
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available.' },
      ],
    }),
    'cannot be scheduled: 0/1 nodes are available',
    300_000,
  ],
  [
    'a failed Pod',
    pod({ phase: 'Failed', containerStatuses: [container(ended(3))] }),
    'has failed: `app` ended with exit code 3',
    undefined,
  ],
  [
    'an evicted Pod',
    pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }),
    'has failed: low on memory',
    undefined,
  ],
  ['a Pod whose node is lost', pod({ phase: 'Unknown' }), 'is in phase Unknown', undefined],
]

for (const [name, object, reason, grace] of cases)
  test(`the issue of a Pod: ${name}`, () => {
    const issue = podIssueOf(object)
    assert.equal(issue?.reason, reason)
    assert.equal(issue?.grace, grace)
    assert.equal(issue?.hint !== undefined, grace !== undefined)
  })
