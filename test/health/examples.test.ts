import assert from 'node:assert/strict'
import { test } from 'node:test'
import { falselyReady, type Misjudged, misjudged, readExamples } from './examples.ts'

/** The examples in which we differ on purpose, or for want of anything better, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'sparkoperator.k8s.io/ScheduledSparkApplication: new, no status':
    'whatever has a schedule has nothing to do before its time',
  'app.terraform.io/Workspace: plan waits for confirmation':
    'nobody can tell from its word whether anything is to come of it',
  'messaging.knative.dev/Channel: dispatcher missing':
    'what does not exist may be about to be made, as a Secret by cert-manager',
  'core.gardener.cloud/ControllerInstallation: unhealthy': 'what is not healthy may be about to be, and gets its time',
  'snapscheduler.backube/SnapshotSchedule: fresh': 'whatever has a schedule has nothing to do before its time',
  'nvidia.com/ClusterPolicy: second instance is ignored': 'nobody can tell from its word whether that is meant so',
  'scheduling.volcano.sh/Queue: state Unknown': 'it says so itself',
}

const told = ({ groupKind, what, expected, ours, reason }: Misjudged) =>
  `${groupKind}, ${what}: ${expected.join(' or ')}; we say ${ours}: ${reason}`

test('every example of a kind is judged as its project means it, but for those named here', () => {
  const examples = readExamples()
  assert.ok(examples.every(({ expected, what }) => expected.length > 0 && what !== ''))
  const differing = misjudged(examples)
  const unnamed = differing.filter(({ groupKind, what }) => !Object.hasOwn(DIFFERENCES, `${groupKind}: ${what}`))
  assert.deepEqual(unnamed.map(told), [])
  assert.equal(differing.length, Object.keys(DIFFERENCES).length, 'a difference that is named is none any more')
})

test('without a rule for their kind no more than one in eight differs, and one in fifteen is called ready and is not', () => {
  const examples = readExamples()
  const alone = misjudged(examples, () => [])
  assert.ok(alone.length <= examples.length / 8, alone.map(told).join('\n'))
  const wrong = falselyReady(alone)
  assert.ok(wrong.length <= examples.length / 15, wrong.map(told).join('\n'))
})
