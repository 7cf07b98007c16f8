import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { commit, makeRepository, temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { commandsNamed, runStep, type StepOptions, type StepResult } from '../../testbed/step.ts'
import { startGitServer } from '../gitserver.ts'

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

test('the first run creates, the second finds nothing to do, a change updates that object alone', async () => {
  const files = {
    'a.yaml': configMap('one', 'three-runs'),
    'b.yaml': configMap('two', 'three-runs'),
    'z.yaml': namespace('three-runs'),
  }
  const first = await reconcile(files)
  assert.equal(first.exitCode, 0, first.log)
  const { digest, report, ...outputs } = first.outputs
  assert.match(digest ?? '', /^sha256:/)
  assert.match(report ?? '', /report\.json$/)
  assert.deepEqual(outputs, {
    ...{ result: 'changed', changes: 'true', commit: '', objects: '3', created: '3', updated: '0', drifted: '0' },
    ...{ adopted: '0', replaced: '0', done: '0', unchanged: '0', skipped: '0', terminating: '0', failed: '0' },
    ...{ pruned: '0', kept: '0', unhealthy: '' },
  })
  assert.match(first.log, /Applied 3 objects: 3 created\.\n$/)

  const second = await reconcile(files)
  assert.equal(second.outputs.result, 'unchanged')
  assert.match(second.log, /Nothing to do: 3 objects unchanged\.\n$/)

  const third = await reconcile({ ...files, 'b.yaml': configMap('two', 'three-runs', 'changed') })
  assert.equal(third.outputs.updated, '1')
  assert.match(third.log, /updated +ConfigMap three-runs\/two/)
  assert.match(third.summary, /<code>ConfigMap three-runs\/two<\/code>/)
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
  const [error, ...others] = commandsNamed(result, 'error')
  assert.equal(others.length, 0)
  assert.deepEqual(error?.properties, {
    title: 'E-APPLY Service default/bad',
    file: 'deploy/bad.yaml',
    line: '8',
    col: '12',
  })
  assert.match(error?.message ?? '', /Service "bad" is invalid: .*99999/)
  assert.match(result.log, /E-APPLY deploy\/bad\.yaml:8:12 Service default\/bad: Service "bad" is invalid/)
  assert.match(
    result.summary,
    /<code>Service default\/bad<\/code> \| <code>deploy\/bad\.yaml&#58;8&#58;12<\/code> \| Service &#34;bad&#34; is invalid/,
  )
  assert.match(result.log, /Failed: Service default\/bad: Service "bad" is invalid.* Nothing was applied\.\n$/)
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
  assert.match(
    result.log,
    /E-APPLY a\.yaml:4:8 Deployment default\/typo: .*\.spec\.replica: field not declared in schema/,
  )
})

test('two objects of one name in two namespaces are told apart when one is refused', async () => {
  const result = await reconcile({ 'a.yaml': configMap('twin', 'not-there'), 'b.yaml': configMap('twin', 'default') })
  assert.equal(commandsNamed(result, 'error').length, 1)
  assert.match(commandsNamed(result, 'error')[0]?.message ?? '', /namespaces "not-there" not found/)
  assert.equal(commandsNamed(result, 'error')[0]?.properties.file, 'a.yaml')
})

test('a kind that nobody defines is an error of its object', async () => {
  const result = await reconcile({
    'a.yaml': configMap('beside-unknown'),
    'b.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n',
  })
  assert.equal(result.outputs.failed, '1')
  assert.match(
    result.log,
    /E-APPLY b\.yaml:1 Widget\.example\.com w: no matches for kind "Widget" in version "example\.com\/v1"/,
  )
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
  assert.match(result.log, /E-APPLY p\.yaml:1 .*no matches for kind "Plane" in version "example\.org\/v2"/)
  assert.doesNotMatch(result.log, /Waiting until the server accepts/)
})

test('an object that is being deleted is not taken for an applied one', async () => {
  const files = { 'a.yaml': configMap('going').replace('\ndata:', '\n  finalizers: [example.org/wait]\ndata:') }
  await reconcile(files)
  await cluster.kubectl(['delete', 'configmap', 'going', '--wait=false'])
  const result = await reconcile(files)
  assert.equal(result.exitCode, 1)
  assert.match(result.log, /E-APPLY a\.yaml:1 ConfigMap default\/going: The object is being deleted/)
  assert.equal(result.outputs.terminating, '1')
  await cluster.kubectl([
    'patch',
    'configmap',
    'going',
    '--type=json',
    '--patch=[{"op":"remove","path":"/metadata/finalizers"}]',
  ])
})

test('a cluster-scoped object that names a namespace is the one without it (F078)', async () => {
  const role = (metadata: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {${metadata}}\nrules: []\n`
  const one = await reconcile({ 'a.yaml': role('name: scoped, namespace: default') })
  assert.match(one.log, /created +ClusterRole scoped /)
  const two = await reconcile({ 'a.yaml': role('name: scoped, namespace: default'), 'b.yaml': role('name: scoped') })
  assert.match(two.log, /E-DUP b\.yaml:1 ClusterRole scoped/)
})

test('objects without a namespace go where `namespace` says, else where the context says', async () => {
  const bare = {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: homeless}\n',
    'n.yaml': namespace('given'),
  }
  const given = await reconcile(bare, { with: { namespace: 'given' } })
  assert.match(given.log, /created +ConfigMap given\/homeless/)

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
  assert.match(raw.log, /E-SOURCE base\/kustomization\.yaml: `base` is a kustomization below the raw path `\.`/)
  assert.match(
    raw.log,
    /E-SOURCE overlays\/prod\/kustomization\.yaml: .*\nGive the overlay to build as `path`, for instance `path: overlays\/prod`/,
  )
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
  assert.match(result.log, /E-SOURCE kustomization\.yaml: kubectl kustomize cannot build it/)
  assert.ok(!existsSync(canary))
})

test('a remote base is refused by name, without a request to anywhere', async () => {
  const server = await startGitServer(temporaryFolder())
  const result = await reconcile({ 'kustomization.yaml': `resources: ["${server.url}/owner/base?ref=main"]\n` })
  assert.equal(result.exitCode, 1)
  assert.match(result.log, /E-SOURCE kustomization\.yaml: The kustomization's `resources` refers to http:\/\/127/)
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
  assert.match(result.log, new RegExp(`Applied 1 object at ${first.slice(0, 12)}: 1 created`))

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
  assert.match(result.log, /^E-APPLY bad\.yaml/m)
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
  assert.match(result.log, /Service "echo" is invalid/)
  const everything = result.summary + JSON.stringify(result.outputs) + result.log.replaceAll(/^::add-mask::.*$/gm, '')
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
  assert.match(result.log, /E-SOURCE kustomization\.yaml: kubectl kustomize cannot build it/)
  assert.doesNotMatch(result.log + result.summary, /hunter2/)
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
  assert.match(result.log, /created +ConfigMap default\/postgres-settings/)
})

test('a kubeconfig given as text must hold its certificates itself', async () => {
  const kubeconfig = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  kubeconfig.clusters[0].cluster = { server: cluster.server, 'certificate-authority': 'ca.crt' }
  const result = await reconcile({ 'a.yaml': configMap('x') }, { with: { kubeconfig: JSON.stringify(kubeconfig) } })
  assert.match(result.log, /E-INPUT: Input `kubeconfig`: it refers to the file ca\.crt.*\nEmbed the files/)
})

test('a failing file of the runner does not fail the run (F096)', async () => {
  const nowhere = '/not/there'
  const env = { GITHUB_OUTPUT: nowhere, GITHUB_STEP_SUMMARY: nowhere, GITHUB_STATE: nowhere }
  const result = await reconcile({ 'a.yaml': configMap('unwritable') }, { env })
  assert.equal(result.exitCode, 0, result.log)
  assert.match(result.log, /The job summary could not be written/)
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
  assert.match(refused.log, /E-KUBE-AUTH: The cluster does not accept the credentials of the kubeconfig: .*exit code 1/)
  assert.match(refused.log, /profile not set/, 'what the plugin says is not told')
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
  assert.match(
    result.log,
    /E-APPLY b\.yaml:1 ConfigMap default\/foreign: configmaps "foreign" is forbidden: User "jo" cannot patch/,
  )
})

test('an object that kubectl applied before us is taken over, and the next run finds nothing to do', async () => {
  const manifest = configMap('adopted')
  await cluster.kubectl(['apply', '--filename=-'], manifest.replace('key: x', 'key: old'))
  const first = await reconcile({ 'a.yaml': manifest })
  assert.equal(first.outputs.adopted, '1', first.log)
  assert.equal(await live('configmap', 'adopted', '-o', 'jsonpath={.data.key}'), 'x')
  assert.equal((await reconcile({ 'a.yaml': manifest })).outputs.result, 'unchanged')
})

test('a whole repository is read by patterns, and everything left out is listed with its reason (F082)', async () => {
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
  for (const file of ['charts/db/Chart.yaml', 'overlay/kustomization.yaml', 'notes.yaml']) {
    assert.match(refused.log, new RegExp(`^E-(SOURCE|PARSE) ${file}`, 'm'), file)
  }
  const result = await reconcile(files, { with: { exclude: 'charts/\noverlay/\n/notes.yaml\nnone/' } })
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, '1')
  for (const reason of [
    'charts/db/Chart.yaml: `exclude` names it',
    'notes.yaml: `exclude` names it',
    'deploy/values.yaml:1: it has neither apiVersion nor kind',
    'skaffold.yaml:1: it configures Skaffold',
    'dashboards/node.json:1: it has neither apiVersion nor kind',
  ]) {
    assert.ok(result.log.includes(`skipped ${reason}`), reason)
  }
  assert.match(result.log, /^warning: The pattern `none\/` of `include` or `exclude` matches no file\./m)
  assert.equal(commandsNamed(result, 'warning').length, 1)
  assert.match(result.summary, /#### Warnings/)
  assert.equal((await reconcile(files, { with: { include: '/deploy/*.yaml' } })).outputs.objects, '1')
})

test('links inside of a repository are followed; what they point at outside is never read (F007, F008, F009)', async () => {
  const outside = temporaryFolder()
  writeFiles(outside, { 'canary.yaml': configMap('canary-of-a-link') })
  const folder = temporaryFolder()
  writeFiles(folder, { 'base/a.yaml': configMap('through-a-link'), 'deploy/README.md': 'x' })
  symlinkSync('../base', join(folder, 'deploy/base'))
  const followed = await step({ with: { repository: folder, path: 'deploy' } })
  assert.equal(followed.exitCode, 0, followed.log)
  assert.match(followed.log, /created +ConfigMap default\/through-a-link {2}\(base\/a\.yaml:1\)/)

  symlinkSync(join(outside, 'canary.yaml'), join(folder, 'deploy/x.yaml'))
  symlinkSync('../../..', join(folder, 'deploy/l'))
  const repository = temporaryFolder()
  execFileSync('cp', ['-a', `${folder}/.`, repository])
  makeRepository(repository, {})
  for (const source of [folder, repository]) {
    const refused = await step({ with: { repository: source, path: 'deploy' } })
    assert.equal(refused.exitCode, 1)
    assert.match(refused.log, /E-SOURCE deploy\/x\.yaml: This is a symbolic link that leads out of the repository/)
    assert.doesNotMatch(refused.log + refused.summary, /canary-of-a-link/)
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
  assert.match(result.log, /E-PARSE kustomization\.yaml:1:12: kubectl drops this tag/)
})

test('a file that a build does not need may be as large as it likes, and be called what it likes (F060)', async () => {
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

test('names of RBAC objects that look like flags, commands or paths are applied exactly (F076)', async () => {
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

test('one object under two versions of its group, or with and without its namespace, is one object (F079)', async () => {
  const hpa = (version: string) =>
    `apiVersion: autoscaling/${version}\nkind: HorizontalPodAutoscaler\nmetadata: {name: twice, namespace: default}\nspec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: x}}\n`
  const versions = await reconcile({ 'a.yaml': hpa('v1'), 'b.yaml': hpa('v2') })
  assert.match(versions.log, /E-DUP b\.yaml:1 HorizontalPodAutoscaler default\/twice: .* a\.yaml:1/)
  const plain = configMap('twice').replace('  namespace: default\n', '')
  const places = await reconcile(
    { 'a.yaml': configMap('twice', 'team'), 'b.yaml': plain },
    { with: { namespace: 'team' } },
  )
  assert.match(places.log, /E-DUP b\.yaml:1 ConfigMap team\/twice: .* a\.yaml:1/)
})

test('an object that is too large for the server is refused by it by name (F084)', async () => {
  const result = await reconcile({
    'big.yaml': configMap('too-large', 'default', 'x'.repeat(1_600_000)),
    'small.yaml': configMap('beside-too-large'),
  })
  assert.equal(result.outputs.failed, '1', result.log.slice(-2_000))
  assert.match(result.log, /E-APPLY big\.yaml:\d+(:\d+)? ConfigMap default\/too-large: /)
})

test('files beyond the limits are refused, with the input that raises them (F060)', async () => {
  const files = { 'a.yaml': configMap('beyond-limits', 'default', 'x'.repeat(100_000)), 'b.yaml': 'a: [\n' }
  const refused = await reconcile(files, { with: { 'read-limits': 'file-size=64KiB' } })
  assert.match(
    refused.log,
    /E-SOURCE a\.yaml: The file has 98 KiB: the limit `file-size` is 64 KiB\.\nIf this is meant/,
  )
  assert.match(refused.log, /E-PARSE b\.yaml:2/)
  const total = await reconcile(files, { with: { 'read-limits': 'total-size=64KiB' } })
  assert.match(total.log, /E-SOURCE: The manifests together have 98 KiB: the limit `total-size` is 64 KiB\./)
})

test('a Secret that cannot be read, or is refused, is told without a piece of it (F088)', async () => {
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
    assert.match(result.log, /E-(PARSE|APPLY|OBJECT) secret\.yaml:\d/, data)
    assert.doesNotMatch(result.log + result.summary, /hunter2-(not|one|two|tag|open)/, data)
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
  assert.match(result.log, /skipped values\.yaml:1: it has neither apiVersion nor kind/)
  assert.match(result.log, /skipped empty\.yaml: it holds no document/)
  assert.match(result.log, /skipped \.github\/workflows\/ci\.yml: in a folder or file whose name starts with a dot/)
  assert.match(result.summary, /<code>values\.yaml&#58;1<\/code> \| it has neither apiVersion nor kind/)

  const broken = await reconcile({
    'a.yaml': configMap('never'),
    'b.yaml': 'kind: ConfigMap\nmetadata: {name: x}\n',
    'c.yaml': 'a: [\n',
    'd.yaml': configMap('never'),
  })
  assert.equal(broken.exitCode, 1)
  assert.match(broken.log, /E-OBJECT b\.yaml:1/)
  assert.match(broken.log, /E-PARSE c\.yaml:2/)
  assert.equal(await live('configmap', 'never'), '')
})

test('the same object in two files is an error that names both', async () => {
  const result = await reconcile({
    'a.yaml': configMap('double'),
    'b.yaml': configMap('double').replace('  namespace: default\n', ''),
  })
  assert.equal(result.exitCode, 1)
  assert.match(result.log, /E-DUP b\.yaml:1 ConfigMap default\/double: .* a\.yaml:1/)
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
  assert.match(
    result.log,
    /E-DUP two\/kustomization\.yaml ConfigMap .* the other one is in one\/kustomization\.yaml\.\n/,
  )
})

test('an empty set says so, in our words', async () => {
  const result = await reconcile({ 'README.md': 'nothing yet' })
  assert.equal(result.exitCode, 1)
  assert.match(result.log, /E-GUARD: There is nothing to apply: no Kubernetes object under `\.`/)
})

test('all problems with the inputs are reported together', async () => {
  const result = await runStep({
    with: { mode: 'destroy', kubeconfig: '', path: '../x', 'git-cache': 'yes', namespace: 'Team' },
  })
  assert.equal(result.exitCode, 1)
  const messages = commandsNamed(result, 'error')
    .map((command) => command.message)
    .join('\n')
  for (const input of ['mode', 'kubeconfig', 'path', 'git-cache', 'namespace'])
    assert.match(messages, new RegExp(`Input \`${input}\``))
  assert.match(messages, /`destroy` is not known\.\nAllowed: `apply`/)
})

test('a kubectl or git that is missing or too old is said before anything is done, with what to add to the workflow', async () => {
  const bin = temporaryFolder()
  for (const tool of ['node', 'sh', 'git']) symlinkSync(join('/usr/bin', tool), join(bin, tool))
  const folder = temporaryFolder()
  writeFiles(folder, { 'a.yaml': configMap('x') })
  const missing = await runStep({ with: { repository: folder }, env: { PATH: bin, KUBECONFIG: cluster.kubeconfig } })
  assert.match(missing.log, /E-INPUT: There is no kubectl on PATH\.\n.*\n.*uses: azure\/setup-kubectl/)

  const checkout = temporaryFolder()
  makeRepository(checkout, { 'a.yaml': configMap('x') })
  const oldGit = temporaryFolder()
  writeFileSync(join(oldGit, 'git'), '#!/bin/sh\necho git version 2.31.8\n')
  chmodSync(join(oldGit, 'git'), 0o755)
  const git = await step({ with: { repository: checkout }, path: [oldGit] })
  assert.match(git.log, /E-INPUT: git 2\.32 or newer is needed; the one on PATH is git version 2\.31\.8\./)

  const old = temporaryFolder()
  writeFileSync(join(old, 'kubectl'), '#!/bin/sh\necho \'{"clientVersion": {"gitVersion": "v1.26.9"}}\'\n')
  chmodSync(join(old, 'kubectl'), 0o755)
  const result = await runStep({ with: { repository: folder }, env: { KUBECONFIG: cluster.kubeconfig }, path: [old] })
  assert.match(result.log, /kubectl 1\.27 or newer is needed; the one on PATH is v1\.26\.9/)
})

test('a cluster that cannot be reached, and a context that is not there, are two clear errors', async () => {
  const gone = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  gone.clusters[0].cluster.server = 'https://127.0.0.1:1'
  const unreachable = await reconcile({ 'a.yaml': configMap('x') }, { with: { kubeconfig: JSON.stringify(gone) } })
  assert.match(unreachable.log, /E-KUBE-NET: The cluster cannot be reached: .*127\.0\.0\.1:1/)
  const unknown = await reconcile({ 'a.yaml': configMap('x') }, { with: { context: 'prod' } })
  assert.match(
    unknown.log,
    /E-INPUT: The kubeconfig has no context `prod`\.\nName one of its contexts with `context`: `admin`\./,
  )
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
      if (signalled || !log.includes('Cloning')) return
      signalled = true
      hanging.promise.then(() => child.signal('SIGINT'))
    },
  })
  assert.equal(result.exitCode, 1)
  assert.match(result.log, /E-CANCEL: The run was cancelled\./)
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
      if (signalled || !log.includes('Waiting until the server accepts')) return
      signalled = true
      child.signal('SIGINT')
    },
  })
  assert.match(result.log, /Failed: The run was cancelled\. 2 created, 1 not reached(; left Git: [^.]+)?\./)
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
  assert.equal(commandsNamed(result, 'error').length, 1)
  assert.match(result.log, /E-KUBE-NET: The cluster cannot be reached: /)
  assert.match(result.log, /\d+ created, \d+ not reached(; left Git: [^.]+)?\.\n$/)
  assert.ok(result.log.length < 500_000, `a log of ${result.log.length} characters`)
})

/** Calls `then` once, when a ConfigMap of the stream that kubectl applies is live. */
function whenApplying(
  name: string,
  then: (child: { signal(name: NodeJS.Signals): void }) => void,
): NonNullable<StepOptions['onOutput']> {
  let begun = false
  return (log, child) => {
    if (begun || !log.includes('kubectl apply --server-side')) return
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
  assert.match(result.log, /E-CANCEL: The run was cancelled/)
  assert.match(result.log, /Failed: The run was cancelled\. \d+ created, \d+ not reached(; left Git: [^.]+)?\.\n$/)
  assert.deepEqual(result.leftovers, [])
  const created = Number(result.outputs.created)
  assert.ok(created > 0 && created < 1500, `${created} created`)
  const living = await live('configmap', '-o', 'name').then((names) => names.match(/many-/g)?.length ?? 0)
  assert.ok(living >= created && living <= created + 16, `${living} live, ${created} reported`)
  for (const pid of readdirSync(join(bin, 'pids'))) {
    assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' }, `kubectl ${pid} still runs`)
  }
})
