import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { after, before, test } from 'node:test'
import type { Json } from '../../src/json.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { makeAuthority } from '../../testbed/pki.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { reconcileFiles } from './reconcile.ts'
import { errorOf, hasEntered, objectOf, placeIn, setOf } from './report.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Runs the step on these files. */
function run(files: Record<string, string>, inputs: Record<string, string> = {}): Promise<StepResult> {
  return reconcileFiles(cluster, files, { name: 'drift', ...inputs })
}

async function kubectl(...args: string[]): Promise<string> {
  const exit = await cluster.kubectl(args)
  assert.equal(exit.code, 0, exit.stderr)
  return String(exit.stdout)
}

async function apply(manifest: string, ...args: string[]): Promise<void> {
  const exit = await cluster.kubectl(['apply', ...args, '--filename=-'], manifest)
  assert.equal(exit.code, 0, exit.stderr)
}

const patch = (kind: string, name: string, change: object, ...args: string[]) =>
  kubectl('patch', kind, name, '--type=merge', `--patch=${JSON.stringify(change)}`, ...args)

const map = (name: string, data: Record<string, string>, metadata: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...metadata }, data })

const deployment = (name: string, { image = 'example/app:1', metadata = {}, spec = {} } = {}) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', ...metadata },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image, env: [{ name: 'A', value: '1' }] }] },
      },
      ...spec,
    },
  })

/** Waits until controllers have written what they write. */
const settled = (name: string) => kubectl('rollout', 'status', `deployment/${name}`, '--timeout=60s')

/** What a drift comes to in a report: the object, and what is told of it. */
interface Told {
  readonly object: string
  readonly reason?: string
  /** One of the fields that drifted, and its values. */
  readonly diff?: { readonly field: string; readonly before?: Json; readonly after?: Json }
  /** Who changed that field. */
  readonly manager?: string
  /** Whether the server tells when. */
  readonly isTimed?: boolean
}

const drifts: [what: string, how: () => Promise<unknown>, told: Told][] = [
  [
    'a value that somebody changed',
    () => patch('configmap', 'm', { data: { a: 'other' } }),
    {
      object: 'ConfigMap default/m',
      diff: { field: 'data.a', before: 'other', after: '1' },
      ...{ manager: 'kubectl-patch', isTimed: true },
    },
  ],
  [
    'a field that somebody removed',
    () => patch('configmap', 'm', { data: { b: null } }),
    { object: 'ConfigMap default/m', diff: { field: 'data.b', after: '2' } },
  ],
  [
    'an object that somebody deleted',
    () => kubectl('delete', 'configmap', 'm'),
    { object: 'ConfigMap default/m', reason: 'Deleted' },
  ],
  [
    'an object that somebody deleted and made again',
    async () => {
      await kubectl('delete', 'configmap', 'm')
      await kubectl('create', 'configmap', 'm', '--from-literal=a=1')
    },
    { object: 'ConfigMap default/m', reason: 'DeletedAndCreated', diff: { field: 'data.b', after: '2' } },
  ],
  [
    'replicas that somebody scaled',
    () => kubectl('scale', 'deployment', 'd', '--replicas=3'),
    {
      object: 'Deployment default/d',
      diff: { field: 'spec.replicas', before: 3, after: 1 },
      ...{ manager: 'kubectl', isTimed: false },
    },
  ],
  [
    'an image that somebody set',
    () => kubectl('set', 'image', 'deployment/d', 'c=example/app:hacked'),
    {
      object: 'Deployment default/d',
      diff: {
        field: 'spec.template.spec.containers[c].image',
        before: 'example/app:hacked',
        after: 'example/app:1',
      },
      ...{ manager: 'kubectl-set', isTimed: true },
    },
  ],
  [
    'a label of ours that somebody changed',
    () => kubectl('label', 'deployment', 'd', 'tier=other', '--overwrite'),
    { object: 'Deployment default/d', diff: { field: 'metadata.labels.tier', before: 'other', after: 'web' } },
  ],
  [
    'a change under our own field manager’s name',
    () => apply(map('m', { a: 'forged' }), '--server-side', '--field-manager=fairlead', '--force-conflicts'),
    { object: 'ConfigMap default/m' },
  ],
  [
    'a member of a list that somebody removed',
    () =>
      kubectl(
        'patch',
        'deployment',
        'd',
        '--type=json',
        '--patch=[{"op":"remove","path":"/spec/template/spec/containers/0/env"}]',
      ),
    {
      object: 'Deployment default/d',
      diff: { field: 'spec.template.spec.containers[c].env', after: [{ name: 'A', value: '1' }] },
    },
  ],
]

/** Compares what a run reports of a drift. */
function assertTold(result: StepResult, { object, reason, diff, manager, isTimed }: Told, what: string): void {
  const found = objectOf(result, object)
  assert.deepEqual([found.result, placeIn(found).split(':')[1]], ['drifted', '1'], what)
  if (reason !== undefined) assert.equal(found.reason, reason, what)
  if (diff === undefined) return
  const [change] = found.diffs.filter(({ field }) => field === diff.field)
  const { before, after } = diff
  assert.deepEqual([change?.before, change?.after, change?.isSecret], [before, after, false], what)
  if (manager === undefined) return
  const authors = found.driftAuthors.filter(({ field }) => field === diff.field)
  assert.deepEqual(
    [authors.map((author) => author.manager), isTimed],
    [[manager], authors[0]?.time !== undefined],
    what,
  )
  assert.match(authors[0]?.time ?? '2000-', /^\d{4}-/, what)
}

test('drift of every kind is found by a plan, told field by field, and repaired by a run', async () => {
  const files = {
    'a.json': map('m', { a: '1', b: '2' }),
    'd.json': deployment('d', { metadata: { labels: { tier: 'web' } } }),
  }
  assert.equal((await run(files)).exitCode, 0)
  for (const [what, how, told] of drifts) {
    await settled('d')
    const quiet = await run(files)
    assert.equal(quiet.outputs.result, 'unchanged', `before ${what}: ${quiet.log}`)
    await how()
    const planned = await run(files, { mode: 'plan' })
    assertTold(planned, told, what)
    assert.deepEqual([planned.outputs.changes, planned.outputs.result], ['true', 'planned'], what)
    const repaired = await run(files)
    assert.equal(repaired.exitCode, 0, `${what}: ${repaired.log}`)
    assertTold(repaired, told, what)
    assert.equal((await run(files)).outputs.result, 'unchanged', what)
  }
})

test('what controllers write is no drift, and costs no dry run', async () => {
  const files = { 'd.json': deployment('rolled') }
  assert.equal((await run(files)).exitCode, 0)
  await settled('rolled')
  await patch('deployment', 'rolled', { metadata: { labels: { 'example.com/note': 'from-a-controller' } } })
  const second = await run(files)
  assert.equal(second.outputs.result, 'unchanged', second.log)
  assert.equal(setOf(second).dryRuns, 0)
})

test('fields that somebody added are left alone', async () => {
  const files = { 'a.json': map('shared', { a: '1' }) }
  assert.equal((await run(files)).exitCode, 0)
  await patch('configmap', 'shared', { data: { theirs: 'x' } })
  assert.equal((await run(files)).outputs.result, 'unchanged')
  assert.equal(await kubectl('get', 'configmap', 'shared', '-o', 'jsonpath={.data.theirs}'), 'x')
})

test('an object that is being deleted is terminating, in the plan as in the run', async () => {
  const files = { 'a.json': map('going', { a: '1' }, { finalizers: ['example.com/wait'] }) }
  assert.equal((await run(files)).exitCode, 0)
  await kubectl('delete', 'configmap', 'going', '--wait=false')
  const planned = await run(files, { mode: 'plan' })
  assert.equal(objectOf(planned, 'ConfigMap default/going').result, 'terminating')
  const result = await run(files)
  assert.equal(result.exitCode, 1)
  assert.equal(objectOf(result, 'ConfigMap default/going').result, 'terminating')
  errorOf(result, 'E-APPLY', 'ConfigMap default/going')
  await kubectl('patch', 'configmap', 'going', '--type=json', '--patch=[{"op":"remove","path":"/metadata/finalizers"}]')
})

/** A mutating webhook that adds an annotation to every ConfigMap, and can be told to meddle with our values. */
async function startWebhook(meddle: (request: { userInfo: { username: string } }) => boolean) {
  const authority = await makeAuthority()
  const pair = await authority.serverPair()
  const server = createServer({ key: pair.key, cert: pair.certificate }, (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk) => chunks.push(chunk))
    incoming.on('end', () => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString())
      const { annotations } = request.object.metadata
      const operations = [
        ...(annotations === undefined ? [{ op: 'add', path: '/metadata/annotations', value: {} }] : []),
        { op: 'add', path: '/metadata/annotations/injected', value: 'yes' },
        ...(meddle(request) ? [{ op: 'replace', path: '/data/a', value: 'meddled' }] : []),
      ]
      const patch = Buffer.from(JSON.stringify(operations)).toString('base64')
      const response = { uid: request.uid, allowed: true, patchType: 'JSONPatch', patch }
      outgoing.setHeader('content-type', 'application/json')
      outgoing.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const webhook = {
    name: 'inject.example.com',
    clientConfig: {
      url: `https://127.0.0.1:${address.port}/`,
      caBundle: Buffer.from(authority.certificate).toString('base64'),
    },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }],
    objectSelector: { matchLabels: { hooked: 'yes' } },
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
  }
  await apply(
    JSON.stringify({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'inject' },
      webhooks: [webhook],
    }),
  )
  return {
    stop: async () => {
      await kubectl('delete', 'mutatingwebhookconfiguration', 'inject')
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Makes sure that a run found a value of a ConfigMap drifted, and nothing else of it. */
function assertDataDrift(result: StepResult, name: string, before: string): void {
  const { result: word, diffs } = objectOf(result, `ConfigMap default/${name}`)
  const drift = { field: 'data.a', change: 'changed', before, after: '1', isSecret: false }
  assert.deepEqual([word, diffs], ['drifted', [drift]])
}

test('what a webhook injects is no drift; what it does to our field in somebody else’s write is', async () => {
  let isMeddling = false
  const webhook = await startWebhook(({ userInfo }) => isMeddling && userInfo.username === 'testbed')
  try {
    const files = { 'a.json': map('hooked', { a: '1' }, { labels: { hooked: 'yes' } }) }
    const first = await run(files)
    assert.equal(first.exitCode, 0, first.log)
    const annotation = await kubectl('get', 'configmap', 'hooked', '-o', 'jsonpath={.metadata.annotations.injected}')
    assert.equal(annotation, 'yes')
    assert.equal((await run(files)).outputs.result, 'unchanged')
    isMeddling = true
    await patch('configmap', 'hooked', { metadata: { annotations: { other: 'x' } } })
    const value = () => kubectl('get', 'configmap', 'hooked', '-o', 'jsonpath={.data.a}')
    assert.equal(await value(), 'meddled')
    const repaired = await run(files)
    assertDataDrift(repaired, 'hooked', 'meddled')
    assert.equal(await value(), '1')
  } finally {
    await webhook.stop()
  }
})

test('a key of a Secret is repaired though the manifest writes it as stringData', async () => {
  const secret = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'folded', namespace: 'default' },
    stringData: { password: 'from-git-only' },
  })
  assert.equal((await run({ 's.json': secret })).exitCode, 0)
  assert.equal((await run({ 's.json': secret })).outputs.result, 'unchanged')
  const other = Buffer.from('from-somebody').toString('base64')
  await patch('secret', 'folded', { data: { password: other } })
  const repaired = await run({ 's.json': secret })
  const { result: word, diffs } = objectOf(repaired, 'Secret default/folded')
  assert.deepEqual([word, diffs], ['drifted', [{ field: 'data.password', change: 'changed', isSecret: true }]])
  assert.ok(![repaired.log, repaired.summary, repaired.report].join().includes(other))
  const value = await kubectl('get', 'secret', 'folded', '-o', 'jsonpath={.data.password}')
  assert.equal(Buffer.from(value, 'base64').toString(), 'from-git-only')
})

test('a field that somebody takes right after our write is found by the next run', async () => {
  const files = { 'a.json': map('raced', { a: '1' }) }
  let isTaken: Promise<unknown> | undefined
  const folder = temporaryFolder()
  writeFiles(folder, files)
  await runStep({
    with: { repository: folder, name: 'raced' },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
    onOutput: (log) => {
      if (isTaken !== undefined || !hasEntered(log, 'apply')) return
      const take = async () => {
        while ((await cluster.kubectl(['get', 'configmap', 'raced'])).code !== 0);
        await patch('configmap', 'raced', { data: { a: 'taken' } })
      }
      isTaken = take()
    },
  })
  await isTaken
  const second = await run(files, { name: 'raced' })
  assertDataDrift(second, 'raced', 'taken')
})

test('an object that kubectl applied is adopted: what Git does not have goes, and the plan says so first', async () => {
  await apply(map('adoptee', { a: 'old', dropped: 'x' }))
  const files = { 'a.json': map('adoptee', { a: 'new' }) }
  const planned = await run(files, { mode: 'plan' })
  const { result: word, reason, diffs } = objectOf(planned, 'ConfigMap default/adoptee')
  assert.deepEqual([word, reason], ['adopted', 'FieldsMigrated'])
  const told = new Map(diffs.map(({ field, change, before, after }) => [field, { change, before, after }]))
  assert.deepEqual(told.get('data.a'), { change: 'changed', before: 'old', after: 'new' })
  assert.deepEqual(told.get('data.dropped'), { change: 'removed', before: 'x', after: undefined })
  const noted = 'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]'
  assert.equal(told.get(noted)?.change, 'removed')
  const applied = await run(files, { 'plan-digest': planned.outputs['plan-digest'] ?? '' })
  assert.equal(applied.exitCode, 0, applied.log)
  const live = JSON.parse(await kubectl('get', 'configmap', 'adoptee', '-o', 'json', '--show-managed-fields'))
  assert.deepEqual(live.data, { a: 'new' })
  assert.equal(live.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'], undefined)
  assert.deepEqual(
    live.metadata.managedFields.map(({ manager }: { manager: string }) => manager),
    ['fairlead'],
  )
  const second = await run(files)
  assert.equal(second.outputs.result, 'unchanged', second.log)
  assert.equal(setOf(second).dryRuns, 0)
})

test('a Namespace that kubectl created keeps what the server puts into it', async () => {
  await kubectl('create', 'namespace', 'adopted-home')
  const files = {
    'n.json': JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'adopted-home' } }),
  }
  const planned = await run(files, { mode: 'plan' })
  const { result: word, reason, message, diffs } = objectOf(planned, 'Namespace adopted-home')
  assert.deepEqual([word, reason], ['adopted', 'FieldsMigrated'])
  assert.match(message ?? '', /\bkubectl-create\b/)
  assert.deepEqual(
    diffs.map(({ field, change }) => [field, change]),
    [['metadata.labels["applyset.kubernetes.io/part-of"]', 'added']],
  )
  assert.equal((await run(files)).outputs.adopted, '1')
  assert.equal((await run(files)).outputs.result, 'unchanged')
})

test('with `force-conflicts: false` fields of others stop the run before it writes; else it says whose they were', async () => {
  await apply(map('contested', { a: 'theirs', b: 'theirs' }), '--server-side', '--field-manager=other-team')
  const files = { 'a.json': map('contested', { a: 'ours' }), 'b.json': map('beside-contested', { a: '1' }) }
  const refused = await run(files, { 'force-conflicts': 'false' })
  assert.equal(refused.exitCode, 1)
  const error = errorOf(refused, 'E-CONFLICT', 'ConfigMap default/contested')
  assert.deepEqual([error.reason, error.location?.file], ['FieldConflict', 'a.json'])
  assert.match(error.message, /`\.data\.a`: conflict with "other-team"/)
  assert.equal((await cluster.kubectl(['get', 'configmap', 'beside-contested'])).code, 1)
  const taken = await run(files)
  assert.equal(taken.exitCode, 0, taken.log)
  assert.deepEqual(objectOf(taken, 'ConfigMap default/contested').fieldTakeovers, [
    { manager: 'other-team', fields: ['data.a'] },
  ])
  assert.deepEqual(JSON.parse(await kubectl('get', 'configmap', 'contested', '-o', 'jsonpath={.data}')), {
    a: 'ours',
    b: 'theirs',
  })
})

test('replicas that an autoscaler sets are left to it, and fields that the manifest gives away', async () => {
  const autoscaler = JSON.stringify({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'scaled', namespace: 'default' },
    spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' } },
  })
  const files = (image: string) => ({
    'd.json': deployment('scaled', { image }),
    'h.json': autoscaler,
    'u.json': map(
      'given',
      { a: image, theirs: 'at-first' },
      { annotations: { 'fairlead.dev/unmanaged': '/data/theirs' } },
    ),
  })
  assert.equal((await run(files('example/app:1'))).exitCode, 0)
  await kubectl('scale', 'deployment', 'scaled', '--replicas=3')
  await patch('configmap', 'given', { data: { theirs: 'later' } })
  const quiet = await run(files('example/app:1'))
  assert.equal(quiet.outputs.result, 'unchanged', quiet.log)
  const changed = await run(files('example/app:2'))
  assert.equal(changed.exitCode, 0, changed.log)
  assert.deepEqual(objectOf(changed, 'Deployment default/scaled').unmanagedFields, ['spec.replicas'])
  assert.equal(await kubectl('get', 'deployment', 'scaled', '-o', 'jsonpath={.spec.replicas}'), '3')
  assert.deepEqual(JSON.parse(await kubectl('get', 'configmap', 'given', '-o', 'jsonpath={.data}')), {
    a: 'example/app:2',
    theirs: 'later',
  })
  const malformed = await run({
    'u.json': map('m', {}, { annotations: { 'fairlead.dev/unmanaged': 'spec.replicas' } }),
  })
  const error = errorOf(malformed, 'E-OBJECT')
  assert.equal(error.location?.file, 'u.json')
  for (const name of ['`spec.replicas`', '`fairlead.dev/unmanaged`'])
    assert.ok(error.message.includes(name), error.message)
})

test('annotations of other tools say when an object is left alone', async () => {
  const flux = (name: string, word: string) =>
    map(name, { a: '1' }, { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': word } })
  await kubectl('create', 'configmap', 'there-already', '--from-literal=a=theirs')
  const result = await run({
    'a.json': flux('never-made', 'Ignore'),
    'b.json': flux('there-already', 'IfNotPresent'),
    'c.json': flux('made-once', 'IfNotPresent'),
  })
  assert.equal(result.exitCode, 0, result.log)
  assert.deepEqual([result.outputs.created, result.outputs.ignored], ['1', '2'])
  const [never, there] = ['never-made', 'there-already'].map((name) => objectOf(result, `ConfigMap default/${name}`))
  assert.deepEqual([never?.result, never?.reason], ['ignored', 'ApplyDisabled'])
  assert.deepEqual([there?.result, there?.reason], ['ignored', 'AlreadyExists'])
  for (const each of [never, there]) assert.match(each?.message ?? '', /`kustomize\.toolkit\.fluxcd\.io\/ssa`/)
  assert.equal(await kubectl('get', 'configmap', 'there-already', '-o', 'jsonpath={.data.a}'), 'theirs')
})

test('an immutable field is rejected with the way out, and the object recreated where the manifest allows it', async () => {
  const service = (clusterIP: string, annotations: object) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'fixed', namespace: 'default', annotations },
      spec: { clusterIP, ports: [{ port: 80 }] },
    })
  assert.equal((await run({ 's.json': service('10.0.0.77', {}) })).exitCode, 0)
  const refused = await run({ 's.json': service('10.0.0.78', {}) })
  assert.equal(refused.exitCode, 1)
  const error = errorOf(refused, 'E-APPLY', 'Service default/fixed')
  assert.deepEqual([error.reason, error.location?.file], ['ImmutableField', 's.json'])
  assert.notEqual(error.hint, null)
  const forced = { 'kustomize.toolkit.fluxcd.io/force': 'enabled' }
  const recreated = await run({ 's.json': service('10.0.0.78', forced) })
  assert.equal(recreated.exitCode, 0, recreated.log)
  assert.equal(recreated.outputs.recreated, '1')
  assert.equal(await kubectl('get', 'service', 'fixed', '-o', 'jsonpath={.spec.clusterIP}'), '10.0.0.78')
})

test('a Job that ran and is gone by its lifetime is completed, and runs again when its manifest changes', async () => {
  const job = (image: string) =>
    JSON.stringify({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate', namespace: 'default' },
      spec: {
        ttlSecondsAfterFinished: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } },
      },
    })
  const isGone = async () => {
    while ((await cluster.kubectl(['get', 'job', 'migrate'])).code === 0)
      await new Promise((resolve) => setTimeout(resolve, 200))
  }
  assert.equal((await run({ 'j.json': job('example/app:1') })).outputs.created, '1')
  await isGone()
  const second = await run({ 'j.json': job('example/app:1') })
  assert.deepEqual([second.outputs.completed, second.outputs.result], ['1', 'unchanged'], second.log)
  assert.equal((await run({ 'j.json': job('example/app:2') })).outputs.created, '1')
})
