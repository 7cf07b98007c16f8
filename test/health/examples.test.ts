import assert from 'node:assert/strict'
import { test } from 'node:test'
import { falselyReady, type Misjudged, misjudged, readExamples } from './examples.ts'

/** The examples in which Fairlead differs, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'sparkoperator.k8s.io/ScheduledSparkApplication: new, no status':
    'an object with a schedule has nothing to do before its first run',
  'app.terraform.io/Workspace: plan waits for confirmation': 'the word does not show whether work will follow',
  'messaging.knative.dev/Channel: dispatcher missing':
    'a missing object may be about to be created, such as a Secret by cert-manager',
  'core.gardener.cloud/ControllerInstallation: unhealthy': 'an unhealthy object may be about to become healthy',
  'snapscheduler.backube/SnapshotSchedule: fresh': 'an object with a schedule has nothing to do before its first run',
  'nvidia.com/ClusterPolicy: second instance is ignored': 'the word does not show whether that is intended',
  'scheduling.volcano.sh/Queue: state Unknown': 'its own state is Unknown',
}

const describe = ({ groupKind, what, expected, ours, reason }: Misjudged) =>
  `${groupKind}, ${what}: ${expected.join(' or ')}; Fairlead: ${ours}: ${reason}`

test('every example has the health that its project expects, with the exceptions listed here', () => {
  const examples = readExamples()
  assert.ok(examples.every(({ expected, what }) => expected.length > 0 && what !== ''))
  const differing = misjudged(examples)
  const unlisted = differing.filter(({ groupKind, what }) => !Object.hasOwn(DIFFERENCES, `${groupKind}: ${what}`))
  assert.deepEqual(unlisted.map(describe), [])
  assert.equal(differing.length, Object.keys(DIFFERENCES).length, 'a listed difference no longer exists')
})

test('by the conventions alone, at most one example in eight differs, and at most one in fifteen is falsely ready', () => {
  const examples = readExamples()
  const byConventions = misjudged(examples, () => [])
  assert.ok(byConventions.length <= examples.length / 8, byConventions.map(describe).join('\n'))
  const wrong = falselyReady(byConventions)
  assert.ok(wrong.length <= examples.length / 15, wrong.map(describe).join('\n'))
})
