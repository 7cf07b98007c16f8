import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readinessOf, takesTime } from '../../src/health/readiness.ts'
import type { Json } from '../../src/json.ts'

const readiness = (kindKey: string, object: Json) => {
  const [group = '', kind = ''] = kindKey.split('/')
  const result = readinessOf({ group, kind }, object)
  return result.state === 'ready' ? 'ready' : `${result.state}: ${result.reason}`
}
const condition = (type: string, status: string, more: object = {}) => ({ type, status, ...more })
const seen = { metadata: { generation: 2 } }
const at = (status: object, spec: object = {}): Json =>
  ({ ...seen, spec, status: { observedGeneration: 2, ...status } }) as Json

const cases: [string, string, Json, string][] = [
  [
    'a rolled out Deployment',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'ready',
  ],
  [
    'a Deployment without a number, which means one',
    'apps/Deployment',
    at({ replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
    'ready',
  ],
  ['a Deployment of none', 'apps/Deployment', at({}, { replicas: 0 }), 'ready'],
  [
    'a Deployment nobody has looked at',
    'apps/Deployment',
    { ...seen, spec: {} },
    'waiting: its controller has not seen the change yet',
  ],
  [
    'a Deployment whose change is not seen',
    'apps/Deployment',
    { ...seen, spec: {}, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } },
    'waiting: its controller has not seen the change yet',
  ],
  [
    'a Deployment being updated',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 1, availableReplicas: 2 }, { replicas: 2 }),
    'waiting: 1 of 2 in `status.updatedReplicas`',
  ],
  [
    'a Deployment whose old Pods are still there',
    'apps/Deployment',
    at({ replicas: 3, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'waiting: 1 old replicas are still there',
  ],
  [
    'a Deployment whose Pods are not available',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 2 }, { replicas: 2 }),
    'waiting: 0 of 2 in `status.availableReplicas`',
  ],
  [
    'a Deployment over its deadline',
    'apps/Deployment',
    at({
      replicas: 1,
      updatedReplicas: 1,
      conditions: [condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'timed out.' })],
    }),
    'stuck: timed out',
  ],
  ['a paused Deployment (E10)', 'apps/Deployment', { ...seen, spec: { paused: true } }, 'ready'],
  [
    'a StatefulSet',
    'apps/StatefulSet',
    at({ readyReplicas: 3, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' }, { replicas: 3 }),
    'ready',
  ],
  [
    'a StatefulSet that is not ready',
    'apps/StatefulSet',
    at({ readyReplicas: 1 }, { replicas: 3 }),
    'waiting: 1 of 3 in `status.readyReplicas`',
  ],
  [
    'a StatefulSet being updated',
    'apps/StatefulSet',
    at({ readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' }, { replicas: 3 }),
    'waiting: 1 of 3 in `status.updatedReplicas`',
  ],
  [
    'a StatefulSet updated down to its partition',
    'apps/StatefulSet',
    at(
      { readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
    ),
    'ready',
  ],
  [
    'a StatefulSet that is updated by hand',
    'apps/StatefulSet',
    at(
      { readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      { replicas: 1, updateStrategy: { type: 'OnDelete' } },
    ),
    'ready',
  ],
  [
    'a DaemonSet',
    'apps/DaemonSet',
    at({ desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 }),
    'ready',
  ],
  ['a DaemonSet for which there is no node', 'apps/DaemonSet', at({ desiredNumberScheduled: 0 }), 'ready'],
  [
    'a DaemonSet being updated',
    'apps/DaemonSet',
    at({ desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 }),
    'waiting: 1 of 2 in `status.updatedNumberScheduled`',
  ],
  ['a ReplicaSet', 'apps/ReplicaSet', at({ availableReplicas: 1 }), 'ready'],
  ['a running Job', 'batch/Job', { spec: {}, status: { active: 1 } }, 'waiting: it has not completed'],
  ['a complete Job', 'batch/Job', { spec: {}, status: { conditions: [condition('Complete', 'True')] } }, 'ready'],
  [
    'a failed Job',
    'batch/Job',
    { spec: {}, status: { conditions: [condition('Failed', 'True', { message: 'Job has failed' })] } },
    'failed: Job has failed',
  ],
  ['a suspended Job (E10)', 'batch/Job', { spec: { suspend: true }, status: {} }, 'ready'],
  ['a Pod that nobody has looked at', '/Pod', {}, 'waiting: its phase is Pending, and it is not ready'],
  ['a ready Pod', '/Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }, 'ready'],
  [
    'a Pod that runs to an end, and still runs',
    '/Pod',
    { spec: { restartPolicy: 'Never' }, status: { phase: 'Running', conditions: [condition('Ready', 'True')] } },
    'waiting: its phase is Running',
  ],
  ['a finished Pod', '/Pod', { status: { phase: 'Succeeded' } }, 'ready'],
  ['a failed Pod', '/Pod', { status: { phase: 'Failed', message: 'evicted' } }, 'failed: evicted'],
  [
    'a definition',
    'apiextensions.k8s.io/CustomResourceDefinition',
    { status: { conditions: [condition('Established', 'True')] } },
    'ready',
  ],
  ['a new definition', 'apiextensions.k8s.io/CustomResourceDefinition', {}, 'waiting: it is not established'],
  [
    'a definition whose names are taken',
    'apiextensions.k8s.io/CustomResourceDefinition',
    { status: { conditions: [condition('NamesAccepted', 'False', { message: 'taken' })] } },
    'failed: taken',
  ],
  ['a custom resource without a status', 'example.com/Widget', seen, 'ready'],
  [
    'a custom resource whose change is not seen',
    'example.com/Widget',
    { ...seen, status: { observedGeneration: 1 } },
    'waiting: its controller has not seen the change yet',
  ],
  [
    'a claim that waits for its first consumer (E12)',
    '/PersistentVolumeClaim',
    { status: { phase: 'Pending' } },
    'ready',
  ],
]
for (const [what, kindKey, object, expected] of cases) {
  test(`how ready is ${what}`, () => assert.equal(readiness(kindKey, object), expected))
}

test('what is what it is once it is applied takes no time', () => {
  const takes = (group: string, kind: string) => takesTime({ group, kind })
  assert.deepEqual(
    [takes('', 'ConfigMap'), takes('apps', 'Deployment'), takes('example.com', 'Widget')],
    [false, true, true],
  )
})
