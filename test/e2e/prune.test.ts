import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeInventory } from '../../src/object/inventory.ts'
import { eventLines } from '../../src/report/text.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { startFaultProxy } from '../../testbed/faultproxy.ts'
import type { StepResult } from '../../testbed/step.ts'
import { isWrite, noteRequests } from './audit.ts'
import { reconcileFiles } from './reconcile.ts'
import { errorOf, errorsOf, objectOf, removedOf, setOf, warningOf } from './report.ts'

let cluster: ControlPlane
before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

const manifest = (object: object) => `${JSON.stringify(object)}\n`
const settings = (namespace: string, name: string, annotations: Record<string, string> = {}) =>
  manifest({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, annotations } })
const home = (name: string) => manifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
const several = (namespace: string, names: readonly string[]) =>
  names.map((name) => settings(namespace, name)).join('---\n')

/** Runs the step on some documents as the set `name`, which is its namespace too. */
function run(name: string, documents: readonly string[], inputs: Record<string, string> = {}): Promise<StepResult> {
  return reconcileFiles(cluster, { 'set.yaml': documents.join('---\n') }, { name, ...inputs })
}

const PRUNE = { prune: 'true' }
/** More than the usual few may go. */
const LOOSE = { ...PRUNE, 'prune-limit': '100%' }

async function exists(namespace: string, kind: string, name: string): Promise<boolean> {
  const { stdout } = await cluster.kubectl(['get', kind, name, '-n', namespace, '--ignore-not-found', '-o', 'name'])
  return stdout.toString().trim() !== ''
}

async function namesIn(namespace: string): Promise<string[]> {
  const { stdout } = await cluster.kubectl(['get', 'configmaps', '-n', namespace, '-o', 'name'])
  const names = stdout.toString().trim().split('\n')
  return names.map((name) => name.replace('configmap/', '')).filter((name) => name !== 'kube-root-ca.crt')
}

/** What became of an object that was removed from Git, and why. */
function decisionOf(result: StepResult, object: string): { result: string; reason: string | null } {
  const { result: word, reason } = removedOf(result, object)
  return { result: word, reason }
}

/** Applies a set with a Namespace and ConfigMaps of these names, and expects that to work. */
async function begin(name: string, names: readonly string[]): Promise<void> {
  const result = await run(name, [home(name), several(name, names)])
  assert.equal(result.exitCode, 0, result.log)
}

test('what was removed from Git is listed, and deleted only where that is asked for', async () => {
  await begin('asked', ['a', 'b', 'c'])
  const listed = await run('asked', [home('asked'), several('asked', ['a', 'b'])])
  assert.equal(listed.outputs.kept, '1', listed.log)
  assert.deepEqual(decisionOf(listed, 'ConfigMap asked/c'), { result: 'kept', reason: 'PruningOff' })
  assert.match(listed.summary, /asked\/c<\/code> \| kept \|/)
  const planned = await run('asked', [home('asked'), several('asked', ['a', 'b'])], { ...PRUNE, mode: 'plan' })
  assert.equal(planned.outputs.pruned, '1', planned.log)
  assert.deepEqual(await namesIn('asked'), ['a', 'b', 'c'])
  const pruned = await run('asked', [home('asked'), several('asked', ['a', 'b'])], {
    ...PRUNE,
    'plan-digest': planned.outputs['plan-digest'] ?? '',
  })
  assert.equal(pruned.outputs.pruned, '1', pruned.log)
  assert.equal(pruned.outputs.result, 'changed')
  assert.deepEqual(await namesIn('asked'), ['a', 'b'])
  const id = { object: 'ConfigMap asked/c', group: '', kind: 'ConfigMap', namespace: 'asked', name: 'c' }
  assert.deepEqual(setOf(pruned).removed, [{ ...id, result: 'pruned', reason: null, message: null }])
  const again = await run('asked', [home('asked'), several('asked', ['a', 'b'])], PRUNE)
  assert.equal(again.outputs.result, 'unchanged', again.log)
})

test('an object that somebody deleted and made again is not the one that was removed from Git', async () => {
  await begin('reborn', ['a', 'b'])
  const { stdout } = await cluster.kubectl([
    'get',
    'configmap',
    'b',
    '-n',
    'reborn',
    '-o',
    'json',
    '--show-managed-fields',
  ])
  const { metadata } = JSON.parse(stdout.toString())
  await cluster.kubectl(['delete', 'configmap', 'b', '-n', 'reborn'])
  const copy = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'b', namespace: 'reborn', labels: metadata.labels },
  }
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify(copy))
  const result = await run('reborn', [home('reborn'), settings('reborn', 'a')], PRUNE)
  assert.deepEqual(decisionOf(result, 'ConfigMap reborn/b'), { result: 'kept', reason: 'UidChanged' })
  assert.ok(await exists('reborn', 'configmap', 'b'))
})

test('a repository without any object deletes nothing, unless that is said', async () => {
  await begin('emptied', ['a', 'b'])
  const refused = await run('emptied', ['# nothing\n'], LOOSE)
  assert.equal(errorOf(refused, 'E-GUARD').reason, 'NoObjects')
  assert.deepEqual(await namesIn('emptied'), ['a', 'b'])
  const allowed = await run('emptied', ['# nothing\n'], { ...LOOSE, 'prune-allow': 'empty-set\nNamespace/emptied' })
  assert.equal(allowed.exitCode, 0, allowed.log)
  assert.equal(allowed.outputs.pruned, '3')
  assert.equal(await exists('', 'namespace', 'emptied'), false)
})

test('a set that is chosen in another way than before deletes nothing, until that is allowed', async () => {
  const files = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [`${name}/a.yaml`, settings('default', `chosen-${name}`)]))
  const choose = (inputs: Record<string, string>, ...names: string[]) =>
    reconcileFiles(cluster, files(...names), { name: 'chosen', ...inputs })
  assert.equal((await choose({ path: 'one\ntwo\nthree' }, 'one', 'two', 'three')).exitCode, 0)

  const missing = await choose({ ...LOOSE, path: 'one\ntwo\nthree' }, 'one', 'two')
  const { reason, location } = errorOf(missing, 'E-SOURCE')
  assert.deepEqual({ reason, location }, { reason: 'PathNotFound', location: { file: 'three' } })
  for (const narrower of [{ path: 'one\ntwo' }, { path: 'one\ntwo\nthree', exclude: 'three/' }]) {
    const narrowed = await choose({ ...LOOSE, ...narrower }, 'one', 'two', 'three')
    assert.equal(narrowed.exitCode, 1, narrowed.log)
    assert.equal(errorOf(narrowed, 'E-GUARD').reason, 'ScopeChanged')
    assert.deepEqual(decisionOf(narrowed, 'ConfigMap default/chosen-three'), { result: 'kept', reason: 'ScopeChanged' })
    assert.ok(await exists('default', 'configmap', 'chosen-three'))
  }
  const allowed = await choose({ ...LOOSE, path: 'one\ntwo', 'prune-allow': 'scope-change' }, 'one', 'two', 'three')
  assert.equal(allowed.outputs.pruned, '1', allowed.log)
  const settled = await choose({ ...LOOSE, path: 'one\ntwo' }, 'one', 'two')
  assert.equal(settled.outputs.result, 'unchanged', settled.log)
})

test('a file that is no manifest any more takes nothing with it', async () => {
  const files = { 'a.yaml': settings('default', 'typo-a'), 'b.yaml': settings('default', 'typo-b') }
  await reconcileFiles(cluster, files, { name: 'typo' })
  const broken = { ...files, 'b.yaml': 'replicas: 1\n' }
  const result = await reconcileFiles(cluster, broken, { name: 'typo', ...LOOSE })
  const error = errorOf(result, 'E-GUARD')
  assert.equal(error.reason, 'NoObjectsInFile')
  assert.match(error.message, /b\.yaml/)
  assert.ok(await exists('default', 'configmap', 'typo-b'))
})

test('more deletions than usual are refused as a whole and listed; the rest of the run is done', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `c${String(index).padStart(2, '0')}`)
  await begin('many', names)
  const left = names.slice(0, 19)
  const refused = await run('many', [home('many'), several('many', left), settings('many', 'new')], PRUNE)
  assert.equal(refused.exitCode, 1)
  const error = errorOf(refused, 'E-GUARD')
  assert.equal(error.reason, 'TooManyDeletions')
  assert.match(error.message, /\b11\b.*\b31\b/)
  const removed = names.slice(19).map((name) => `ConfigMap many/${name}`)
  for (const object of removed) assert.ok(error.message.includes(object), error.message)
  assert.deepEqual(
    setOf(refused).removed.map(({ object, result, reason }) => [object, result, reason]),
    removed.map((object) => [object, 'kept', 'TooManyDeletions']),
  )
  assert.equal(refused.outputs.created, '1')
  assert.equal((await namesIn('many')).length, 31)
  const allowed = await run('many', [home('many'), several('many', left), settings('many', 'new')], {
    ...PRUNE,
    'prune-limit': '11',
  })
  assert.equal(allowed.outputs.pruned, '11', allowed.log)
})

test('more than half of a set does not go by default, however small it is', async () => {
  await begin('half', ['a', 'b', 'c', 'd', 'e'])
  const refused = await run('half', [home('half'), several('half', ['a'])], PRUNE)
  const error = errorOf(refused, 'E-GUARD')
  assert.equal(error.reason, 'MoreThanHalf')
  assert.match(error.message, /\b4\b.*\b6\b/)
  const allowed = await run('half', [home('half'), several('half', ['a'])], LOOSE)
  assert.equal(allowed.outputs.pruned, '4', allowed.log)
})

const claim = (namespace: string) =>
  manifest({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })

test('what holds data or other objects goes only where that is allowed, by the run or by the object', async () => {
  const documents = [home('precious'), claim('precious'), settings('precious', 'a')]
  // Nobody provides a volume for the claim here.
  assert.equal((await run('precious', documents, { wait: 'false' })).exitCode, 0)
  const refused = await run('precious', [settings('default', 'stays')], LOOSE)
  assert.equal(refused.exitCode, 1)
  assert.equal(errorOf(refused, 'E-GUARD', 'Namespace precious').reason, 'DeletionNotAllowed')
  const { reason, hint } = errorOf(refused, 'E-GUARD', 'PersistentVolumeClaim precious/data')
  assert.equal(reason, 'DeletionNotAllowed')
  assert.match(hint ?? '', /PersistentVolumeClaim\/precious\/data/)
  assert.equal(refused.outputs.pruned, '1') // the ConfigMap
  assert.ok(await exists('precious', 'pvc', 'data'))
  await cluster.kubectl(['annotate', 'pvc', 'data', '-n', 'precious', 'fairlead.dev/prune=allow'])
  const allowed = await run('precious', [settings('default', 'stays')], {
    ...LOOSE,
    'prune-allow': 'Namespace/precious',
  })
  assert.equal(allowed.exitCode, 0, allowed.log)
  assert.equal(await exists('', 'namespace', 'precious'), false)
})

test('a Namespace in which others have something never goes, whatever is allowed', async () => {
  await begin('shared', ['a'])
  await cluster.kubectl(['create', 'configmap', 'theirs', '-n', 'shared'])
  const inputs = { ...LOOSE, 'prune-allow': 'Namespace' }
  const result = await run('shared', [settings('default', 'shared-stays')], inputs)
  assert.equal(result.exitCode, 1)
  const { reason, message } = errorOf(result, 'E-GUARD', 'Namespace shared')
  assert.equal(reason, 'ContainsOtherObjects')
  assert.match(message, /ConfigMap shared\/theirs/)
  assert.deepEqual(await namesIn('shared'), ['theirs'])
})

const crd = (group: string) =>
  manifest({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      ...{ group, scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget' } },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  })
const widget = (group: string, name: string) =>
  manifest({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name, namespace: 'default' } })

test('a definition of which others have resources never goes; their own go before it', async () => {
  const group = 'prune.example.com'
  assert.equal((await run('widgets', [crd(group), widget(group, 'ours')])).exitCode, 0)
  await cluster.kubectl(['create', '-f', '-'], widget(group, 'theirs'))
  const inputs = { ...LOOSE, 'prune-allow': 'CustomResourceDefinition' }
  const refused = await run('widgets', [settings('default', 'widgets-stays')], inputs)
  const { reason, message } = errorOf(refused, 'E-GUARD', `CustomResourceDefinition widgets.${group}`)
  assert.equal(reason, 'ContainsOtherObjects')
  assert.match(message, /Widget\.prune\.example\.com default\/theirs/)
  assert.equal(await exists('default', 'widgets.prune.example.com', 'ours'), false)
  await cluster.kubectl(['delete', 'widgets.prune.example.com', 'theirs'])
  const allowed = await run('widgets', [settings('default', 'widgets-stays')], inputs)
  assert.equal(allowed.outputs.pruned, '1', allowed.log)
  assert.equal(await exists('', 'crd', `widgets.${group}`), false)
})

test('an object that lost the label of the set is not deleted, and reported', async () => {
  await begin('unlabelled', ['a', 'b'])
  await cluster.kubectl(['label', 'configmap', 'b', '-n', 'unlabelled', 'applyset.kubernetes.io/part-of-'])
  const result = await run('unlabelled', [home('unlabelled'), settings('unlabelled', 'a')], PRUNE)
  assert.deepEqual(decisionOf(result, 'ConfigMap unlabelled/b'), { result: 'kept', reason: 'LabelMissing' })
  assert.ok(await exists('unlabelled', 'configmap', 'b'))
})

test('a label that somebody else puts on an object makes it no member', async () => {
  await begin('forged', ['a'])
  const { stdout } = await cluster.kubectl(['get', 'configmap', 'a', '-n', 'forged', '-o', 'json'])
  const labels = JSON.parse(stdout.toString()).metadata.labels
  const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'forged', labels } }
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify(theirs))
  const result = await run('forged', [home('forged'), settings('forged', 'a')], LOOSE)
  assert.equal(result.outputs.result, 'unchanged', result.log)
  assert.deepEqual(await namesIn('forged'), ['a', 'theirs'])
})

test('an object that is in Git under another API group is not deleted under the old one', async () => {
  const time = '2026-01-01T00:00:00.000000Z'
  const metadata = { name: 'moved', namespace: 'default' }
  const old = {
    ...{ apiVersion: 'v1', kind: 'Event', metadata },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
  }
  const rest = {
    eventTime: time,
    reason: 'r',
    action: 'a',
    reportingController: 'example.com/c',
    reportingInstance: 'i',
  }
  const young = { ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata, type: 'Normal', note: 'n' }, ...rest }
  const { reportingController, ...core } = rest
  const before = { ...old, ...core, reportingComponent: reportingController, type: 'Normal', message: 'n' }
  assert.equal((await run('moved', [manifest(before), settings('default', 'moved')])).exitCode, 0)
  const result = await run(
    'moved',
    [manifest({ ...young, regarding: old.involvedObject }), settings('default', 'moved')],
    PRUNE,
  )
  assert.equal(result.exitCode, 0, result.log)
  assert.deepEqual(decisionOf(result, 'Event default/moved'), { result: 'abandoned', reason: 'GroupChanged' })
  assert.ok(await exists('default', 'events', 'moved'))
})

test('an object of another set is a conflict that names both; handed over, it is lost by nobody', async () => {
  await begin('giver', ['a', 'b'])
  const refused = await run('taker', [settings('giver', 'b')])
  assert.equal(refused.exitCode, 1)
  const { reason, message, hint } = errorOf(refused, 'E-CONFLICT', 'ConfigMap giver/b')
  assert.equal(reason, 'OtherOwner')
  assert.match(message, /fairlead\/giver.*fairlead\/taker/)
  assert.match(hint ?? '', /`[a-z-]+: fairlead\/giver`/)
  const taken = await run('taker', [settings('giver', 'b')], { 'adopt-from': 'fairlead/giver' })
  assert.equal(taken.outputs.adopted, '1', taken.log)
  const adopted = objectOf(taken, 'ConfigMap giver/b')
  assert.deepEqual([adopted.result, adopted.reason], ['adopted', 'OtherOwner'])
  assert.ok(adopted.message?.includes(makeInventory('fairlead', 'giver').id), adopted.message ?? '')
  const both = await run('giver', [home('giver'), several('giver', ['a', 'b'])])
  const conflict = errorOf(both, 'E-CONFLICT')
  assert.deepEqual([conflict.object, conflict.reason], ['ConfigMap giver/b', 'OtherOwner'])
  assert.match(conflict.message, /fairlead\/taker/)
  const given = await run('giver', [home('giver'), settings('giver', 'a')], PRUNE)
  assert.equal(given.exitCode, 0, given.log)
  assert.deepEqual(decisionOf(given, 'ConfigMap giver/b'), { result: 'abandoned', reason: 'OtherOwner' })
  assert.match(removedOf(given, 'ConfigMap giver/b').message ?? '', /fairlead\/taker/)
  assert.deepEqual(await namesIn('giver'), ['a', 'b'])
  const quiet = await run('giver', [home('giver'), settings('giver', 'a')], PRUNE)
  const { objects, removed, diagnostics } = setOf(quiet)
  assert.deepEqual({ objects, removed, diagnostics }, { objects: [], removed: [], diagnostics: [] })
})

test('a finalizer that nobody takes off fails the run, which names it; the next one waits for it again', async () => {
  const stuck = manifest({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: 'stuck', namespace: 'finalized', finalizers: ['example.com/never'] },
  })
  await run('finalized', [home('finalized'), settings('finalized', 'a'), stuck])
  for (const _ of ['first', 'second']) {
    const result = await run('finalized', [home('finalized'), settings('finalized', 'a')], { ...PRUNE, timeout: '1s' })
    assert.equal(result.exitCode, 1, result.log)
    const { reason, message } = errorOf(result, 'E-PRUNE', 'ConfigMap finalized/stuck')
    assert.equal(reason, 'DeletionNotFinished')
    assert.match(message, /\b1 s\b.*\bexample\.com\/never\b/)
    assert.equal(result.outputs.kept, '1')
  }
  await cluster.kubectl([
    'patch',
    'configmap',
    'stuck',
    '-n',
    'finalized',
    '--type=json',
    '-p',
    '[{"op":"remove","path":"/metadata/finalizers"}]',
  ])
  const gone = await run('finalized', [home('finalized'), settings('finalized', 'a')], PRUNE)
  assert.equal(gone.exitCode, 0, gone.log)
})

/** Has the server refuse something in a Namespace, by an expression of CEL, until the returned function is called. */
async function refuse(
  namespace: string,
  resource: string,
  operation: string,
  expression: string,
  probe: readonly string[],
): Promise<() => Promise<void>> {
  const group = 'admissionregistration.k8s.io/v1'
  const rule = { apiGroups: [''], apiVersions: ['v1'], resources: [resource], operations: [operation] }
  const policy = {
    ...{ apiVersion: group, kind: 'ValidatingAdmissionPolicy', metadata: { name: namespace } },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [rule],
      },
      validations: [{ expression, message: 'this is refused here' }],
    },
  }
  const binding = {
    ...{ apiVersion: group, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: namespace } },
    spec: { policyName: namespace, validationActions: ['Deny'] },
  }
  // A policy takes some moments to come into force, and to go.
  const until = async (isRefused: boolean) => {
    for (let tries = 0; ((await cluster.kubectl(probe)).code !== 0) !== isRefused; tries += 1) {
      assert.ok(tries < 100, 'the policy does not come, or go')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  await cluster.kubectl(['create', '-f', '-'], `${manifest(policy)}---\n${manifest(binding)}`)
  await until(true)
  return async () => {
    await cluster.kubectl(['delete', 'validatingadmissionpolicybinding', namespace])
    await until(false)
  }
}

test('a deletion that is refused stays in the inventory, and is tried again', async () => {
  await begin('denied', ['a', 'b'])
  const probe = ['delete', 'configmap', 'a', '-n', 'denied', '--dry-run=server']
  const allow = await refuse('denied', 'configmaps', 'DELETE', 'false', probe)
  const without = [home('denied'), settings('denied', 'a')]
  const refused = await run('denied', without, PRUNE)
  assert.equal(refused.exitCode, 1)
  const { reason, message } = errorOf(refused, 'E-PRUNE', 'ConfigMap denied/b')
  assert.equal(reason, 'DeletionRejected')
  assert.match(message, /this is refused here/)
  await allow()
  const gone = await run('denied', without, PRUNE)
  assert.equal(gone.outputs.pruned, '1', gone.log)
})

test('an inventory that is missing, spoilt, newer or of another cluster is an apply, and deletes nothing', async () => {
  await begin('lost', ['a', 'b', 'c'])
  const spoilt = Buffer.from('no record').toString('base64')
  const spoil = ['patch', 'secret', 'lost', '-n', 'fairlead', '-p', JSON.stringify({ data: { record: spoilt } })]
  for (const ruin of [spoil, ['delete', 'secret', 'lost', '-n', 'fairlead']]) {
    await cluster.kubectl(ruin)
    const result = await run('lost', [home('lost'), several('lost', ['a', 'b'])], LOOSE)
    assert.equal(result.exitCode, 0, result.log)
    const warning = warningOf(result, ruin === spoil ? 'InventoryInvalid' : 'InventoryMissing')
    assert.equal(warning.object, 'Secret fairlead/lost')
    if (ruin !== spoil) assert.match(warning.message, /\b4\b/)
    const unknown = warningOf(result, 'UnknownMembers')
    assert.deepEqual(unknown.message.match(/ConfigMap lost\/\w+/g), ['ConfigMap lost/c'])
    assert.deepEqual(await namesIn('lost'), ['a', 'b', 'c'])
  }
  // What was in Git meanwhile is the set's again.
  const next = await run('lost', [home('lost'), settings('lost', 'a')], LOOSE)
  assert.equal(next.outputs.pruned, '1', next.log)
  assert.deepEqual(await namesIn('lost'), ['a', 'c'])
})

test('where anything could not be applied nothing is deleted', async () => {
  await begin('failing', ['a', 'b'])
  // What is refused for good, and not in a dry run, fails in the apply.
  const label = '{"metadata":{"labels":{"probe":"1"}}}'
  const probe = ['patch', 'configmap', 'a', '-n', 'failing', '--type=merge', '--patch', label]
  await refuse('failing', 'configmaps', 'UPDATE', 'has(request.dryRun) && request.dryRun', probe)
  const changed = manifest({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'failing' }, data: { changed: 'x' } },
  })
  const result = await run('failing', [home('failing'), changed], PRUNE)
  assert.equal(result.exitCode, 1, result.log)
  assert.equal(result.outputs.failed, '1', result.log)
  assert.deepEqual(decisionOf(result, 'ConfigMap failing/b'), { result: 'kept', reason: 'NotAllApplied' })
  assert.ok(await exists('failing', 'configmap', 'b'))
})

test('annotations of ours and of other tools keep an object that was removed from Git', async () => {
  const keep: Record<string, string> = {
    'fairlead.dev/prune': 'keep',
    'kustomize.toolkit.fluxcd.io/prune': 'disabled',
    'argocd.argoproj.io/sync-options': 'Validate=false,Prune=false',
    'helm.sh/resource-policy': 'keep',
    'client.lifecycle.config.k8s.io/deletion': 'detach',
  }
  const kept = Object.entries(keep).map(([name, value], index) =>
    settings('default', `protected-${index}`, { [name]: value }),
  )
  await run('protected', [settings('default', 'protected'), ...kept])
  const result = await run('protected', [settings('default', 'protected')], LOOSE)
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.kept, String(kept.length))
  assert.equal(result.outputs.pruned, '0')
  for (const [index, [name, value]] of Object.entries(keep).entries()) {
    const { result: word, reason, message } = removedOf(result, `ConfigMap default/protected-${index}`)
    assert.deepEqual([word, reason], ['kept', 'PruneAnnotation'])
    assert.ok(message?.includes(`${name}: ${value}`), message ?? '')
  }
})

test('every DELETE names the object’s uid and what becomes of its dependents: a Job takes its Pods along', async () => {
  const job = manifest({
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job', namespace: 'default' } },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
  })
  await run('dependents', [settings('default', 'dependents'), job])
  await cluster.kubectl(['wait', 'pod', '-l', 'job-name=job', '--for=create', '--timeout=20s'])
  const result = await run('dependents', [settings('default', 'dependents')], PRUNE)
  assert.equal(result.outputs.pruned, '1', result.log)
  const { stdout } = await cluster.kubectl(['get', 'pods', '-l', 'job-name=job', '-o', 'name'])
  assert.equal(stdout.toString(), '')
})

test('the order of deletion: a Pod whose finalizer needs a Role goes before it, and nothing hangs (Argo CD’s test)', async () => {
  const namespace = 'ordered'
  const wave = (value: string) => ({ 'argocd.argoproj.io/sync-wave': value })
  const rbac = 'rbac.authorization.k8s.io'
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'cleaner', namespace, annotations: wave('0') },
  }
  const role = {
    ...{ apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name: 'cleaner', namespace, annotations: wave('0') } },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'patch', 'list', 'watch'] }],
  }
  const binding = {
    ...{
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'cleaner', namespace, annotations: wave('1') },
    },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'cleaner' },
    subjects: [{ kind: 'ServiceAccount', name: 'cleaner', namespace }],
  }
  const pod = {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name: 'cleaner', namespace, annotations: wave('2'), finalizers: ['example.com/cleaned'] },
    spec: { serviceAccountName: 'cleaner', containers: [{ name: 'c', image: 'i' }] },
  }
  const all = [home(namespace), ...[account, role, binding, pod].map(manifest)]
  assert.equal((await run(namespace, all)).exitCode, 0)
  // The finalizer is taken off by an identity that may do so only as long as its Role and its binding are there.
  const patch = '[{"op":"remove","path":"/metadata/finalizers"}]'
  const finalizing = setInterval(async () => {
    const { stdout } = await cluster.kubectl([
      'get',
      'pod',
      'cleaner',
      '-n',
      namespace,
      '-o',
      'jsonpath={.metadata.deletionTimestamp}',
    ])
    if (stdout.toString() === '') return
    const as = `--as=system:serviceaccount:${namespace}:cleaner`
    await cluster.kubectl(['patch', 'pod', 'cleaner', '-n', namespace, '--type=json', '-p', patch, as])
  }, 300)
  const result = await run(namespace, [settings('default', 'ordered-stays')], {
    ...{ ...LOOSE, timeout: '30s' },
    'prune-allow': `Namespace/${namespace}`,
  })
  clearInterval(finalizing)
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(await exists('', 'namespace', namespace), false)
  const lines = result.log.split('\n')
  const places = setOf(result).removed.map((id) => {
    const place = lines.indexOf(eventLines({ type: 'object-pruned', id })[0] ?? '')
    assert.notEqual(place, -1, `${id.object} was not deleted\n${result.log}`)
    return { kind: id.kind, place }
  })
  const deleted = places.sort((a, b) => a.place - b.place).map(({ kind }) => kind)
  assert.equal(deleted.at(-1), 'Namespace')
  assert.deepEqual(
    deleted.filter((kind) => ['Pod', 'RoleBinding', 'Role'].includes(kind)),
    ['Pod', 'RoleBinding', 'Role'],
  )
})

test('a migration Job with a lifetime runs once for each change of its manifest, however often the schedule fires', async () => {
  const migration = (image: string) =>
    manifest({
      ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'migrate', namespace: 'default' } },
      spec: {
        ...{ ttlSecondsAfterFinished: 0, backoffLimit: 0 },
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } },
      },
    })
  const made = () =>
    cluster
      .audit()
      .filter(
        ({ uri, verb, status }) =>
          verb === 'patch' && uri.includes('/jobs/migrate?') && !uri.includes('dryRun') && status === 201,
      ).length
  const gone = async () => {
    for (let tries = 0; await exists('default', 'job', 'migrate'); tries += 1) {
      assert.ok(tries < 100, 'the Job is not gone')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  for (const [index, image] of ['v1', 'v2'].entries()) {
    assert.equal((await run('migration', [migration(image), settings('default', 'migration')], PRUNE)).exitCode, 0)
    await gone()
    for (let fired = 0; fired < 3; fired += 1) {
      const result = await run('migration', [migration(image), settings('default', 'migration')], PRUNE)
      assert.equal(result.outputs.completed, '1', result.log)
      assert.equal(result.outputs.result, 'unchanged')
    }
    assert.equal(made(), index + 1)
  }
})

test('the bounds of a workflow hold, whatever the repository says: nothing is written', async () => {
  const requests = noteRequests(cluster)
  const bounds = { 'allowed-namespaces': 'bounded', 'allowed-kinds': 'ConfigMap\nNamespace' }
  const bad: readonly (readonly [document: string, object: string, reason: string])[] = [
    [settings('default', 'beyond'), 'ConfigMap default/beyond', 'NamespaceNotAllowed'],
    [home('beyond'), 'Namespace beyond', 'NamespaceNotAllowed'],
    [
      manifest({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'bounded' } }),
      'Secret bounded/s',
      'KindNotAllowed',
    ],
    [
      manifest({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' } }),
      'PersistentVolume v',
      'KindNotAllowed',
    ],
  ]
  for (const [document, object, reason] of bad) {
    const result = await run('bounded', [home('bounded'), document], bounds)
    assert.equal(result.exitCode, 1)
    assert.equal(errorOf(result, 'E-GUARD', object).reason, reason)
  }
  const other = await run('bounded', [home('bounded')], { 'cluster-id': 'another' })
  assert.equal(errorOf(other, 'E-GUARD').reason, 'WrongCluster')
  assert.deepEqual(requests().filter(isWrite), [])
  const good = await run('bounded', [home('bounded'), settings('bounded', 'a')], bounds)
  assert.equal(good.exitCode, 0, good.log)
  const kept = await run('bounded', [home('bounded')], {
    ...LOOSE,
    ...bounds,
    'allowed-namespaces': 'another\nbounded',
    'allowed-kinds': 'Namespace',
  })
  assert.deepEqual(decisionOf(kept, 'ConfigMap bounded/a'), { result: 'kept', reason: 'KindNotAllowed' })
})

test('as long as anything that was applied is not ready, nothing is deleted', async () => {
  const deployment = (nodeSelector: object) =>
    manifest({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'unhealthy' } },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { nodeSelector, containers: [{ name: 'c', image: 'i' }] } },
      },
    })
  await begin('unhealthy', ['a', 'b'])
  const lame = [home('unhealthy'), settings('unhealthy', 'a'), deployment({ no: 'node' })]
  const refused = await run('unhealthy', lame, { ...PRUNE, timeout: '1s' })
  assert.equal(refused.exitCode, 1)
  assert.equal(errorOf(refused, 'E-HEALTH', 'Deployment unhealthy/web').reason, 'Timeout')
  assert.deepEqual(decisionOf(refused, 'ConfigMap unhealthy/b'), { result: 'kept', reason: 'NotAllReady' })
  assert.ok(await exists('unhealthy', 'configmap', 'b'))
  const well = [home('unhealthy'), settings('unhealthy', 'a'), deployment({})]
  const pruned = await run('unhealthy', well, PRUNE)
  assert.equal(pruned.outputs.pruned, '1', pruned.log)
})

test('a definition that is not served is not deleted with what others have of it', async () => {
  const group = 'unserved.example.com'
  assert.equal((await run('unserved', [crd(group), settings('default', 'unserved')])).exitCode, 0)
  await cluster.kubectl(['create', '-f', '-'], widget(group, 'theirs'))
  const unserve = '[{"op":"replace","path":"/spec/versions/0/served","value":false}]'
  await cluster.kubectl(['patch', 'crd', `widgets.${group}`, '--type=json', '-p', unserve])
  const inputs = { ...LOOSE, 'prune-allow': 'CustomResourceDefinition' }
  const result = await run('unserved', [settings('default', 'unserved')], inputs)
  assert.equal(result.exitCode, 1)
  const [error, ...more] = errorsOf(result)
  assert.deepEqual(
    [error?.code, error?.object, error?.reason, more],
    ['E-GUARD', `CustomResourceDefinition widgets.${group}`, 'KindNotServed', []],
  )
})

test('a Namespace with a Service goes at once: what controllers keep for it is nobody’s', async () => {
  const service = manifest({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'served' } },
    spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] },
  })
  assert.equal((await run('served', [home('served'), service, settings('default', 'served')])).exitCode, 0)
  await cluster.kubectl([
    'wait',
    'endpointslices',
    '-n',
    'served',
    '-l',
    'kubernetes.io/service-name=web',
    '--for=create',
  ])
  const result = await run('served', [settings('default', 'served')], { ...LOOSE, 'prune-allow': 'Namespace/served' })
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.pruned, '2')
})

test('an object that is kept for good does not keep others: later ones go, whatever else is in the repository', async () => {
  const kept = settings('default', 'mixed-kept', { 'fairlead.dev/prune': 'keep' })
  const files = { 'a.yaml': settings('default', 'mixed-a'), 'b.yaml': settings('default', 'mixed-b') }
  await reconcileFiles(cluster, { ...files, 'kept.yaml': kept }, { name: 'mixed' })
  const first = await reconcileFiles(cluster, { ...files, 'values.yaml': 'replicas: 1\n' }, { name: 'mixed', ...PRUNE })
  assert.deepEqual([first.exitCode, first.outputs.kept], [0, '1'], first.log)
  const rest = { 'a.yaml': files['a.yaml'], 'values.yaml': 'replicas: 2\n', 'notes.yaml': '# nothing\n' }
  const second = await reconcileFiles(cluster, rest, { name: 'mixed', ...PRUNE })
  assert.deepEqual([second.exitCode, second.outputs.pruned], [0, '1'], second.log)
})

test('a path that is gone with all that was in it is an empty set, where that is meant, and no other path is', async () => {
  const inputs = { name: 'leaving', ...LOOSE, 'prune-allow': 'empty-set' }
  const beside = { 'README.md': 'text' }
  await reconcileFiles(
    cluster,
    { ...beside, 'deploy/a.yaml': settings('default', 'leaving') },
    { ...inputs, path: 'deploy' },
  )
  const other = await reconcileFiles(cluster, beside, { ...inputs, path: 'deplyo' })
  const error = errorOf(other, 'E-GUARD')
  assert.equal(error.reason, 'ScopeChanged')
  assert.match(error.message, /`path`/)
  const gone = await reconcileFiles(cluster, beside, { ...inputs, path: 'deploy' })
  assert.deepEqual([gone.exitCode, gone.outputs.pruned], [0, '1'], gone.log)
})

test('a Namespace does not go with an object that somebody takes over at the moment of its deletion', async () => {
  await begin('snatched', ['a', 'theirs'])
  let isTaken = false
  const proxy = await startFaultProxy(cluster.kubeconfig, (incoming, outgoing, pass) => {
    const { url = '', headers } = incoming
    // The last look before the DELETE asks for metadata alone.
    if (isTaken || !url.endsWith('/configmaps/theirs') || !headers.accept?.includes('PartialObjectMetadata'))
      return false
    isTaken = true
    const label = 'applyset.kubernetes.io/part-of=applyset-other-v1'
    cluster.kubectl(['label', 'configmap', 'theirs', '-n', 'snatched', '--overwrite', label]).then(() =>
      pass(incoming, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      }),
    )
    return true
  })
  const inputs = { ...LOOSE, 'prune-allow': 'Namespace', kubeconfig: proxy.kubeconfig }
  const result = await run('snatched', [settings('default', 'snatched')], inputs)
  await proxy.stop()
  assert.ok(isTaken, result.log)
  assert.equal(result.exitCode, 1)
  const { reason, message } = errorOf(result, 'E-PRUNE', 'Namespace snatched')
  assert.equal(reason, 'ContainsOtherObjects')
  assert.match(message, /ConfigMap snatched\/theirs/)
  assert.equal(result.outputs.pruned, '1', result.log)
  assert.deepEqual(await namesIn('snatched'), ['theirs'])
})
