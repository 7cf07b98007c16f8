import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { commandsNamed, runStep, type StepOptions, type StepResult } from '../../testbed/step.ts'
import { corpus, unlessPresent } from '../corpora.ts'
import { isApply, noteRequests } from './audit.ts'
import { errorOf, errorsOf, hasLogged, hasWaitedFor, isWaitingFor, objectOf, placeIn, setOf } from './report.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Runs the step on a folder with these files; also says in which order the server was asked to write what. */
async function reconcile(
  files: Record<string, string>,
  env: Record<string, string> = {},
): Promise<StepResult & { writes: string[] }> {
  const folder = temporaryFolder()
  writeFiles(folder, files)
  const requests = noteRequests(cluster)
  const kubeconfig = { KUBECONFIG: cluster.kubeconfig }
  const result = await runStep({
    with: { repository: folder, name: 'waves' },
    env: { ...kubeconfig, ...env },
    path: [cluster.bin],
  })
  const writes = requests().flatMap((event) => {
    const { verb, uri } = event
    const name = uri.split('?')[0]?.split('/').slice(-2).join('/') ?? ''
    return isApply(event) ? [name] : verb === 'delete' && name.startsWith('jobs/') ? [`delete ${name}`] : []
  })
  return { ...result, writes }
}

interface Options {
  readonly annotations?: Record<string, string>
  readonly more?: string
}

const object = (kind: string, name: string, namespace: string, { annotations = {}, more = '' }: Options = {}) => {
  const [apiVersion, word] = kind.split(' ')
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"\n`)
  const block = lines.length === 0 ? '' : `  annotations:\n${lines.join('')}`
  return `---\napiVersion: ${apiVersion}\nkind: ${word}\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\n${block}${more}`
}
const map = (name: string, namespace: string, options: Options = {}) => object('v1 ConfigMap', name, namespace, options)
const space = (name: string) => `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`
const job = (
  name: string,
  namespace: string,
  annotations: Record<string, string>,
  image = 'example/app:1',
  labels = '',
) =>
  object('batch/v1 Job', name, namespace, {
    annotations,
    more: `spec:\n  backoffLimit: 0\n  template:\n    metadata: {labels: {${labels}}}\n    spec: {restartPolicy: Never, containers: [{name: c, image: '${image}'}]}\n`,
  })
const deployment = (name: string, namespace: string, options: Options & { settings?: string; image?: string } = {}) => {
  const { settings, image = 'example/app:1' } = options
  const env = settings === undefined ? '' : `, envFrom: [{configMapRef: {name: ${settings}}}]`
  const pods = `{metadata: {labels: {app: ${name}}}, spec: {containers: [{name: c, image: '${image}'${env}}]}}`
  return object('apps/v1 Deployment', name, namespace, {
    ...options,
    more: `spec: {selector: {matchLabels: {app: ${name}}}, template: ${pods}}\n`,
  })
}
const hook = (phase: string) => ({ 'argocd.argoproj.io/hook': phase })
const wave = (number: number) => ({ 'argocd.argoproj.io/sync-wave': String(number) })
const after_ = (reference: string) => ({ 'fairlead.dev/depends-on': reference })
const fails = "testbed.fairlead.dev/fails: 'true'"
/** The identity of an object of a built-in kind. */
const idOf = (kind: 'Job' | 'Pod' | 'Deployment', namespace: string, name: string) => {
  return { group: { Job: 'batch', Pod: '', Deployment: 'apps' }[kind], kind, namespace, name }
}

test('an update of a ConfigMap together with its Deployment sends the ConfigMap first', async () => {
  const files = (value: string) => ({
    'a.yaml': deployment('web', 'update', { settings: 'web-env', image: `example/app:${value}` }),
    'b.yaml': map('web-env', 'update', { more: `data: {A: ${value}}\n` }) + space('update'),
  })
  assert.equal((await reconcile(files('one'))).exitCode, 0)
  const result = await reconcile(files('two'))
  assert.equal(result.outputs.updated, '2')
  assert.deepEqual(result.writes, ['configmaps/web-env', 'deployments/web'])
})

test('hooks run in their phases: what comes after waits for them, and a second run runs none of them again', async () => {
  const files = {
    'post.yaml': job('smoke', 'phases', hook('PostSync')),
    'pre.yaml': job('migrate', 'phases', hook('PreSync')),
    'web.yaml': deployment('web', 'phases') + space('phases'),
  }
  const first = await reconcile(files)
  assert.equal(first.exitCode, 0, first.log)
  assert.deepEqual(first.writes, ['namespaces/phases', 'jobs/migrate', 'deployments/web', 'jobs/smoke'])
  assert.equal(setOf(first).kubectlRuns.length, 3)
  const completions = async () =>
    String(
      (
        await cluster.kubectl([
          'get',
          'jobs',
          '-n',
          'phases',
          '-o',
          'jsonpath={.items[*].metadata.uid} {.items[*].status.succeeded}',
        ])
      ).stdout,
    )
  const before = await completions()
  assert.match(before, / 1 1$/)

  const second = await reconcile(files)
  assert.equal(second.outputs.result, 'unchanged')
  assert.deepEqual(setOf(second).kubectlRuns, [])
  assert.equal(await completions(), before)
})

test('a hook whose manifest changed is deleted and runs again', async () => {
  const files = (image: string) => ({
    'a.yaml': job('migrate', 'again', hook('PreSync'), image) + space('again') + map('m', 'again'),
  })
  assert.equal((await reconcile(files('example/app:1'))).exitCode, 0)
  const result = await reconcile(files('example/app:2'))
  assert.equal(result.exitCode, 0, result.log)
  assert.deepEqual(result.writes, ['delete jobs/migrate', 'jobs/migrate'])
  const { result: word, reason } = objectOf(result, 'Job again/migrate')
  assert.deepEqual([word, reason], ['recreated', 'HookChanged'])
  const image = await cluster.kubectl([
    'get',
    'job',
    'migrate',
    '-n',
    'again',
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  ])
  assert.equal(String(image.stdout), 'example/app:2')
})

test('a hook that fails stops what comes after it, stays for its log, and runs again in the next run', async () => {
  const files = (labels: string) => ({
    'a.yaml': job('migrate', 'failing', hook('PreSync'), 'example/app:1', labels),
    'b.yaml': deployment('web', 'failing') + space('failing'),
  })
  const result = await reconcile(files(fails))
  assert.equal(result.exitCode, 1)
  assert.deepEqual(result.writes, ['namespaces/failing', 'jobs/migrate'])
  const error = errorOf(result, 'E-HEALTH', 'Job failing/migrate')
  assert.deepEqual([error.reason, placeIn(error)], ['NotReady', 'a.yaml:2'])
  assert.match(error.message, /Job has reached the specified backoff limit.*\bmigrate-\S+.*\b1\b/)
  const web = objectOf(result, 'Deployment failing/web')
  assert.deepEqual([web.result, placeIn(web)], ['skipped', 'b.yaml:2'])
  for (const part of [/Job failing\/migrate/, /\bPreSync\b/]) assert.match(web.message ?? '', part)
  const { counts } = setOf(result)
  assert.deepEqual([counts.objects, counts.created, counts.skipped], [3, 2, 1])
  assert.equal(commandsNamed(result, 'error')[0]?.properties.title, 'E-HEALTH Job failing/migrate')
  assert.match(result.summary, /^\| <code>Deployment failing\/web<\/code> \| <code>b\.yaml&#58;2<\/code> \|/m)

  const again = await reconcile(files(fails))
  assert.deepEqual(again.writes, ['delete jobs/migrate', 'jobs/migrate'])
  const { result: word, reason } = objectOf(again, 'Job failing/migrate')
  assert.deepEqual([word, reason], ['recreated', 'HookFailed'])
  assert.equal(again.exitCode, 1)
  const repaired = await reconcile(files(''))
  assert.equal(repaired.exitCode, 0, repaired.log)
})

const uidOf = async (kind: string, name: string, namespace: string) =>
  String((await cluster.kubectl(['get', kind, name, '-n', namespace, '-o', 'jsonpath={.metadata.uid}'])).stdout)

test('hooks run again when anything in the set changes, but for the values of Secrets, and not otherwise', async () => {
  const secret = (value: string) => object('v1 Secret', 'key', 'rerun', { more: `stringData: {password: ${value}}\n` })
  const files = (image: string, password: string) => ({
    'a.yaml': job('smoke', 'rerun', hook('PreSync')) + space('rerun'),
    'b.yaml': deployment('web', 'rerun', { image }) + secret(password),
  })
  assert.equal((await reconcile(files('example/app:1', 'first-one'))).exitCode, 0)
  const first = await uidOf('job', 'smoke', 'rerun')
  assert.equal((await reconcile(files('example/app:1', 'second-one'))).outputs.updated, '1')
  assert.equal(await uidOf('job', 'smoke', 'rerun'), first)
  const third = await reconcile(files('example/app:2', 'second-one'))
  assert.equal(third.exitCode, 0, third.log)
  assert.notEqual(await uidOf('job', 'smoke', 'rerun'), first)
})

test('what comes after a hook waits for it again when it runs again', async () => {
  const files = (value: string) => ({
    'a.yaml': job('migrate', 'waits-again', hook('PreSync')) + space('waits-again'),
    'b.yaml': map('m', 'waits-again', { more: `data: {a: ${value}}\n` }),
  })
  assert.equal((await reconcile(files('one'))).exitCode, 0)
  const result = await reconcile(files('two'))
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(setOf(result).kubectlRuns.length, 2)
  assert.deepEqual(result.writes, ['delete jobs/migrate', 'jobs/migrate', 'configmaps/m'])
})

test('a hook that is a Pod has ended when it has succeeded, not when it is ready', async () => {
  const pod = object('v1 Pod', 'migrate', 'pods-end', {
    annotations: hook('PreSync'),
    more: 'spec: {restartPolicy: Never, containers: [{name: c, image: example/app}]}\n',
  }).replace('metadata:\n', "metadata:\n  labels: {testbed.fairlead.dev/ends: 'true'}\n")
  const result = await reconcile({ 'a.yaml': pod + map('after', 'pods-end') + space('pods-end') })
  assert.equal(result.exitCode, 0, result.log)
  const { stdout } = await cluster.kubectl(['get', 'pod/migrate', '-n', 'pods-end', '-o', 'jsonpath={.status.phase}'])
  assert.equal(String(stdout), 'Succeeded')
  assert.ok(hasWaitedFor(result.log, idOf('Pod', 'pods-end', 'migrate')), result.log)
})

test('a hook that is skipped is not deleted', async () => {
  const files = (labels: string, image: string) => ({
    'a.yaml': job('first', 'kept', { ...hook('PreSync'), ...wave(-1) }, 'example/app:1', labels),
    'b.yaml': job('migrate', 'kept', hook('PreSync'), image) + space('kept'),
  })
  assert.equal((await reconcile(files('', 'example/app:1'))).exitCode, 0)
  const before = await uidOf('job', 'migrate', 'kept')
  const result = await reconcile(files(fails, 'example/app:2'))
  assert.equal(objectOf(result, 'Job kept/migrate').result, 'skipped')
  assert.deepEqual(result.writes, ['delete jobs/first', 'jobs/first'])
  assert.equal(await uidOf('job', 'migrate', 'kept'), before)
})

/** A run of two commits, the first of which is cancelled while its hook is under way. */
async function afterCancelled(files: (image: string) => Record<string, string>, under: (log: string) => void) {
  const folder = temporaryFolder()
  const run = (image: string, onOutput: NonNullable<StepOptions['onOutput']>) => {
    writeFiles(folder, files(image))
    const env = { KUBECONFIG: cluster.kubeconfig }
    return runStep({ with: { repository: folder }, env, path: [cluster.bin], onOutput })
  }
  let isAsked = false
  await run('example/app:1', (log, child) => {
    if (isAsked || !isWaitingFor(log, 1)) return
    isAsked = true
    setTimeout(() => child.signal('SIGINT'), 2_000) // by then its Pod runs, if it can
  })
  return run('example/app:2', under)
}

test('a hook that runs right now may end before it is recreated', async () => {
  const files = (image: string) => {
    const labels = image.endsWith('1') ? "testbed.fairlead.dev/stays: 'true'" : ''
    return { 'a.yaml': job('slow', 'under-way', hook('PreSync'), image, labels) + space('under-way') }
  }
  let isFree = false
  const result = await afterCancelled(files, (log) => {
    if (isFree || !hasLogged(log, { type: 'hook-running', id: idOf('Job', 'under-way', 'slow') })) return
    isFree = true
    cluster.kubectl(['label', 'pods', '-n', 'under-way', '--all', 'testbed.fairlead.dev/stays-'])
  })
  assert.ok(isFree, result.log)
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(objectOf(result, 'Job under-way/slow').result, 'recreated')
  assert.deepEqual(await imagesOf('under-way'), ['example/app:2'])
})

const imagesOf = async (namespace: string) => {
  const path = 'jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}'
  const exit = await cluster.kubectl(['get', 'pods', '-n', namespace, '-o', path])
  return String(exit.stdout).trim().split('\n')
}

test('a hook that never started is recreated at once', async () => {
  const files = (image: string) => ({
    'a.yaml':
      job('stuck', 'never', hook('PreSync'), image).replace(
        'spec: {restartPolicy',
        image.endsWith('1') ? 'spec: {nodeSelector: {no: such}, restartPolicy' : 'spec: {restartPolicy',
      ) + space('never'),
  })
  const result = await afterCancelled(files, () => {})
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(objectOf(result, 'Job never/stuck').result, 'recreated')
  assert.ok(!hasLogged(result.log, { type: 'hook-running', id: idOf('Job', 'never', 'stuck') }), result.log)
})

test('a failed hook stays for its log where its successor would be rejected', async () => {
  const files = (more: string) => ({
    'a.yaml':
      job('migrate', 'refused', hook('PreSync'), 'example/app:1', fails).replace(
        '  backoffLimit',
        `${more}  backoffLimit`,
      ) + space('refused'),
  })
  assert.equal((await reconcile(files(''))).exitCode, 1)
  const before = await uidOf('job', 'migrate', 'refused')
  const result = await reconcile(files('  parallelism: -1\n'))
  const error = errorOf(result, 'E-APPLY', 'Job refused/migrate')
  assert.match(placeIn(error), /^a\.yaml:\d+:\d+$/)
  assert.match(error.message, /parallelism/)
  assert.equal(await uidOf('job', 'migrate', 'refused'), before)
})

test('a hook that is suspended has not run', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'a.yaml':
      job('idle', 'suspended', hook('PreSync')).replace('  backoffLimit', '  suspend: true\n  backoffLimit') +
      space('suspended') +
      map('m', 'suspended'),
  })
  const result = await runStep({
    with: { repository: folder },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
    onOutput: (log, child) => {
      if (hasWaitedFor(log, idOf('Job', 'suspended', 'idle'))) child.signal('SIGINT')
    },
  })
  errorOf(result, 'E-CANCEL')
  assert.equal(objectOf(result, 'Job suspended/idle').result, 'created')
  assert.equal(objectOf(result, 'ConfigMap suspended/m').result, 'pending')
})

test('a PostSync hook runs after a commit was taken back that failed before its turn came', async () => {
  const files = (value: string, labels = '') => ({
    'a.yaml': job('smoke', 'reverted', hook('PostSync')) + space('reverted'),
    'b.yaml':
      map('m', 'reverted', { more: `data: {a: ${value}}\n` }) +
      job(`check-${value}`, 'reverted', wave(0), 'example/app:1', labels),
  })
  assert.equal((await reconcile(files('one'))).exitCode, 0)
  const first = await uidOf('job', 'smoke', 'reverted')
  assert.equal((await reconcile(files('two', fails))).exitCode, 1)
  assert.equal(await uidOf('job', 'smoke', 'reverted'), first)
  assert.equal((await reconcile(files('one'))).exitCode, 0)
  assert.notEqual(await uidOf('job', 'smoke', 'reverted'), first)
})

test('a hook that goes takes its Pods with it', async () => {
  const files = (image: string) => ({ 'a.yaml': job('migrate', 'pods', hook('PreSync'), image) + space('pods') })
  assert.equal((await reconcile(files('example/app:1'))).exitCode, 0)
  assert.equal((await reconcile(files('example/app:2'))).exitCode, 0)
  assert.deepEqual(await imagesOf('pods'), ['example/app:2'])
})

test('a hook that is to go when it has succeeded goes, is completed, and runs again when the set changes', async () => {
  const policy = { ...hook('PreSync'), 'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded' }
  const files = (value: string, labels = '') => ({
    'a.yaml': job('brief', 'brief', policy, 'example/app:1', labels) + space('brief'),
    'b.yaml': map('m', 'brief', { more: `data: {a: ${value}}\n` }),
  })
  const isThere = async () => (await uidOf('job', 'brief', 'brief')) !== ''
  const first = await reconcile(files('one'))
  assert.equal(first.exitCode, 0, first.log)
  assert.deepEqual([first.writes.at(-1), await isThere()], ['delete jobs/brief', false])
  const second = await reconcile(files('one'))
  assert.deepEqual([second.outputs.completed, second.outputs.result], ['1', 'unchanged'], second.log)
  assert.deepEqual([second.writes, await isThere()], [[], false])
  const third = await reconcile(files('two'))
  assert.deepEqual(third.writes, ['jobs/brief', 'configmaps/m', 'delete jobs/brief'], third.log)
  // One that fails stays, and runs again.
  assert.equal((await reconcile(files('three', fails))).exitCode, 1)
  assert.ok(await isThere())
  const repaired = await reconcile(files('three'))
  assert.equal(repaired.exitCode, 0, repaired.log)
})

test('a failed hook that is gone at once is no success', async () => {
  const fleeting = job('fleeting', 'gone', hook('PreSync'), 'example/app:1', fails).replace(
    '  backoffLimit',
    '  ttlSecondsAfterFinished: 0\n  backoffLimit',
  )
  const result = await reconcile({ 'a.yaml': fleeting + space('gone') })
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-HEALTH', 'Job gone/fleeting')
  assert.deepEqual([error.reason, placeIn(error)], ['NotReady', 'a.yaml:2'])
})

test('what waits for a definition does not wait for a rollout that has nothing to do with it', async () => {
  const definition = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`
  const operator = deployment('operator', 'split').replace(
    'spec: {containers',
    'spec: {serviceAccountName: made-later, containers',
  )
  let isMade = false
  const make = async () => {
    // An operator that is ready only once somebody has asked it for something.
    while (!isMade) {
      const found = await cluster.kubectl(['get', 'gadget', 'g', '-n', 'split'])
      isMade = found.code === 0
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await cluster.kubectl(['create', 'serviceaccount', 'made-later', '-n', 'split'])
  }
  const [result] = await Promise.all([
    reconcile({
      'a.yaml': definition + operator + space('split') + object('example.com/v1 Gadget', 'g', 'split'),
      'b.yaml': map('seed', 'split', { annotations: after_('apps/namespaces/split/Deployment/operator') }),
    }),
    make(),
  ])
  assert.equal(result.exitCode, 0, result.log)
  assert.deepEqual(result.writes.slice(-2), ['gadgets/g', 'configmaps/seed'])
})

test('nobody waits for what cannot matter any more', async () => {
  const stuck = deployment('stuck', 'decided', { annotations: wave(0) }).replace(
    'spec: {containers',
    'spec: {nodeSelector: {no: such}, containers',
  )
  const result = await reconcile({
    'a.yaml': stuck + job('failing', 'decided', wave(0), 'example/app:1', fails) + space('decided'),
    'b.yaml': map('last', 'decided', { annotations: wave(1) }),
  })
  assert.equal(result.exitCode, 1)
  assert.equal(errorOf(result, 'E-HEALTH', 'Job decided/failing').reason, 'NotReady')
  const last = objectOf(result, 'ConfigMap decided/last')
  assert.equal(last.result, 'skipped')
  assert.match(last.message ?? '', /Job decided\/failing/)
})

test('a wave without anything to wait for is no barrier, and one with a workload is', async () => {
  const result = await reconcile({
    'a.yaml':
      map('third', 'waves', { annotations: wave(2) }) +
      map('first', 'waves', { annotations: wave(-1) }) +
      space('waves'),
    'b.yaml': deployment('second', 'waves', { annotations: wave(1) }),
    'c.yaml': map('last', 'waves', { annotations: wave(3) }),
  })
  assert.equal(result.exitCode, 0, result.log)
  assert.deepEqual(result.writes, [
    'namespaces/waves',
    'configmaps/first',
    'deployments/second',
    'configmaps/third',
    'configmaps/last',
  ])
  assert.equal(setOf(result).kubectlRuns.length, 2)
})

test('a cancelled wait ends at once, and says what was applied and what is pending', async () => {
  const stuck = deployment('stuck', 'cancelled', { annotations: wave(0) }).replace(
    'spec: {containers',
    'spec: {nodeSelector: {no: such}, containers',
  )
  const folder = temporaryFolder()
  writeFiles(folder, { 'a.yaml': stuck + space('cancelled') + map('last', 'cancelled', { annotations: wave(1) }) })
  let isAsked = false
  const result = await runStep({
    with: { repository: folder },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
    onOutput: (log, child) => {
      if (isAsked || !isWaitingFor(log, 1)) return
      if (!hasWaitedFor(log, idOf('Deployment', 'cancelled', 'stuck'))) return
      isAsked = true
      child.signal('SIGINT')
    },
  })
  assert.equal(result.exitCode, 1)
  assert.deepEqual(
    errorsOf(result).map(({ code }) => code),
    ['E-CANCEL'],
  )
  const { counts } = setOf(result)
  assert.deepEqual([counts.objects, counts.created, counts.pending], [3, 2, 1])
})

test('what depends on a rejected object is skipped in the same stream, with all that depends on it; the rest is applied', async () => {
  // That its ServiceAccount is not there yet hides from the dry run that its port is none.
  const container = '{name: c, image: i, ports: [{containerPort: 99999}]}'
  const broken = object('v1 Pod', 'broken', 'default', {
    more: `spec: {serviceAccountName: late, containers: [${container}]}\n`,
  })
  const result = await reconcile({
    'a.yaml': broken + object('v1 ServiceAccount', 'late', 'default'),
    'b.yaml': map('held', 'default', { annotations: after_('/namespaces/default/Pod/broken') }),
    'c.yaml': map('held-too', 'default', { annotations: after_('/namespaces/default/ConfigMap/held') }),
    'd.yaml': map('free', 'default'),
  })
  assert.equal(result.exitCode, 1)
  assert.deepEqual([result.outputs.created, result.outputs.failed], ['2', '1'])
  assert.deepEqual(new Set(result.writes), new Set(['serviceaccounts/late', 'configmaps/free', 'pods/broken']))
  assert.equal(setOf(result).kubectlRuns.length, 1)
  errorOf(result, 'E-APPLY', 'Pod default/broken')
  for (const [name, place] of [
    ['ConfigMap default/held', 'b.yaml:2'],
    ['ConfigMap default/held-too', 'c.yaml:2'],
  ] as const) {
    const held = objectOf(result, name)
    assert.deepEqual([held.result, placeIn(held)], ['skipped', place])
    assert.match(held.message ?? '', /Pod default\/broken/)
  }
  const { counts } = setOf(result)
  assert.deepEqual([counts.objects, counts.created, counts.failed, counts.skipped], [5, 2, 1, 2])
})

test('a dependency outside of the set is looked up and waited for; one that is nowhere stops the run before it writes', async () => {
  await cluster.kubectl(['create', 'deployment', 'elsewhere', '--image=example/app:1', '-n', 'default'])
  const good = await reconcile({
    'a.yaml': map('user', 'default', { annotations: after_('apps/namespaces/default/Deployment/elsewhere') }),
  })
  assert.equal(good.exitCode, 0, good.log)
  const bad = await reconcile({
    'a.yaml': map('never', 'default'),
    'b.yaml': map('user', 'default', {
      annotations: after_('apps/namespaces/default/Deployment/nowhere, /Deployment/elsewhere'),
    }),
  })
  assert.equal(bad.exitCode, 1)
  assert.deepEqual(bad.writes, [])
  const missing = errorsOf(bad)
  assert.deepEqual(
    missing.map((error) => [error.code, error.reason, placeIn(error), error.object]),
    Array(2).fill(['E-ORDER', 'DependencyNotFound', 'b.yaml:2', 'ConfigMap default/user']),
  )
  for (const name of [/\bDeployment default\/nowhere\b/, /\bDeployment elsewhere\b/])
    assert.equal(missing.filter(({ message }) => name.test(message)).length, 1)
  assert.ok(missing.every(({ hint }) => hint !== null))
})

test('a cycle stops the run before anything is written, and prints the shortest one with the reasons', async () => {
  const result = await reconcile({
    'a.yaml': map('one', 'default', { annotations: after_('/namespaces/default/ConfigMap/two') }),
    'b.yaml': map('two', 'default', { annotations: after_('/namespaces/default/ConfigMap/one') }),
    'c.yaml': map('free', 'default'),
  })
  assert.equal(result.exitCode, 1)
  assert.deepEqual(result.writes, [])
  const error = errorOf(result, 'E-ORDER')
  assert.deepEqual([error.reason, error.object, placeIn(error)], ['Cycle', 'ConfigMap default/one', 'a.yaml:2'])
  const [names = '', ...chain] = error.message.split('\n')
  assert.deepEqual(
    names.match(/ConfigMap default\/\w+/g),
    ['one', 'two', 'one'].map((name) => `ConfigMap default/${name}`),
  )
  assert.equal(chain.length, 2)
  assert.match(
    chain[0] ?? '',
    /^- ConfigMap default\/two \(b\.yaml:2\): .*metadata\.annotations\.fairlead\.dev\/depends-on/,
  )
  assert.match(
    chain[1] ?? '',
    /^- ConfigMap default\/one \(a\.yaml:2\): .*metadata\.annotations\.fairlead\.dev\/depends-on/,
  )
})

test('malformed annotations are errors with file, line and column, all at once', async () => {
  const result = await reconcile({
    'a.yaml': map('a', 'default', { annotations: { 'argocd.argoproj.io/sync-wave': 'first' } }),
    'b.yaml': map('b', 'default', { annotations: after_('Deployment/x') }),
  })
  assert.deepEqual(result.writes, [])
  const [first, second, ...more] = errorsOf(result)
  assert.ok(first !== undefined && second !== undefined && more.length === 0, result.log)
  for (const [error, place, object, annotation] of [
    [first, 'a.yaml:8:5', 'ConfigMap default/a', 'argocd.argoproj.io/sync-wave'],
    [second, 'b.yaml:8:5', 'ConfigMap default/b', 'fairlead.dev/depends-on'],
  ] as const) {
    assert.deepEqual([error.code, placeIn(error), error.object], ['E-OBJECT', place, object])
    assert.ok(error.message.includes(annotation), error.message)
  }
  assert.match(second.message, /Deployment\/x/)
})

test('the summary says why each object stands where it stands, and draws the order', async () => {
  const files = {
    'a.yaml': deployment('web', 'picture', { settings: 'web-env' }),
    'b.yaml': map('web-env', 'picture') + space('picture'),
  }
  const result = await reconcile(files)
  const { order } = setOf(result)
  assert.equal(order?.total, 3)
  const web = order.objects.find(({ object }) => object === 'Deployment picture/web')
  const field = 'spec.template.spec.containers[0].envFrom[0]'
  const [home = '', settings = '', ...more] = web?.reasons ?? []
  assert.match(home, /\bNamespace picture\b/)
  assert.ok(settings.includes('ConfigMap picture/web-env') && settings.includes(field), settings)
  assert.deepEqual(more, [])
  assert.deepEqual(
    order.diagram?.nodes.map(({ label, frame }) => [label, frame]),
    ['Namespace picture', 'ConfigMap web-env', 'Deployment web'].map((label) => [label, 'picture']),
  )
  assert.deepEqual(order.diagram?.arrows, [{ from: 'n1', to: 'n2', strength: 'soft', count: 1 }])
  const row = `| <code>Deployment picture/web</code> | ${web?.reasons.join('<br>').replaceAll('[', '&#91;').replaceAll(']', '&#93;')} |`
  assert.ok(result.summary.includes(row), result.summary)
  assert.match(
    result.summary,
    /```mermaid\nflowchart LR\n {2}subgraph f0\["Namespace picture"\]\n {2}n0\["Namespace picture"\]\n/,
  )
  assert.match(result.summary, /n1\["ConfigMap web-env"\]\n {2}n2\["Deployment web"\]\n {2}end\n {2}n1 -\.-> n2\n```/)
  const debug = await reconcile(files, { RUNNER_DEBUG: '1' })
  assert.ok(
    commandsNamed(debug, 'debug').some(({ message }) => message.trim() === settings),
    debug.log,
  )
})

test('a webhook that does not answer is blamed, with what should answer it', {
  skip: unlessPresent('cloudnative-pg'),
}, async () => {
  const release = corpus('cloudnative-pg/releases/cnpg-1.30.0.yaml')
  const files = {
    'release.yaml': readFileSync(release, 'utf8'),
    'cluster.yaml':
      'apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db, namespace: default}\nspec: {instances: 1, storage: {size: 1Gi}}\n',
  }
  const first = await reconcile(files)
  assert.equal(first.exitCode, 0, first.log)
  assert.ok(first.writes.indexOf('clusters/db') < first.writes.findIndex((name) => name.startsWith('mutatingwebhook')))
  const second = await reconcile({
    ...files,
    'cluster.yaml': files['cluster.yaml'].replace('instances: 1', 'instances: 2'),
  })
  assert.equal(second.exitCode, 1)
  assert.equal(second.outputs.failed, '1')
  const error = errorOf(second, 'E-APPLY', 'Cluster.postgresql.cnpg.io default/db')
  assert.equal(placeIn(error), 'cluster.yaml:1')
  assert.match(error.message, /^Internal error occurred: failed calling webhook "mcluster\.cnpg\.io": /)
  assert.match(
    error.hint ?? '',
    /\bMutatingWebhookConfiguration cnpg-mutating-webhook-configuration \(release\.yaml:\d+\).*\bService cnpg-system\/cnpg-webhook-service\b.*\bDeployment cnpg-system\/cnpg-controller-manager\b/,
  )
})
