import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { temporaryFolder } from '../testbed/repository.ts'

/** How often the memory of the processes is looked at, in milliseconds: seldom enough to cost what is measured nothing. */
const TICK = 50

/** A program to start. `env` is the whole environment: nothing is inherited. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** What a program cost, with every process that it started. */
export interface Usage {
  /** From the start to the end, in milliseconds. */
  readonly wall: number
  /** Processor time, of the user and the system, of every process that was waited for, in milliseconds. */
  readonly cpu: number
  /** The largest sum of the resident memory of all processes that was seen, in MiB; 0 where there is no /proc. */
  readonly memory: number
  readonly exitCode: number | null
  /** Standard output and standard error. */
  readonly log: string
}

// Bash knows what its children used, once they have ended and were waited for.
const ACCOUNT = '"$@" 3>&-; status=$?; times >&3; exit "$status"'

/** Runs a program to its end and returns what it cost; it is ended after `patience` milliseconds. */
export async function meter(program: Program, patience: number): Promise<Usage> {
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
      throw new Error('bash, which keeps account of a program, cannot be started')
    }
    const family = new Family(pid)
    const ticker = setInterval(() => family.look(), TICK)
    const end = () => endGroup(pid)
    const limit = setTimeout(end, patience)
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
    // It ended by itself just now.
  }
}

/** Adds up the second line of what `times` prints, which is about the children: `1m2.345s 0m0.678s`. */
function childTime(times: string): number {
  const [, line = ''] = times.split('\n')
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000,
    0,
  )
}

/** The descendants of a process, as /proc shows them. Who was one once stays one, whoever its parent is later. */
class Family {
  /** The largest sum of resident memory so far, in MiB. */
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

/** The processes of this machine, oldest number first; none where there is no /proc. */
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

/** A number out of what the kernel says about a process; nought for one that has just ended. */
function status(pid: number, field: string): string {
  try {
    return new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0'
  } catch {
    return '0'
  }
}
