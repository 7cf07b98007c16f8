import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { temporaryFolder } from '../testbed/repository.ts'

/** The interval of memory samples, in milliseconds: long enough to have no measurable cost. */
const TICK = 50

/** A program to start. `env` is its whole environment; nothing is inherited. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** The cost of a program, including its child processes. */
export interface Usage {
  /** Wall time in milliseconds. */
  readonly wall: number
  /** User and system CPU time of all processes that were waited for, in milliseconds. */
  readonly cpu: number
  /** The peak of the summed resident memory of all processes, in MiB; 0 without /proc. */
  readonly memory: number
  readonly exitCode: number | null
  /** Standard output and standard error. */
  readonly log: string
}

// Bash reports the CPU time of its children after they end.
const ACCOUNT = '"$@" 3>&-; status=$?; times >&3; exit "$status"'

/** Runs a program and returns its cost; kills it after `timeout` milliseconds. */
export async function meter(program: Program, timeout: number): Promise<Usage> {
  const folder = temporaryFolder()
  const path = join(folder, 'log')
  const log = openSync(path, 'w')
  try {
    const start = performance.now()
    const child = spawn('bash', ['-c', ACCOUNT, 'bash', program.command, ...program.args], {
      env: { LC_ALL: 'C', ...program.env },
      cwd: program.cwd,
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    })
    const { pid, stdio } = child
    const account = stdio[3]
    if (pid === undefined || account === null || account === undefined || !('read' in account)) {
      throw new Error('bash, which measures the program, cannot be started')
    }
    const family = new Family(pid)
    const ticker = setInterval(() => family.look(), TICK)
    const end = () => endGroup(pid)
    const limit = setTimeout(end, timeout)
    process.once('exit', end)
    const [times, exitCode] = await Promise.all([
      text(account),
      new Promise<number | null>((resolve, reject) => {
        child.on('error', reject)
        child.on('exit', (code) => resolve(code))
      }),
    ])
    const wall = performance.now() - start
    clearInterval(ticker)
    clearTimeout(limit)
    process.off('exit', end)
    return { wall, cpu: childTime(times), memory: family.most, exitCode, log: readFileSync(path, 'utf8') }
  } finally {
    closeSync(log)
    rmSync(folder, { recursive: true, force: true })
  }
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGTERM')
  } catch {
    // It has already ended.
  }
}

/** The sum of the second line of the output of `times`, the times of the children: `1m2.345s 0m0.678s`. */
function childTime(times: string): number {
  const [, line = ''] = times.split('\n')
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000,
    0,
  )
}

/** The descendants of a process, from /proc. A process stays a descendant even if its parent ends. */
class Family {
  /** The peak of the summed resident memory so far, in MiB. */
  most = 0
  readonly #isMember = new Map<number, boolean>()
  readonly #root: number

  constructor(root: number) {
    this.#root = root
  }

  look(): void {
    const processes = numbers('/proc')
    for (const pid of processes) {
      if (!this.#isMember.has(pid)) this.#isMember.set(pid, this.#joins(parentOf(pid)))
    }
    const sum = processes.reduce((total, pid) => total + (this.#isMember.get(pid) ? residentMemory(pid) : 0), 0)
    this.most = Math.max(this.most, sum)
  }

  #joins(parent: number): boolean {
    return parent === this.#root || this.#isMember.get(parent) === true
  }
}

/** The processes of this machine by ascending PID; none without /proc. */
function numbers(folder: string): number[] {
  try {
    return readdirSync(folder)
      .map(Number)
      .filter((pid) => pid > 0)
      .toSorted((a, b) => a - b)
  } catch {
    return []
  }
}

function parentOf(pid: number): number {
  return Number(status(pid, 'PPid'))
}

/** In MiB. */
function residentMemory(pid: number): number {
  return Number(status(pid, 'VmRSS')) / 1024
}

/** A number in /proc/PID/status; 0 if the process has just ended. */
function status(pid: number, field: string): string {
  try {
    return new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0'
  } catch {
    return '0'
  }
}
