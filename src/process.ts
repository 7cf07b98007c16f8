import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import type { Readable } from 'node:stream'
import { getExecOutput } from '@actions/exec'

/** How long a child may take to end after SIGTERM before it is killed, in milliseconds. */
const TERMINATION_GRACE_MS = 2_000

/** A process environment as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variables of an environment whose names `keep` accepts. */
export function pickVariables(parent: Environment, keep: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(parent).flatMap(([name, value]) =>
    value === undefined || !keep(name) ? [] : [[name, value] as const],
  )
  return Object.fromEntries(entries)
}

/** How a child process ended, with all it wrote. A signal's name stands in `signal` and `code` is then null. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** The last few lines of what a program said: where several things went wrong, the last one stopped it. */
export function tail(said: string): string {
  return said.trim().split('\n').slice(-5).join('\n')
}

/** What a child process gets. `env` is the whole environment: nothing is inherited. */
export interface ChildOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Aborting it ends the child and everything the child started. */
  readonly signal?: AbortSignal
}

/**
 * Runs a program to its end and returns its exit with all its output; a non-zero exit is not an error here.
 * The child leads its own process group, which is ended as a whole when `signal` aborts.
 * Rejects when the program cannot be started.
 */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ChildOptions & { readonly stdin?: string | Buffer },
): Promise<Exit> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: options.env, cwd: options.cwd, detached: true, stdio: 'pipe' })
    const release = endOnAbort(child, options.signal)
    const stdout: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.on('error', (error) => {
      release()
      reject(error)
    })
    child.on('close', (code, signal) => {
      release()
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr })
    })
    // A child that ends before it has read everything breaks the pipe; its exit code tells the story.
    child.stdin.on('error', () => {})
    child.stdin.end(options.stdin ?? '')
  })
}

/** Asks a program on PATH for something short, such as its version; undefined where there is no such program. */
export function tryRun(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly exitCode: number; readonly stdout: string } | undefined> {
  return getExecOutput(command, [...args], { env, silent: true, ignoreReturnCode: true }).catch(() => undefined)
}

/** A server program that runs beside us until `stop`, and never longer than this process lives. */
export interface ChildServer {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the program has ended, for whatever reason. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** Ends the program and waits until it is gone. May be called more than once. */
  stop(): Promise<void>
}

// The shell outlives nobody: its descriptor 3 is a pipe of ours, which the system closes even when we are killed.
const TETHER = `
"$@" </dev/null 3<&- &
child=$!
{ cat; kill -TERM "$child"; sleep 5; kill -KILL "$child"; } <&3 >/dev/null 2>&1 &
exec 3<&- <&-
trap 'kill -TERM "$child"' TERM
wait "$child"
status=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
exit "$status"
`

/** The servers that run right now, by their process ids. */
const childServers = new Set<number>()

/** Starts a server program that ends with us, even when we are killed (it hangs on a pipe of this process). */
export function startChildServer(command: string, args: readonly string[], options: ChildOptions): ChildServer {
  const child = spawn('/bin/sh', ['-c', TETHER, 'tether', command, ...args], {
    env: options.env,
    cwd: options.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('a spawned child has no output pipes')
  const release = endOnAbort(child, options.signal)
  if (child.pid !== undefined) childServers.add(child.pid)
  child.stdio[3]?.on('error', () => {})
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('error', () => {
      release()
      resolve({ code: null, signal: null })
    })
    child.on('exit', (code, signal) => {
      release()
      if (child.pid !== undefined) childServers.delete(child.pid)
      signalGroup(child, 'SIGKILL')
      resolve({ code, signal })
    })
  })
  return {
    stdout,
    stderr,
    ended,
    stop: async () => {
      end(child)
      await ended
    },
  }
}

/**
 * Asks every descendant of this process to end, also those that a library started: git leaves the helper behind that
 * talks to the server, and an ended parent no longer tells who its children were. Tethered servers stay: what is to be put in
 * order goes through them. Where `ps` is missing nothing happens.
 */
export function endDescendants(): void {
  const listing = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout ?? ''
  const processes = listing.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const family = new Set([process.pid])
  for (let size = 0; size < family.size; ) {
    size = family.size
    for (const [pid = 0, parent = 0] of processes) if (family.has(parent) && !childServers.has(pid)) family.add(pid)
  }
  family.delete(process.pid)
  for (const pid of family) signalTo(pid, 'SIGTERM')
}

function endOnAbort(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {}
  const onAbort = () => end(child)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}

function end(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), TERMINATION_GRACE_MS)
  child.once('exit', () => clearTimeout(timer))
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) signalTo(-child.pid, signal)
}

/** Signals a process, or with a negative number a process group; one that is gone is no error. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Gone already; macOS says EPERM for a group of which only unreaped members are left.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
