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
  // A zombie has exited, but its parent has not reaped it yet.
  return state !== '' && !state.startsWith('Z')
}

test('the result of a program has its standard output, standard error and exit code', async () => {
  const exit = await runProgram('sh', ['-c', 'cat; echo problem >&2; exit 3'], { env, stdin: 'given' })
  assert.deepEqual([exit.code, String(exit.stdout), exit.stderr], [3, 'given', 'problem\n'])
})

test('a program may exit without reading its input', async () => {
  assert.equal((await runProgram('true', [], { env, stdin: Buffer.alloc(20_000_000) })).code, 0)
})

test('no variable of the parent’s environment is inherited', async () => {
  assert.doesNotMatch(String((await runProgram('env', [], { env })).stdout), /HOME=/)
})

test('a missing program is an error', async () => {
  await assert.rejects(runProgram('no-such-program', [], { env }), { code: 'ENOENT' })
})

test('aborting kills the program and its children, even if they ignore SIGTERM', async () => {
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

test('a child server ends with stop, and its exit code is that of the program', async () => {
  const server = startChildServer('sleep', ['60'], { env })
  await server.stop()
  const short = startChildServer('sh', ['-c', 'exit 7'], { env })
  assert.equal((await short.ended).code, 7)
  await short.stop()
})

test('a child server does not outlive a parent that is killed', async () => {
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
