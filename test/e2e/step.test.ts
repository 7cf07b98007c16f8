import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { reportedErrorText } from '../../src/report/text.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { commit, makeRepository, temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { commandsNamed, runStep, type StepOptions, type StepResult } from '../../testbed/step.ts'
import { startGitServer } from '../gitserver.ts'
import {
  errorOf,
  errorSubjects,
  errorsOf,
  hasEntered,
  hasLogged,
  objectOf,
  placeIn,
  reportOf,
  setOf,
  warningsOf,
} from './report.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Runs the step on a folder with these files. */
function reconcile(files: Record<string, string>, options: StepOptions = {}): Promise<StepResult> {
  const folder = temporaryFolder()
  writeFiles(folder, files)
  // One name for the set, whatever the folder is called.
  return step({ ...options, with: { repository: folder, name: 'step', ...options.with } })
}

function step(options: StepOptions): Promise<StepResult> {
  return runStep({
    ...options,
    env: { KUBECONFIG: cluster.kubeconfig, ...options.env },
    path: [...(options.path ?? []), cluster.bin],
  })
}

async function live(...args: string[]): Promise<string> {
  return (await cluster.kubectl(['get', ...args, '--ignore-not-found'])).stdout.toString().trim()
}

const configMap = (name: string, namespace = 'default', value = 'x') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\ndata:\n  key: ${value}\n`

const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`

/** Why files were not taken for manifests, by their places. */
function skipReasons(result: StepResult): Map<string, string> {
  return new Map(setOf(result).skippedFiles.map((skipped) => [placeIn(skipped), skipped.message]))
}

test('the first run creates, the second finds nothing to do, a change updates that object alone', async () => {
  const files = {
    'a.yaml': configMap('one', 'three-runs'),
    'b.yaml': configMap('two', 'three-runs'),
    'z.yaml': namespace('three-runs'),
  }
  const first = await reconcile(files)
  assert.equal(first.exitCode, 0, first.log)
  const { 'plan-digest': digest, report, ...outputs } = first.outputs
  assert.match(digest ?? '', /^sha256:/)
  assert.match(report ?? '', /report\.json$/)
  assert.deepEqual(outputs, {
    ...{ result: 'changed', changes: 'true', commit: '', objects: '3', created: '3', updated: '0', drifted: '0' },
    ...{ adopted: '0', recreated: '0', completed: '0', unchanged: '0', ignored: '0', terminating: '0', failed: '0' },
    ...{ skipped: '0', pending: '0', pruned: '0', kept: '0', unhealthy: '' },
  })
  assert.ok(first.log.endsWith(`${reportOf(first).summary}\n`), first.log)

  const second = await reconcile(files)
  assert.equal(second.outputs.result, 'unchanged')
  assert.deepEqual([setOf(second).counts.objects, setOf(second).counts.unchanged], [3, 3])
  assert.ok(second.log.endsWith(`${reportOf(second).summary}\n`), second.log)

  const third = await reconcile({ ...files, 'b.yaml': configMap('two', 'three-runs', 'changed') })
  assert.equal(third.outputs.updated, '1')
  assert.equal(objectOf(third, 'ConfigMap three-runs/two').result, 'updated')
  assert.match(third.summary, /ConfigMap three-runs\/two/)
  assert.equal(await live('configmap', 'two', '-n', 'three-runs', '-o', 'jsonpath={.data.key}'), 'changed')
})

test('an object that the server refuses is named everywhere, and none of the ten is applied', async () => {
  const files: Record<string, string> = {}
  for (let number = 1; number <= 9; number += 1) files[`deploy/good-${number}.yaml`] = configMap(`good-${number}`)
  files['deploy/bad.yaml'] =
    '# a comment\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: bad\nspec:\n  ports: [{port: 99999}]\n'
  const result = await reconcile(files)

  assert.equal(result.exitCode, 1)
  assert.equal(result.outputs.created, '0')
  assert.equal(result.outputs.failed, '1')
  assert.doesNotMatch(await live('configmap', '-o', 'name'), /good-/)
  const error = errorOf(result, 'E-APPLY', 'Service default/bad')
  assert.equal(errorsOf(result).length, 1)
  assert.equal(placeIn(error), 'deploy/bad.yaml:8:12')
  assert.match(error.message, /Service "bad" is invalid: .*99999/)
  assert.equal(setOf(result).counts.pending, 9)
  const [annotation, ...others] = commandsNamed(result, 'error')
  assert.equal(others.length, 0)
  assert.deepEqual(annotation?.properties, {
    title: 'E-APPLY Service default/bad',
    file: 'deploy/bad.yaml',
    line: '8',
    col: '12',
  })
  assert.match(annotation?.message ?? '', /Service "bad" is invalid: .*99999/)
  assert.ok(result.log.includes(reportedErrorText(error)), result.log)
  const row = result.summary.split('\n').find((line) => /Service default\/bad.*\|.*\|/.test(line))
  assert.match(row ?? '', /deploy\/bad\.yaml&#58;8&#58;12.* Service &#34;bad&#34; is invalid/)
  assert.match(reportOf(result).summary, /Service default\/bad: Service "bad" is invalid/)
  assert.ok(result.log.endsWith(`${reportOf(result).summary}\n`), result.log)
})

test('an annotation points to the file in the workflow’s repository, also from a rendered folder', async () => {
  const workspace = temporaryFolder()
  writeFiles(workspace, { 'rendered/a/bad.yaml': configMap('x', 'not-there') })
  const result = await step({ with: { repository: './rendered' }, env: { GITHUB_WORKSPACE: workspace } })
  assert.equal(commandsNamed(result, 'error')[0]?.properties.file, 'rendered/a/bad.yaml')
})

test('names that look like a path of the API do not hide an object', async () => {
  const result = await reconcile({ 'a.yaml': configMap('exec-settings', 'pods'), 'n.yaml': namespace('pods') })
  assert.equal(result.exitCode, 0, result.log)
})

test('a field that the kind does not have is refused, although kubectl does not check it', async () => {
  const deployment =
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: typo}\nspec: {replica: 3, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}\n'
  const result = await reconcile({ 'a.yaml': deployment })
  const error = errorOf(result, 'E-APPLY', 'Deployment default/typo')
  assert.equal(placeIn(error), 'a.yaml:4:8')
  assert.match(error.message, /\.spec\.replica: field not declared in schema/)
})

test('two objects of one name in two namespaces are told apart when one is refused', async () => {
  const result = await reconcile({ 'a.yaml': configMap('twin', 'not-there'), 'b.yaml': configMap('twin', 'default') })
  assert.deepEqual(errorSubjects(result), ['E-APPLY a.yaml:1 ConfigMap not-there/twin'])
  assert.match(errorOf(result, 'E-APPLY').message, /namespaces "not-there" not found/)
})

test('a kind that nobody defines is an error of its object', async () => {
  const result = await reconcile({
    'a.yaml': configMap('beside-unknown'),
    'b.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n',
  })
  assert.equal(result.outputs.failed, '1')
  const error = errorOf(result, 'E-APPLY', 'Widget.example.com w')
  assert.equal(placeIn(error), 'b.yaml:1')
  assert.match(error.message, /no matches for kind "Widget" in version "example\.com\/v1"/)
})

const definition = (name: string, kind: string, properties: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${name}}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: ${name.split('.')[0]}, kind: ${kind}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {${properties}}}}}}
`

test('a custom resource lives after the run that brings its definition, and after the one that changes it', async () => {
  const boats = (spec: string) =>
    Array.from(
      { length: 20 },
      (_, index) => `apiVersion: example.org/v1\nkind: Boat\nmetadata: {name: boat-${index}}\nspec: {${spec}}\n`,
    ).join('---\n')
  const first = await reconcile({
    'boats.yaml': boats('sails: 1'),
    'crd.yaml': definition('boats.example.org', 'Boat', 'sails: {type: integer}'),
  })
  assert.equal(first.exitCode, 0, first.log)
  assert.equal(first.outputs.created, '21')
  const second = await reconcile({
    'boats.yaml': boats('sails: 1, masts: 2'),
    'crd.yaml': definition('boats.example.org', 'Boat', 'sails: {type: integer}, masts: {type: integer}'),
  })
  assert.equal(second.exitCode, 0, second.log)
  assert.equal(second.outputs.updated, '21')
})

test('a custom resource of a version that its definition does not serve fails at once', async () => {
  const files = {
    'crd.yaml': definition('planes.example.org', 'Plane', ''),
    'p.yaml': 'apiVersion: example.org/v2\nkind: Plane\nmetadata: {name: p}\n',
  }
  const result = await reconcile(files)
  const error = errorOf(result, 'E-APPLY')
  assert.equal(placeIn(error), 'p.yaml:1')
  assert.match(error.message, /no matches for kind "Plane" in version "example\.org\/v2"/)
  assert.deepEqual(setOf(result).kubectlRuns, [])
  assert.ok(!hasEntered(result.log, 'apply'), result.log)
})

test('an object that is being deleted is not taken for an applied one', async () => {
  const files = { 'a.yaml': configMap('going').replace('\ndata:', '\n  finalizers: [example.org/wait]\ndata:') }
  await reconcile(files)
  await cluster.kubectl(['delete', 'configmap', 'going', '--wait=false'])
  const result = await reconcile(files)
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-APPLY', 'ConfigMap default/going')
  assert.deepEqual([placeIn(error), error.reason], ['a.yaml:1', 'Terminating'])
  assert.equal(result.outputs.terminating, '1')
  await cluster.kubectl([
    'patch',
    'configmap',
    'going',
    '--type=json',
    '--patch=[{"op":"remove","path":"/metadata/finalizers"}]',
  ])
})

test('a cluster-scoped object that names a namespace is the one without it', async () => {
  const role = (metadata: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {${metadata}}\nrules: []\n`
  const one = await reconcile({ 'a.yaml': role('name: scoped, namespace: default') })
  assert.equal(objectOf(one, 'ClusterRole scoped').result, 'created')
  const two = await reconcile({ 'a.yaml': role('name: scoped, namespace: default'), 'b.yaml': role('name: scoped') })
  assert.equal(placeIn(errorOf(two, 'E-DUP', 'ClusterRole scoped')), 'b.yaml:1')
})

test('objects without a namespace go where `namespace` says, else where the context says', async () => {
  const bare = {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: homeless}\n',
    'n.yaml': namespace('given'),
  }
  const given = await reconcile(bare, { with: { namespace: 'given' } })
  assert.equal(objectOf(given, 'ConfigMap given/homeless').result, 'created')

  const kubeconfig = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  kubeconfig.contexts.push({ name: 'other', context: { ...kubeconfig.contexts[0].context, namespace: 'given' } })
  const byContext = await reconcile(bare, {
    with: { kubeconfig: JSON.stringify(kubeconfig), context: 'other', 'inventory-namespace': 'given' },
  })
  assert.equal(byContext.outputs.result, 'unchanged', byContext.log)
})

test('an overlay lives exactly as kubectl apply -k would make it, and a raw path above it is refused', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'base/web.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {color: red, mode: "0644"}\n',
    'base/kustomization.yaml':
      'resources: [web.yaml]\nconfigMapGenerator: [{name: made, literals: ["url=https://example.com"]}]\n',
    'overlays/prod/kustomization.yaml':
      'resources: [../../base]\nnamespace: default\nnamePrefix: prod-\npatches: [{target: {kind: ConfigMap, name: web}, patch: "- {op: replace, path: /data/color, value: blue}"}]\n',
  })
  const applied = await step({ with: { repository: folder, path: 'overlays/prod' } })
  assert.equal(applied.exitCode, 0, applied.log)
  assert.equal(applied.outputs.created, '2')
  const difference = await cluster.kubectl([
    'diff',
    '--server-side',
    '--force-conflicts',
    '-k',
    join(folder, 'overlays/prod'),
  ])
  assert.equal(difference.code, 0, difference.stdout.toString() + difference.stderr)

  const raw = await step({ with: { repository: folder } })
  assert.equal(raw.exitCode, 1)
  const files = ['base/kustomization.yaml', 'overlays/prod/kustomization.yaml']
  assert.deepEqual(
    errorsOf(raw).map((error) => [error.code, error.reason, placeIn(error)]),
    files.map((file) => ['E-SOURCE', 'NotRendered', file]),
  )
  assert.match(errorsOf(raw)[1]?.hint ?? '', /`path: overlays\/prod`/)
})

test('plugins of kustomize are not run', async () => {
  const folder = temporaryFolder()
  const canary = join(folder, 'ran')
  writeFiles(folder, {
    'kustomization.yaml': 'generators: [plugin.yaml]\n',
    'plugin.yaml':
      'apiVersion: v1\nkind: Plugin\nmetadata:\n  name: p\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./plugin.sh}\n',
    'plugin.sh': `#!/bin/sh\n: >'${canary}'\n`,
  })
  chmodSync(join(folder, 'plugin.sh'), 0o755)
  const result = await step({ with: { repository: folder } })
  const error = errorOf(result, 'E-SOURCE')
  assert.deepEqual([placeIn(error), error.reason], ['kustomization.yaml', 'BuildFailed'])
  assert.ok(!existsSync(canary))
})

test('a remote base is refused by name, without a request to anywhere', async () => {
  const server = await startGitServer(temporaryFolder())
  const result = await reconcile({ 'kustomization.yaml': `resources: ["${server.url}/owner/base?ref=main"]\n` })
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-SOURCE')
  assert.deepEqual([placeIn(error), error.reason], ['kustomization.yaml', 'RemoteReference'])
  assert.match(error.message, /`resources`.*http:\/\/127/)
  assert.deepEqual(server.requests, [])
  await server.stop()
})

test('a repository behind https is read at the pushed commit, with the token of the workflow, and followed', async () => {
  const root = temporaryFolder()
  const repository = join(root, 'example/config')
  const first = makeRepository(repository, { 'deploy/a.yaml': configMap('from-git') })
  const server = await startGitServer(root, 'token-of-the-workflow')
  const env = { GITHUB_SERVER_URL: server.url, GITHUB_SHA: first }
  const result = await step({ with: { path: 'deploy' }, env })
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.commit, first)
  assert.equal(reportOf(result).commit, first)
  assert.deepEqual([setOf(result).counts.objects, setOf(result).counts.created], [1, 1])

  const second = commit(repository, { 'deploy/a.yaml': configMap('from-git', 'default', 'second') })
  const old = await step({ with: { path: 'deploy' }, env })
  assert.equal(old.outputs.commit, first)
  const tip = await step({ with: { path: 'deploy', ref: 'main' }, env })
  assert.equal(tip.outputs.commit, second)
  assert.equal(tip.outputs.updated, '1')
  await server.stop()
})

test('text from manifests and from the server starts no workflow command and no markup', async () => {
  const name = 'a\\n::error::pwned##[set-output name=result]ok<b>|`'
  const result = await reconcile({
    'x\n::set-output name=y::z.yaml': configMap('odd-file'),
    'role.yaml': `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "${name}"}\nrules: []\n`,
    'bad.yaml':
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: "::error::x", namespace: default}\nrules: [{}]\n',
  })
  assert.equal(errorOf(result, 'E-APPLY').location?.file, 'bad.yaml')
  assert.deepEqual(
    new Set(result.commands.map((command) => command.name)),
    new Set(['add-mask', 'group', 'endgroup', 'error']),
  )
  assert.equal(commandsNamed(result, 'error').length, 1)
  assert.equal(result.outputs.result, 'failed')
  assert.ok(!result.summary.includes('<b>') && !result.summary.includes('`'))
})

test('no secret of the inputs or of a manifest leaves, not even in what the server says about it', async () => {
  const kubeconfig = readFileSync(cluster.kubeconfig, 'utf8')
  const result = await reconcile(
    {
      'secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2-is-long}\n',
      'echo.yaml':
        'apiVersion: v1\nkind: Service\nmetadata: {name: echo}\nspec: {type: hunter2-is-long, ports: [{port: 80}]}\n',
    },
    {
      with: { kubeconfig: Buffer.from(kubeconfig).toString('base64'), token: 'ghp_an-explicit-token' },
      env: { DEBUG: '*' },
    },
  )
  assert.equal(result.exitCode, 1)
  assert.match(errorOf(result, 'E-APPLY', 'Service default/echo').message, /Service "echo" is invalid/)
  const written = result.log.replaceAll(/^::add-mask::.*$/gm, '')
  const everything = result.summary + JSON.stringify(result.outputs) + result.report + written
  const key = JSON.parse(kubeconfig).users[0].user['client-key-data']
  for (const secret of ['hunter2-is-long', 'ghp_an-explicit-token', key])
    assert.ok(!everything.includes(secret), `${secret} leaks`)
})

test('DEBUG in the job’s environment does not print what git reads', async () => {
  const root = temporaryFolder()
  const secret =
    'apiVersion: v1\nkind: Secret\nmetadata: {name: debug}\nstringData: {password: hunter2-is-long}\n#\n::error::pwned\n'
  const sha = makeRepository(join(root, 'example/config'), { 'a.yaml': secret.replace('::error', '# \n#::error') })
  const server = await startGitServer(root, 'token-of-the-workflow')
  const result = await step({ env: { GITHUB_SERVER_URL: server.url, GITHUB_SHA: sha, DEBUG: '*' } })
  assert.equal(result.exitCode, 0, result.log)
  assert.doesNotMatch(result.log, /hunter2|simple-git/)
  await server.stop()
})

test('a secretGenerator that does not build keeps its literals to itself', async () => {
  const result = await reconcile({
    'kustomization.yaml': 'secretGenerator: [{name: s, literals: [hunter2-without-equals]}]\n',
  })
  const error = errorOf(result, 'E-SOURCE')
  assert.deepEqual([placeIn(error), error.reason], ['kustomization.yaml', 'BuildFailed'])
  assert.doesNotMatch(result.log + result.summary + result.report, /hunter2/)
})

test('a file that a kustomization merely includes is not taken for a kustomization', async () => {
  const result = await reconcile({
    'kustomization.yaml':
      'configMapGenerator: [{name: included, files: [config.yaml], options: {disableNameSuffixHash: true}}]\n',
    'config.yaml': 'resources: [{url: "https://example.com/x"}]\n',
  })
  assert.equal(result.exitCode, 0, result.log)
  assert.match(await live('configmap', 'included', '-o', 'yaml'), /example\.com/)
})

test('a Secret’s value that is also a name does not garble what is reported', async () => {
  const result = await reconcile({
    'a.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: postgres, password: hunter2-is-long}\n',
    'b.yaml': configMap('postgres-settings'),
  })
  assert.equal(objectOf(result, 'ConfigMap default/postgres-settings').result, 'created')
})

test('a kubeconfig given as text must hold its certificates itself', async () => {
  const kubeconfig = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  kubeconfig.clusters[0].cluster = { server: cluster.server, 'certificate-authority': 'ca.crt' }
  const result = await reconcile({ 'a.yaml': configMap('x') }, { with: { kubeconfig: JSON.stringify(kubeconfig) } })
  const error = errorOf(result, 'E-INPUT')
  assert.equal(error.reason, 'FileNotEmbedded')
  assert.match(error.message, /\bca\.crt\b/)
  assert.match(error.hint ?? '', /kubectl config view --raw --flatten/)
})

test('a failing file of the runner does not fail the run', async () => {
  const nowhere = '/not/there'
  const env = { GITHUB_OUTPUT: nowhere, GITHUB_STEP_SUMMARY: nowhere, GITHUB_STATE: nowhere }
  const result = await reconcile({ 'a.yaml': configMap('unwritable') }, { env })
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(await live('configmap', 'unwritable', '-o', 'name'), 'configmap/unwritable')
  // In the words of the runner's own toolkit.
  assert.match(result.log, /Unable to access summary file: '\/not\/there'/)
})

test('the given kubeconfig is a private file while the step runs, and gone after success and failure', async () => {
  const content = readFileSync(cluster.kubeconfig, 'utf8')
  const bin = temporaryFolder()
  const seen = join(bin, 'seen')
  writeFileSync(
    join(bin, 'kubectl'),
    `#!/bin/sh\nls -ln "$KUBECONFIG" >>'${seen}' 2>/dev/null\nexec '${cluster.bin}/kubectl' "$@"\n`,
  )
  chmodSync(join(bin, 'kubectl'), 0o755)
  for (const manifest of [configMap('with-content'), configMap('with-content', 'missing-namespace')]) {
    const result = await reconcile({ 'a.yaml': manifest }, { with: { kubeconfig: content }, path: [bin] })
    assert.deepEqual(result.leftovers, [])
  }
  for (const line of readFileSync(seen, 'utf8').trim().split('\n')) assert.match(line, /^-rw-------/)
})

test('a credential plugin gets the cloud’s variables and not ours', async () => {
  const folder = temporaryFolder()
  const admin = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  const { 'client-certificate-data': certificate, 'client-key-data': key } = admin.users[0].user
  const pem = (data: string) => Buffer.from(data, 'base64').toString()
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { clientCertificateData: pem(certificate), clientKeyData: pem(key) },
  }
  const plugin = join(folder, 'cloud-login')
  writeFileSync(join(folder, 'credential.json'), JSON.stringify(credential))
  writeFileSync(
    plugin,
    `#!/bin/sh\nenv >>'${folder}/environment'\n[ "$CLOUD_PROFILE" = blue ] || { echo 'profile not set' >&2; exit 1; }\ncat '${folder}/credential.json'\n`,
  )
  chmodSync(plugin, 0o755)
  admin.users[0].user = {
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' },
  }
  const options: StepOptions = {
    with: { kubeconfig: JSON.stringify(admin) },
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://identity.invalid',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'identity-token',
      GITHUB_TOKEN: 'ghs_x',
    },
  }
  const result = await reconcile(
    { 'a.yaml': configMap('by-plugin') },
    { ...options, env: { ...options.env, CLOUD_PROFILE: 'blue' } },
  )
  assert.equal(result.exitCode, 0, result.log)
  const names = readFileSync(join(folder, 'environment'), 'utf8')
    .split('\n')
    .map((line) => line.split('=')[0] ?? '')
  assert.ok(names.includes('ACTIONS_ID_TOKEN_REQUEST_TOKEN'))
  assert.equal(names.filter((name) => name === 'CLOUD_PROFILE').length, 1, 'the plugin ran more than once')
  for (const name of names)
    assert.doesNotMatch(name, /^(INPUT_|STATE_|ACTIONS_RUNTIME|GITHUB_(TOKEN|OUTPUT|STATE|ENV|PATH|STEP_SUMMARY)$)/)

  const refused = await reconcile({ 'a.yaml': configMap('by-plugin') }, options)
  assert.equal(refused.exitCode, 1)
  const error = errorOf(refused, 'E-KUBE-AUTH')
  assert.equal(error.reason, 'CredentialsRejected')
  assert.match(error.message, /exit code 1/)
  assert.match(error.message, /profile not set/, 'what the plugin says is not told')
})

test('an identity that may write in one namespace only works there, and is told what it may not', async () => {
  await cluster.kubectl(['create', 'namespace', 'team'])
  await cluster.kubectl([
    'create',
    'role',
    'writer',
    '-n',
    'team',
    '--verb=get,create,patch',
    '--resource=configmaps,secrets',
  ])
  await cluster.kubectl(['create', 'rolebinding', 'team', '-n', 'team', '--role=writer', '--user=jo'])
  const kubeconfig = await cluster.kubeconfigFor('jo')
  const result = await reconcile(
    { 'a.yaml': configMap('own', 'team'), 'b.yaml': configMap('foreign', 'default') },
    { with: { 'inventory-namespace': 'team' }, env: { KUBECONFIG: kubeconfig } },
  )
  assert.equal(result.outputs.failed, '1', result.log)
  const error = errorOf(result, 'E-APPLY', 'ConfigMap default/foreign')
  assert.equal(placeIn(error), 'b.yaml:1')
  assert.match(error.message, /configmaps "foreign" is forbidden: User "jo" cannot patch/)
})

test('an object that kubectl applied before us is taken over, and the next run finds nothing to do', async () => {
  const manifest = configMap('adopted')
  await cluster.kubectl(['apply', '--filename=-'], manifest.replace('key: x', 'key: old'))
  const first = await reconcile({ 'a.yaml': manifest })
  assert.equal(first.outputs.adopted, '1', first.log)
  assert.equal(await live('configmap', 'adopted', '-o', 'jsonpath={.data.key}'), 'x')
  assert.equal((await reconcile({ 'a.yaml': manifest })).outputs.result, 'unchanged')
})

test('a whole repository is read by patterns, and everything left out is listed with its reason', async () => {
  const files = {
    'deploy/a.yaml': configMap('by-pattern'),
    'deploy/values.yaml': 'replicas: 3\n',
    'charts/db/Chart.yaml': 'apiVersion: v2\nname: db\n',
    'charts/db/templates/x.yaml': 'kind: {{ .Values.kind }}\n',
    'overlay/kustomization.yaml': 'resources: []\n',
    'skaffold.yaml': 'apiVersion: skaffold/v4beta1\nkind: Config\n',
    'dashboards/node.json': '{"title": "Node", "panels": []}',
    'notes.yaml': 'broken: [\n',
  }
  const refused = await reconcile(files)
  assert.equal(refused.exitCode, 1)
  const problems = new Map(errorsOf(refused).map((error) => [error.location?.file, error.reason ?? error.code]))
  assert.equal(problems.get('charts/db/Chart.yaml'), 'ChartNotRendered')
  assert.equal(problems.get('overlay/kustomization.yaml'), 'NotRendered')
  assert.equal(problems.get('notes.yaml'), 'SyntaxError')
  const result = await reconcile(files, { with: { exclude: 'charts/\noverlay/\n/notes.yaml\nnone/' } })
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, '1')
  const reasons = skipReasons(result)
  // The names that are in the reasons; test/render and test/manifests have the sentences.
  for (const [place, name] of [
    ['charts/db/Chart.yaml', /\bexclude\b/],
    ['notes.yaml', /\bexclude\b/],
    ['deploy/values.yaml:1', /\bapiVersion\b.*\bkind\b/],
    ['skaffold.yaml:1', /\bSkaffold\b/],
    ['dashboards/node.json:1', /\bapiVersion\b.*\bkind\b/],
  ] as const)
    assert.match(reasons.get(place) ?? '', name, place)
  const [warning, ...more] = warningsOf(result)
  assert.deepEqual([warning?.reason, more.length], ['UnusedPattern', 0])
  assert.match(warning?.message ?? '', /`none\/`/)
  assert.equal(commandsNamed(result, 'warning').length, 1)
  assert.match(result.summary, /none\//)
  assert.equal((await reconcile(files, { with: { include: '/deploy/*.yaml' } })).outputs.objects, '1')
})

test('links inside of a repository are followed; what they point at outside is never read', async () => {
  const outside = temporaryFolder()
  writeFiles(outside, { 'canary.yaml': configMap('canary-of-a-link') })
  const folder = temporaryFolder()
  writeFiles(folder, { 'base/a.yaml': configMap('through-a-link'), 'deploy/README.md': 'x' })
  symlinkSync('../base', join(folder, 'deploy/base'))
  const followed = await step({ with: { repository: folder, path: 'deploy' } })
  assert.equal(followed.exitCode, 0, followed.log)
  const linked = objectOf(followed, 'ConfigMap default/through-a-link')
  assert.deepEqual([linked.result, placeIn(linked)], ['created', 'base/a.yaml:1'])

  symlinkSync(join(outside, 'canary.yaml'), join(folder, 'deploy/x.yaml'))
  symlinkSync('../../..', join(folder, 'deploy/l'))
  const repository = temporaryFolder()
  execFileSync('cp', ['-a', `${folder}/.`, repository])
  makeRepository(repository, {})
  for (const source of [folder, repository]) {
    const refused = await step({ with: { repository: source, path: 'deploy' } })
    assert.equal(refused.exitCode, 1)
    assert.deepEqual(
      errorsOf(refused).flatMap((error) => (placeIn(error) === 'deploy/x.yaml' ? [error.code, error.reason] : [])),
      ['E-SOURCE', 'LinkNotFollowed'],
    )
    assert.doesNotMatch(refused.log + refused.summary + refused.report, /canary-of-a-link/)
  }
  assert.equal(await live('configmap', 'canary-of-a-link'), '')
})

test('a kustomization may reach its files through links inside of the repository', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'shared/a.yaml': configMap('built-through-a-link'),
    'shared/kustomization.yaml': 'resources: [a.yaml]\n',
    'prod/kustomization.yaml': 'resources: [base]\n',
  })
  symlinkSync('../shared', join(folder, 'prod/base'))
  symlinkSync('/etc', join(folder, 'prod/etc'))
  const result = await step({ with: { repository: folder, path: 'prod' } })
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, '1')
})

test('a kustomization that could be read in two ways is refused, whatever it refers to', async () => {
  const folder = temporaryFolder()
  const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n'
  writeFiles(folder, {
    'kustomization.yaml': 'resources: !x [a.yaml, "http://127.0.0.1:9/x.yaml"]\n',
    'a.yaml': config,
  })
  const result = await step({ with: { repository: folder } })
  assert.deepEqual(errorSubjects(result), ['E-PARSE kustomization.yaml:1:12'])
})

test('a file that a build does not need may be as large as it likes, and be called what it likes', async () => {
  const folder = temporaryFolder()
  makeRepository(folder, {
    'prod/kustomization.yaml': 'namespace: default\nresources: [a.yaml]\n',
    'prod/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: beside-a-large-file}\n',
    'test/openapi.json': `{"a": "${'x'.repeat(6 * 2 ** 20)}"}`,
  })
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.yaml')]), 'x: y\n')
  commit(folder, {})
  const result = await step({ with: { repository: folder, path: 'prod' } })
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, '1')
})

test('names of RBAC objects that look like flags, commands or paths are applied exactly', async () => {
  const names = ['--all', '-A', '--kubeconfig=x', 'a\\n::add-mask::x', 'system:x', 'a b', 'é', '\\u001b[2J']
  const roles = names.map((name) => {
    return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "${name}"}\nrules: []\n`
  })
  const first = await reconcile({ 'roles.yaml': roles.join('---\n') })
  assert.equal(first.outputs.created, String(names.length), first.log)
  for (const { name, message } of first.commands) {
    assert.ok(['group', 'endgroup', 'add-mask'].includes(name) && message !== 'x', name)
  }
  const listed = JSON.parse(await live('clusterroles', '-o', 'json')).items.map(
    (role: { metadata: { name: string } }) => role.metadata.name,
  )
  for (const name of names) assert.ok(listed.includes(JSON.parse(`"${name}"`)), name)
  assert.equal((await reconcile({ 'roles.yaml': roles.join('---\n') })).outputs.unchanged, String(names.length))
})

test('one object under two versions of its group, or with and without its namespace, is one object', async () => {
  const hpa = (version: string) =>
    `apiVersion: autoscaling/${version}\nkind: HorizontalPodAutoscaler\nmetadata: {name: twice, namespace: default}\nspec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: x}}\n`
  const versions = await reconcile({ 'a.yaml': hpa('v1'), 'b.yaml': hpa('v2') })
  const other = { file: 'a.yaml', line: 1, column: 1 }
  assert.deepEqual(errorSubjects(versions), ['E-DUP b.yaml:1 HorizontalPodAutoscaler default/twice'])
  assert.deepEqual(errorOf(versions, 'E-DUP').relatedLocation, other)
  const plain = configMap('twice').replace('  namespace: default\n', '')
  const places = await reconcile(
    { 'a.yaml': configMap('twice', 'team'), 'b.yaml': plain },
    { with: { namespace: 'team' } },
  )
  assert.deepEqual(errorSubjects(places), ['E-DUP b.yaml:1 ConfigMap team/twice'])
  assert.deepEqual(errorOf(places, 'E-DUP').relatedLocation, other)
})

test('an object that is too large for the server is refused by it by name', async () => {
  const result = await reconcile({
    'big.yaml': configMap('too-large', 'default', 'x'.repeat(1_600_000)),
    'small.yaml': configMap('beside-too-large'),
  })
  assert.equal(result.outputs.failed, '1', result.log.slice(-2_000))
  const { location } = errorOf(result, 'E-APPLY', 'ConfigMap default/too-large')
  assert.equal(location?.file, 'big.yaml')
  assert.ok(location.line !== undefined)
})

test('files beyond the limits are refused, with the input that raises them', async () => {
  const files = { 'a.yaml': configMap('beyond-limits', 'default', 'x'.repeat(100_000)), 'b.yaml': 'a: [\n' }
  const refused = await reconcile(files, { with: { 'read-limits': 'file-size=64KiB' } })
  assert.deepEqual(errorSubjects(refused).toSorted(), ['E-PARSE b.yaml:2', 'E-SOURCE a.yaml'])
  const file = errorOf(refused, 'E-SOURCE')
  assert.equal(file.reason, 'FileTooLarge')
  assert.match(file.message, /98 KiB.*`file-size`.*64 KiB/)
  assert.match(file.hint ?? '', /`read-limits: file-size=1MiB`/)
  const total = await reconcile(files, { with: { 'read-limits': 'total-size=64KiB' } })
  const together = errorOf(total, 'E-SOURCE')
  assert.deepEqual([together.reason, together.location], ['TotalTooLarge', null])
  assert.match(together.message, /98 KiB.*`total-size`.*64 KiB/)
  assert.match(together.hint ?? '', /`read-limits: total-size=1MiB`/)
})

test('a Secret that cannot be read, or is refused, is told without a piece of it', async () => {
  const secret = (data: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\n${data}\n`
  for (const data of [
    'data: {key: "hunter2-not-base64!"}',
    'data: {key: {hunter2-nested: 1}}',
    'stringData:\n  key: "hunter2-open',
    'stringData: {key: hunter2-one, key: hunter2-two}',
    'stringData: {key: !hunter2-tag x}',
  ]) {
    const result = await reconcile({ 'secret.yaml': secret(data) })
    assert.equal(result.exitCode, 1, data)
    const [error] = errorsOf(result)
    assert.match(error?.code ?? '', /^E-(PARSE|APPLY|OBJECT)$/, data)
    assert.match(placeIn(error ?? { location: null }), /^secret\.yaml:\d/, data)
    assert.doesNotMatch(result.log + result.summary + result.report, /hunter2-(not|one|two|tag|open)/, data)
  }
})

test('what is no Kubernetes object is passed over with its reason; what is a broken one stops the run', async () => {
  const result = await reconcile({
    'a.yaml': configMap('beside-others'),
    'values.yaml': 'replicas: 3\n',
    'empty.yaml': '# nothing\n',
    '.github/workflows/ci.yml': 'on: push\n',
    'README.md': 'text',
  })
  assert.equal(result.exitCode, 0, result.log)
  const reasons = skipReasons(result)
  assert.deepEqual([...reasons.keys()].toSorted(), ['.github/workflows/ci.yml', 'empty.yaml', 'values.yaml:1'])
  assert.match(reasons.get('values.yaml:1') ?? '', /\bapiVersion\b.*\bkind\b/)
  assert.equal(new Set(reasons.values()).size, 3)
  const row = result.summary.split('\n').find((line) => line.includes('values.yaml'))
  assert.match(row ?? '', /values\.yaml&#58;1\b.*\bapiVersion\b.*\bkind\b/)

  const broken = await reconcile({
    'a.yaml': configMap('never'),
    'b.yaml': 'kind: ConfigMap\nmetadata: {name: x}\n',
    'c.yaml': 'a: [\n',
    'd.yaml': configMap('never'),
  })
  assert.equal(broken.exitCode, 1)
  const subjects = errorSubjects(broken)
  assert.ok(
    subjects.some((each) => each.startsWith('E-OBJECT b.yaml:1')),
    subjects.join('\n'),
  )
  assert.ok(subjects.includes('E-PARSE c.yaml:2'), subjects.join('\n'))
  assert.equal(await live('configmap', 'never'), '')
})

test('the same object in two files is an error that names both', async () => {
  const result = await reconcile({
    'a.yaml': configMap('double'),
    'b.yaml': configMap('double').replace('  namespace: default\n', ''),
  })
  assert.equal(result.exitCode, 1)
  assert.deepEqual(errorSubjects(result), ['E-DUP b.yaml:1 ConfigMap default/double'])
  assert.deepEqual(errorOf(result, 'E-DUP').relatedLocation, { file: 'a.yaml', line: 1, column: 1 })
  assert.equal(await live('configmap', 'double'), '')
})

test('the same object from two builds is an error that names both kustomizations', async () => {
  const kustomization = 'resources: [../base]\n'
  const files = {
    'base/a.yaml': configMap('built-twice'),
    'base/kustomization.yaml': 'resources: [a.yaml]\n',
    'one/kustomization.yaml': kustomization,
    'two/kustomization.yaml': kustomization,
  }
  const result = await reconcile(files, { with: { path: 'one\ntwo' } })
  assert.deepEqual(errorSubjects(result), ['E-DUP two/kustomization.yaml ConfigMap default/built-twice'])
  assert.deepEqual(errorOf(result, 'E-DUP').relatedLocation, { file: 'one/kustomization.yaml' })
})

test('an empty set is an error, and not a run without changes', async () => {
  const result = await reconcile({ 'README.md': 'nothing yet' })
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-GUARD')
  assert.equal(error.reason, 'NoObjects')
  assert.match(error.message, /`\.`/)
})

test('all problems with the inputs are reported together', async () => {
  const result = await runStep({
    with: { mode: 'destroy', kubeconfig: '', path: '../x', 'git-cache': 'yes', namespace: 'Team' },
  })
  assert.equal(result.exitCode, 1)
  // Without inputs nobody knows where to leave a report: the annotations tell.
  const errors = commandsNamed(result, 'error')
  for (const input of ['mode', 'kubeconfig', 'path', 'git-cache', 'namespace']) {
    const ofInput = errors.filter(({ message }) => /`([^`]+)`/.exec(message)?.[1] === input)
    assert.deepEqual(
      ofInput.map(({ properties }) => properties.title),
      ['E-INPUT'],
      input,
    )
  }
  assert.ok(errors.some(({ message }) => /`mode`.*`destroy`.*`apply` or `plan`/s.test(message)))
})

test('a kubectl or git that is missing or too old is said before anything is done, with what to add to the workflow', async () => {
  const bin = temporaryFolder()
  for (const tool of ['node', 'sh', 'git']) symlinkSync(join('/usr/bin', tool), join(bin, tool))
  const folder = temporaryFolder()
  writeFiles(folder, { 'a.yaml': configMap('x') })
  const missing = await runStep({ with: { repository: folder }, env: { PATH: bin, KUBECONFIG: cluster.kubeconfig } })
  assert.equal(errorOf(missing, 'E-INPUT').reason, 'KubectlNotFound')
  assert.match(errorOf(missing, 'E-INPUT').hint ?? '', /uses: azure\/setup-kubectl/)

  const checkout = temporaryFolder()
  makeRepository(checkout, { 'a.yaml': configMap('x') })
  const oldGit = temporaryFolder()
  writeFileSync(join(oldGit, 'git'), '#!/bin/sh\necho git version 2.31.8\n')
  chmodSync(join(oldGit, 'git'), 0o755)
  const git = await step({ with: { repository: checkout }, path: [oldGit] })
  assert.equal(errorOf(git, 'E-INPUT').reason, 'GitTooOld')
  assert.match(errorOf(git, 'E-INPUT').message, /\b2\.32\b.*\bgit version 2\.31\.8\b/)

  const old = temporaryFolder()
  writeFileSync(join(old, 'kubectl'), '#!/bin/sh\necho \'{"clientVersion": {"gitVersion": "v1.26.9"}}\'\n')
  chmodSync(join(old, 'kubectl'), 0o755)
  const result = await runStep({ with: { repository: folder }, env: { KUBECONFIG: cluster.kubeconfig }, path: [old] })
  assert.equal(errorOf(result, 'E-INPUT').reason, 'KubectlTooOld')
  assert.match(errorOf(result, 'E-INPUT').message, /\b1\.27\b.*\bv1\.26\.9\b/)
})

test('a cluster that cannot be reached, and a context that is not there, are two clear errors', async () => {
  const gone = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  gone.clusters[0].cluster.server = 'https://127.0.0.1:1'
  const unreachable = await reconcile({ 'a.yaml': configMap('x') }, { with: { kubeconfig: JSON.stringify(gone) } })
  assert.equal(errorOf(unreachable, 'E-KUBE-NET').reason, 'Unreachable')
  assert.match(errorOf(unreachable, 'E-KUBE-NET').message, /127\.0\.0\.1:1\b/)
  const unknown = await reconcile({ 'a.yaml': configMap('x') }, { with: { context: 'prod' } })
  const error = errorOf(unknown, 'E-INPUT')
  assert.equal(error.reason, 'ContextNotFound')
  assert.match(error.message, /`prod`/)
  assert.match(error.hint ?? '', /`admin`/)
})

test('SIGINT while git waits for the server leaves no process behind', async () => {
  const server = await startGitServer(temporaryFolder())
  const hanging = Promise.withResolvers<void>()
  server.intercept(() => {
    hanging.resolve()
    return true // never answered
  })
  let signalled = false
  const result = await step({
    env: { GITHUB_SERVER_URL: server.url },
    onOutput: (log, child) => {
      if (signalled || !hasEntered(log, 'fetch')) return
      signalled = true
      hanging.promise.then(() => child.signal('SIGINT'))
    },
  })
  assert.equal(result.exitCode, 1)
  assert.deepEqual(errorSubjects(result), ['E-CANCEL'])
  const processes = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n')
  assert.deepEqual(
    processes.filter((line) => line.includes(server.url)),
    [],
  )
  await server.stop()
})

test('cancelled between the two streams, the run tells what the first one did', async () => {
  const files = {
    'crd.yaml': definition(
      'trains.example.org',
      'Train',
      'cars: {type: integer, x-kubernetes-validations: [{rule: "self > 5"}]}',
    ),
    'settings.yaml': configMap('before-the-barrier'),
    'train.yaml': 'apiVersion: example.org/v1\nkind: Train\nmetadata: {name: t}\nspec: {cars: 1}\n',
  }
  let signalled = false
  const result = await reconcile(files, {
    onOutput: (log, child) => {
      if (signalled || !hasLogged(log, { type: 'crd-wait', resources: 1 })) return
      signalled = true
      child.signal('SIGINT')
    },
  })
  assert.deepEqual(errorSubjects(result), ['E-CANCEL'])
  const { counts } = setOf(result)
  assert.deepEqual([counts.created, counts.pending], [2, 1], result.log)
  assert.equal(result.outputs.created, '2')
})

test('a connection that breaks in the middle of an apply is one error, and what was done is told', async () => {
  const bin = temporaryFolder()
  const pid = join(bin, 'proxy')
  writeFileSync(
    join(bin, 'kubectl'),
    `#!/bin/sh\ncase "$1" in proxy) echo $$ >'${pid}';; esac\nexec '${cluster.bin}/kubectl' "$@"\n`,
  )
  chmodSync(join(bin, 'kubectl'), 0o755)
  const objects = Array.from({ length: 1500 }, (_, index) => configMap(`broken-${index}`)).join('---\n')
  const result = await reconcile(
    { 'a.yaml': objects },
    {
      path: [bin],
      onOutput: whenApplying('broken-0', () => process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL')),
    },
  )
  assert.equal(result.exitCode, 1)
  assert.deepEqual(errorSubjects(result), ['E-KUBE-NET'])
  assert.equal(errorOf(result, 'E-KUBE-NET').reason, 'Unreachable')
  assert.equal(commandsNamed(result, 'error').length, 1)
  const { created, pending } = setOf(result).counts
  assert.ok(created > 0 && pending > 0, `${created} created, ${pending} pending`)
  assert.equal(created + pending, 1500)
  assert.ok(result.log.endsWith(`${reportOf(result).summary}\n`))
  assert.ok(result.log.length < 500_000, `a log of ${result.log.length} characters`)
})

/** Calls `then` once, when a ConfigMap of the stream that kubectl applies is live. */
function whenApplying(
  name: string,
  then: (child: { signal(name: NodeJS.Signals): void }) => void,
): NonNullable<StepOptions['onOutput']> {
  let begun = false
  return (log, child) => {
    if (begun || !hasEntered(log, 'apply')) return
    begun = true
    const poll = async () => {
      if ((await live('configmap', name, '-o', 'name')) === '') setTimeout(poll, 10)
      else then(child)
    }
    poll()
  }
}

test('killed in the middle of an apply, the step leaves no writer and no file behind', async () => {
  const objects = Array.from({ length: 1500 }, (_, index) => configMap(`killed-${index}`)).join('---\n')
  const onOutput = whenApplying('killed-0', (child) => child.signal('SIGKILL'))
  const result = await reconcile({ 'a.yaml': objects }, { onOutput })
  assert.equal(result.exitCode, null)
  assert.deepEqual(result.leftovers, [], 'the post step has not cleaned up')
  const count = async () => (await live('configmap', '-o', 'name')).match(/killed-/g)?.length ?? 0
  const soon = await count()
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  assert.ok(soon < 1500, `${soon} were written`)
  assert.equal(await count(), soon)
})

test('SIGINT in the middle of an apply ends every child, and what was done is reported', async () => {
  const objects = Array.from({ length: 1500 }, (_, index) => configMap(`many-${index}`)).join('---\n')
  const bin = temporaryFolder()
  mkdirSync(join(bin, 'pids'))
  writeFileSync(join(bin, 'kubectl'), `#!/bin/sh\n: >'${bin}/pids/'$$\nexec '${cluster.bin}/kubectl' "$@"\n`)
  chmodSync(join(bin, 'kubectl'), 0o755)
  const onOutput = whenApplying('many-0', (child) => child.signal('SIGINT'))
  const result = await reconcile({ 'a.yaml': objects }, { path: [bin], onOutput })
  assert.equal(result.exitCode, 1)
  assert.deepEqual(errorSubjects(result), ['E-CANCEL'])
  const { counts } = setOf(result)
  assert.ok(counts.pending > 0)
  assert.equal(counts.created + counts.pending, 1500)
  assert.ok(result.log.endsWith(`${reportOf(result).summary}\n`))
  assert.deepEqual(result.leftovers, [])
  const created = Number(result.outputs.created)
  assert.ok(created > 0 && created < 1500, `${created} created`)
  const living = await live('configmap', '-o', 'name').then((names) => names.match(/many-/g)?.length ?? 0)
  assert.ok(living >= created && living <= created + 16, `${living} live, ${created} reported`)
  for (const pid of readdirSync(join(bin, 'pids'))) {
    assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' }, `kubectl ${pid} still runs`)
  }
})
