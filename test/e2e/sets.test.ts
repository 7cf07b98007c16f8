import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Config } from '../../src/engine/config.ts'
import { run } from '../../src/engine/run.ts'
import type { RunContext } from '../../src/engine/run-context.ts'
import { readRunner } from '../../src/github/runner.ts'
import { inputStyle } from '../../src/hint.ts'
import { readConfig } from '../../src/options/config.ts'
import { openRecorder } from '../../src/report/recorder.ts'
import type { RunReport } from '../../src/report/run-report.ts'
import { makeTempDir, removeTempDir } from '../../src/temp-dir.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { prepareStep } from '../../testbed/step.ts'
import { noteRequests } from './audit.ts'

let cluster: ControlPlane
before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Runs the engine in this process with several sets of one folder, each of the path and the inventory of that name. */
async function runSets(
  folder: string,
  names: readonly string[],
): Promise<{ report: RunReport; locks: string[]; types: string[] }> {
  const step = prepareStep({
    with: { repository: folder, prune: 'true' },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
  })
  const config = readConfig(readRunner(step.env, process.platform))
  const [first] = config.sets
  const sets = names.map((name) => {
    return { ...first, scope: { ...first.scope, paths: [name] }, inventory: { namespace: 'fairlead', name } }
  })
  const tempDir = makeTempDir(config.tempDir)
  const recorder = openRecorder(inputStyle)
  const locks: string[] = []
  const types: string[] = []
  const emit: RunContext['emit'] = (event, set) => {
    types.push(event.type)
    recorder.record(event, set)
  }
  try {
    await run(
      { ...config, sets: sets as [(typeof sets)[number], ...typeof sets] satisfies Config['sets'] },
      {
        ...{ emit, addSecrets: () => {}, signal: new AbortController().signal, tempDir },
        saveLock: (lock) => locks.push(lock),
      },
    )
  } finally {
    removeTempDir(tempDir)
    await step.end({ exitCode: 0, log: '' }, 'lost')
  }
  return { report: recorder.report(), locks, types }
}

function settings(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {k: v}\n`
}

/** A kustomization of one ConfigMap. */
function kustomization(path: string, name: string): Record<string, string> {
  return { [`${path}/kustomization.yaml`]: 'resources: [settings.yaml]\n', [`${path}/settings.yaml`]: settings(name) }
}

test('one run reconciles several sets: each has its own inventory, lock, plan and report, and they share the connection', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { ...kustomization('blue', 'of-blue'), ...kustomization('green', 'of-green') })
  const requests = noteRequests(cluster)
  const { report, locks, types } = await runSets(folder, ['blue', 'green'])
  assert.equal(report.result, 'changed')
  // The log has a line for each object of each of these events.
  assert.equal(types.filter((type) => type === 'results').length, 2)
  assert.deepEqual(
    report.sets.map(({ name, result, objects }) => [name, result, objects.map(({ object }) => object)]),
    [
      ['blue', 'changed', ['ConfigMap default/of-blue']],
      ['green', 'changed', ['ConfigMap default/of-green']],
    ],
  )
  assert.equal(new Set(report.sets.map(({ planDigest }) => planDigest)).size, 2)
  assert.deepEqual(
    locks.filter((lock) => lock !== '').map((lock) => JSON.parse(lock).name),
    ['blue', 'green'],
  )
  const discoveries = () => requests().filter(({ uri }) => uri.split('?')[0] === '/apis').length
  const ofTwo = discoveries()
  writeFiles(folder, kustomization('alone', 'of-alone'))
  await runSets(folder, ['alone'])
  assert.equal(discoveries() - ofTwo, ofTwo)
})

test('what is removed from one set is pruned by that set alone', async () => {
  const folder = temporaryFolder()
  const [kept, removed] = ['red', 'red-removed'].map((name) => ({ [`red/${name}.yaml`]: settings(name) }))
  writeFiles(folder, { ...kept, ...removed, 'yellow/a.yaml': settings('yellow') })
  await runSets(folder, ['red', 'yellow'])
  const later = temporaryFolder()
  writeFiles(later, { ...kept, 'yellow/a.yaml': settings('yellow') })
  const { report } = await runSets(later, ['red', 'yellow'])
  assert.deepEqual(
    report.sets.map(({ name, result, removed }) => [name, result, removed.map(({ object }) => object)]),
    [
      ['red', 'changed', ['ConfigMap default/red-removed']],
      ['yellow', 'unchanged', []],
    ],
  )
})
