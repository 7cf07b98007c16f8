import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram, startChildServer } from '../src/process.ts'
import { temporaryFolder } from '../testbed/repository.ts'

const env = { PATH: '/usr/bin:/bin' }

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); await sleep(20))
    assert.ok(Date.now() < deadline, 'waited for ten seconds')
}

function isRunning(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  // A zombie is dead, though its parent has not noticed yet.
  return state !== '' && !state.startsWith('Z')
}

test('a program’s output, input and exit code are kept apart', async () => {
  const exit = await runProgram('sh', ['-c', 'cat; echo problem >&2; exit 3'], { env, stdin: 'given' })
  assert.deepEqual([exit.code, String(exit.stdout), exit.stderr], [3, 'given', 'problem\n'])
})

test('a program that reads nothing of a large input is no error', async () => {
  assert.equal((await runProgram('true', [], { env, stdin: Buffer.alloc(20_000_000) })).code, 0)
})

test('nothing of the parent’s environment is inherited', async () => {
  assert.doesNotMatch(String((await runProgram('env', [], { env })).stdout), /HOME=/)
})

test('a program that is not there is an error', async () => {
  await assert.rejects(runProgram('no-such-program', [], { env }), { code: 'ENOENT' })
})

test('aborting ends the program and what it started, even if it does not want to', async () => {
  const pids = join(temporaryFolder(), 'pids')
  const stop = new AbortController()
  const running = runProgram('sh', ['-c', `trap '' TERM; sleep 60 & echo $$ $! >'${pids}'; wait; sleep 60`], {
    env,
    signal: stop.signal,
  })
  await until(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'))
  stop.abort()
  assert.equal((await running).signal, 'SIGKILL')
  for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) await until(() => !isRunning(Number(pid)))
})

test('a tethered program ends with stop, and with its own exit the tether is gone', async () => {
  const server = startChildServer('sleep', ['60'], { env })
  await server.stop()
  const short = startChildServer('sh', ['-c', 'exit 7'], { env })
  assert.equal((await short.ended).code, 7)
  await short.stop()
})

test('a tethered program does not outlive a parent that is killed', async () => {
  const pids = join(temporaryFolder(), 'pids')
  const script = `
    import { startChildServer } from ${JSON.stringify(join(import.meta.dirname, '../src/process.ts'))}
    startChildServer('sh', ['-c', 'echo $$ >${pids}; exec sleep 60'], { env: { PATH: '/usr/bin:/bin' } })
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], { stdio: 'inherit' })
  await until(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'))
  const pid = Number(readFileSync(pids, 'utf8'))
  assert.ok(isRunning(pid))
  parent.kill('SIGKILL')
  await until(() => !isRunning(pid))
})
