import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runProgram } from '../../src/process.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { git, makeRepository, temporaryFolder } from '../../testbed/repository.ts'
import { goTool, zizmor } from '../../testbed/tools.ts'
import { type GitServer, startGitServer } from '../gitserver.ts'
import { hasLogged } from './report.ts'

const root = join(import.meta.dirname, '../..')
const example = join(root, 'examples/workflows/reconcile.yml')
const preview = join(root, 'examples/workflows/preview.yml')
const workflows = [example, preview, ...['ci', 'nightly'].map((name) => join(root, `.github/workflows/${name}.yml`))]
const say = (line: string) => console.log(line)
const PATH = process.env.PATH ?? ''

let cluster: ControlPlane
let server: GitServer
let repository: string
let commit: string

before(async () => {
  cluster = await startControlPlane()
  const served = temporaryFolder()
  repository = join(served, 'example/config')
  const file = (name: string) => readFileSync(join(root, 'examples/config/deploy', name))
  commit = makeRepository(repository, {
    '.github/workflows/reconcile.yml': readFileSync(example),
    'deploy/deployment.yaml': file('deployment.yaml'),
    'deploy/namespace.yaml': file('namespace.yaml'),
  })
  git(repository, 'remote', 'add', 'origin', 'https://github.com/example/config')
  server = await startGitServer(served, 'token-of-the-workflow')
})
after(async () => {
  await server.stop()
  await cluster.stop()
})

/** Runs the example workflow with act, as people paste it: the action comes from here, the repository from the server. */
async function act(event: string) {
  const home = temporaryFolder()
  const uses = /uses: (OWNER\/fairlead@\w+)/.exec(readFileSync(example, 'utf8'))?.[1]
  // act runs the `node` on PATH: this one.
  mkdirSync(join(home, 'bin'))
  symlinkSync(process.execPath, join(home, 'bin/node'))
  const args = [
    ...[event, '--workflows', '.github/workflows/reconcile.yml', '--platform', 'ubuntu-latest=-self-hosted'],
    ...['--no-cache-server', '--action-offline-mode', '--local-repository', `${uses}=${root}`],
    ...[
      '--secret',
      'GITHUB_TOKEN=token-of-the-workflow',
      '--secret',
      `KUBECONFIG=${readFileSync(cluster.kubeconfig, 'utf8')}`,
    ],
    ...['--env', `GITHUB_SERVER_URL=${server.url}`],
  ]
  const env = { PATH: `${join(home, 'bin')}:${cluster.bin}:/usr/bin:/bin`, HOME: home }
  return runProgram(await goTool('act', say), args, { cwd: repository, env })
}

/** The outputs of the step, as act logs them. */
function outputsIn(log: string): Record<string, string> {
  return Object.fromEntries(
    [...log.matchAll(/::set-output:: ([\w-]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  )
}

test('the example workflow runs as it stands for every event it names, and the schedule finds nothing to do', async () => {
  for (const [event, result, created, unchanged] of [
    ['workflow_dispatch', 'changed', '2', '0'],
    ['push', 'unchanged', '0', '2'],
    ['schedule', 'unchanged', '0', '2'],
  ]) {
    const exit = await act(event ?? '')
    const log = String(exit.stdout) + exit.stderr
    assert.equal(exit.code, 0, log)
    const found = outputsIn(log)
    const expected = { ...{ result, commit, objects: '2', created, unchanged }, unhealthy: '' }
    assert.deepEqual({ ...found, ...expected }, found, log)
    // act throws the report away; the Deployment is what a run waits for.
    const isReady = { type: 'wait-finished', total: 1, unready: 0, isReady: true, someDeleted: false } as const
    assert.ok(hasLogged(log, isReady), log)
  }
})

test('the workflows to copy and our own are clean under actionlint', async () => {
  const exit = await runProgram(await goTool('actionlint', say), workflows, { env: { PATH } })
  assert.equal(exit.code, 0, String(exit.stdout) + exit.stderr)
})

test('the workflows to copy, our own and the action are clean under zizmor, pedantic', async () => {
  const exit = await runProgram(
    await zizmor(say),
    ['--offline', '--persona=pedantic', ...workflows, join(root, 'action.yml')],
    {
      env: { PATH, HOME: temporaryFolder() },
    },
  )
  assert.equal(exit.code, 0, String(exit.stdout) + exit.stderr)
})

test('the files that action.yml names are there', () => {
  for (const file of ['dist/index.js', 'dist/post/index.js', 'dist/package.json', 'dist/licenses.txt'])
    assert.ok(existsSync(join(root, file)), file)
})
