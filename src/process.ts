import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import type { Readable } from 'node:stream'
import { getExecOutput } from '@actions/exec'

/** How long a child may take to exit after SIGTERM before it is killed, in milliseconds. */
const TERMINATION_GRACE_MS = 2_000

/** A process environment as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Returns the variables of an environment whose names `keep` accepts. */
export function pickVariables(parent: Environment, keep: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(parent).flatMap(([name, value]) =>
    value === undefined || !keep(name) ? [] : [[name, value] as const],
  )
  return Object.fromEntries(entries)
}

/** How a child process exited, and its output. `code` is null if a signal ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Returns the last five lines of a program's output: of several errors, the last one stopped it. */
export function tail(output: string): string {
  return output.trim().split('\n').slice(-5).join('\n')
}

/** Options of a child process. `env` is the whole environment: nothing is inherited. */
export interface ChildOptions {
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Aborting it ends the child and all its descendants. */
  readonly signal?: AbortSignal
}

/**
 * Runs a program and returns its exit and output; a non-zero exit code is not an error here. The child leads its own
 * process group, which is ended as a whole when `signal` aborts. Rejects if the program cannot be started.
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
    // A child that exits before it has read everything breaks the pipe; its exit code says what happened.
    child.stdin.on('error', () => {})
    child.stdin.end(options.stdin ?? '')
  })
}

/** Runs a short command of a program on PATH, such as `--version`; undefined if there is no such program. */
export function tryRun(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly exitCode: number; readonly stdout: string } | undefined> {
  return getExecOutput(command, [...args], { env, silent: true, ignoreReturnCode: true }).catch(() => undefined)
}

/** A server program that runs until `stop`, and never outlives this process. */
export interface ChildServer {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when the program has exited, for any reason. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** Ends the program and waits until it has exited. May be called more than once. */
  stop(): Promise<void>
}

// The shell ends with this process: the system closes the pipe at its descriptor 3 even if this process is killed.
const SUPERVISOR = `
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

/** The process ids of the running servers. */
const childServers = new Set<number>()

/** Starts a server program that ends with this process, even if this process is killed. */
export function startChildServer(command: string, args: readonly string[], options: ChildOptions): ChildServer {
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'tether', command, ...args], {
    env: options.env,
    cwd: options.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('The spawned child has no output pipes.')
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
 * Sends SIGTERM to every descendant of this process, including those that a library started: git leaves behind the
 * helper that talks to the server, and the children of an exited parent can no longer be found. Servers stay, since
 * cleaning up needs them. Does nothing without `ps`.
 */
export function endDescendants(): void {
  const listing = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout ?? ''
  const processes = listing.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const pids = new Set([process.pid])
  for (let size = 0; size < pids.size; ) {
    size = pids.size
    for (const [pid = 0, parent = 0] of processes) if (pids.has(parent) && !childServers.has(pid)) pids.add(pid)
  }
  pids.delete(process.pid)
  for (const pid of pids) signalTo(pid, 'SIGTERM')
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

/** Signals a process, or a process group if the number is negative; one that has exited is ignored. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Already exited; macOS reports EPERM for a group that has only unreaped members.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
