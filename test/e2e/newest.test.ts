import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { commit, git, makeRepository, temporaryFolder } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { type GitServer, startGitServer } from '../gitserver.ts'
import { isWrite, noteRequests } from './audit.ts'
import { errorOf, hasLogged, warningsOf } from './report.ts'

// Which commit wins, as the workflow's own repository is reconciled from a git server.

const root = temporaryFolder()
let cluster: ControlPlane
let server: GitServer
before(async () => {
  cluster = await startControlPlane()
  server = await startGitServer(root)
})
after(async () => {
  await server.stop()
  await cluster.stop()
})

const map = (name: string, value: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } })

/** Runs the step for a commit of the workflow's own repository, as an event on a branch starts it. */
function run(sha: string, inputs: Record<string, string> = {}, ref = 'refs/heads/main'): Promise<StepResult> {
  return runStep({
    with: { path: 'deploy', ...inputs },
    env: {
      ...{ KUBECONFIG: cluster.kubeconfig, GITHUB_SERVER_URL: server.url, GITHUB_SHA: sha, GITHUB_REF: ref },
      GITHUB_RUN_ID: '1',
    },
    path: [cluster.bin],
  })
}

async function value(): Promise<string> {
  return (await cluster.kubectl(['get', 'configmap', 'newest', '-o', 'jsonpath={.data.value}'])).stdout.toString()
}

test('an old run that is started again undoes nothing; a branch that was rewritten is followed, and said', async () => {
  const repository = join(root, 'example/config')
  const one = makeRepository(repository, { 'deploy/a.yaml': map('newest', 'one') })
  const two = commit(repository, { 'deploy/a.yaml': map('newest', 'two'), 'deploy/b.yaml': map('newest-b', 'two') })
  assert.equal((await run(one)).exitCode, 0)
  assert.equal((await run(two)).exitCode, 0)

  const requests = noteRequests(cluster)
  const old = await run(one)
  assert.equal(old.exitCode, 1)
  const { reason, message, hint } = errorOf(old, 'E-GUARD')
  assert.equal(reason, 'NotNewestCommit')
  for (const part of [one.slice(0, 12), two.slice(0, 12), `${server.url}/example/config/actions/runs/1`])
    assert.ok(message.includes(part), message)
  assert.match(hint ?? '', /`allow-rollback: true`/)
  const written = requests().filter(isWrite)
  assert.deepEqual(
    written.filter(({ uri }) => !uri.includes('/leases')),
    [],
  )
  assert.equal(await value(), 'two')

  const back = await run(one, { 'allow-rollback': 'true' })
  assert.equal(back.exitCode, 0, back.log)
  assert.ok(hasLogged(back.log, { type: 'rollback', from: two.slice(0, 12), to: one.slice(0, 12) }), back.log)
  assert.equal(await value(), 'one')
  assert.equal((await run(two)).exitCode, 0)

  // History is rewritten: the new tip lacks the second object.
  git(repository, 'reset', '--hard', '--quiet', one)
  const young = commit(repository, { 'deploy/a.yaml': map('newest', 'young') })
  const prune = { prune: 'true', 'prune-limit': '100%' }
  const rewritten = await run(young, prune)
  assert.equal(rewritten.exitCode, 0, rewritten.log)
  const [warning, ...more] = warningsOf(rewritten)
  assert.deepEqual([warning?.reason, more], ['BranchRewritten', []])
  for (const sha of [young, two]) assert.ok(warning?.message.includes(sha.slice(0, 12)), warning?.message)
  assert.deepEqual([rewritten.outputs.pruned, rewritten.outputs.kept], ['0', '1'])
  assert.equal(await value(), 'young')
  const next = await run(young, prune)
  assert.equal(next.outputs.pruned, '1', next.log)

  // Another branch that does not follow the last commit.
  git(repository, 'checkout', '--quiet', '-b', 'feature', one)
  const feature = commit(repository, { 'deploy/a.yaml': map('newest', 'feature') })
  const other = await run(feature, {}, 'refs/heads/feature')
  assert.equal(other.exitCode, 1)
  assert.equal(errorOf(other, 'E-GUARD').reason, 'NotNewestCommit')
  assert.match(errorOf(other, 'E-GUARD').message, /refs\/heads\/main\b.*refs\/heads\/feature\b/)
})

test('a run without changes at another commit notes that commit, so that what lies between is older', async () => {
  const repository = join(root, 'example/quiet')
  const files = (text: string) => ({ 'deploy/a.yaml': map('quiet', text), 'README.md': text })
  const one = makeRepository(repository, files('1'))
  const two = commit(repository, files('2'))
  const three = commit(repository, { ...files('1'), 'README.md': '3' })
  const reconcile = (sha: string) =>
    runStep({
      with: { path: 'deploy' },
      env: {
        ...{ KUBECONFIG: cluster.kubeconfig, GITHUB_SERVER_URL: server.url, GITHUB_SHA: sha },
        ...{ GITHUB_REPOSITORY: 'example/quiet', GITHUB_REF: 'refs/heads/main' },
      },
      path: [cluster.bin],
    })
  assert.equal((await reconcile(one)).exitCode, 0)
  const same = await reconcile(three)
  assert.equal(same.outputs.result, 'unchanged', same.log)
  const between = await reconcile(two)
  assert.equal(between.exitCode, 1)
  assert.equal(errorOf(between, 'E-GUARD').reason, 'NotNewestCommit')
})
