import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SimpleGit, simpleGit } from 'simple-git'
import { Failure } from '../diagnostics.ts'
import { tryRun } from '../process.ts'
import type { ReadLimits } from '../read-limits.ts'
import { classifyGitError } from './git-error.ts'
import type { RemoteConfig } from './source-config.ts'
import type { SourceEvent } from './source-event.ts'
import { sshCommand } from './ssh.ts'

/** Git in one folder. Every command raises a `Failure` whose class says whether login, ref, network or else failed. */
export interface Git {
  /** Runs a git command and returns its standard output without the final line break. */
  text(args: readonly string[], stdin?: string): Promise<string>
  /** The raw output of `git cat-file --batch` for the objects named one a line. */
  catFile(oids: string): Promise<Buffer>
}

/** What git needs beside its arguments. */
export interface GitOptions {
  /** What git inherits of the parent's environment. */
  readonly environment: Readonly<Record<string, string>>
  /** A private folder for configuration and keys. */
  readonly tempDir: string
  readonly signal: AbortSignal
  readonly emit: (event: SourceEvent) => void
}

/** What reading a source needs: git's options, and bounds on what is read. */
export interface SourceOptions extends GitOptions {
  readonly limits: ReadLimits
}

/** Seconds without answer, or of a transfer slower than 1 kB/s, after which git gives up. */
const STALL_SECONDS = 30

/** The oldest git whose whole configuration can be given in the environment: no token in a file, nobody else's settings. */
const OLDEST_GIT = [2, 32] as const

/** Raises E-INPUT when git is missing or too old. */
export async function checkGit(environment: Readonly<Record<string, string>>): Promise<void> {
  const found = await tryRun('git', ['--version'], environment)
  const hint = 'GitHub’s own runners have it. Elsewhere install git, for instance with `apt-get install git`.'
  if (found === undefined)
    throw new Failure({ code: 'E-INPUT', reason: 'GitNotFound', message: 'There is no git on PATH.', hint })
  const [, major, minor] = /(\d+)\.(\d+)/.exec(found.stdout) ?? []
  if (Number(major) < OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) < OLDEST_GIT[1])) {
    const message = `git ${OLDEST_GIT.join('.')} or newer is needed; the one on PATH is ${found.stdout.trim()}.`
    throw new Failure({ code: 'E-INPUT', reason: 'GitTooOld', message, hint })
  }
}

/** Prepares git for the repository in `folder`; with `remote`, with credentials for that remote's origin alone. */
export function openGit(folder: string, options: GitOptions, remote?: RemoteConfig): Git {
  const globalConfig = join(options.tempDir, 'gitconfig')
  // A checkout made in a container or by another job belongs to another user, and we only read objects from it.
  writeFileSync(globalConfig, `[safe]\n\tdirectory = ${JSON.stringify(folder)}\n`, { mode: 0o600 })
  const guarded = {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: globalConfig,
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ALLOW_PROTOCOL: remote === undefined ? 'none' : protocolOf(remote),
    ...(remote?.transport === 'ssh' ? { GIT_SSH_COMMAND: sshCommand(remote, options.tempDir, STALL_SECONDS) } : {}),
    ...configVariables(remote),
  }
  const command = (stdin?: string): SimpleGit =>
    simpleGit({
      baseDir: folder,
      abort: options.signal,
      allowEnvironment: [...Object.keys(guarded), 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'],
      unsafe: {
        allowUnsafeConfigEnvCount: true,
        allowUnsafeConfigPaths: true,
        allowUnsafeProtocolOverride: true,
        allowUnsafeSshCommand: true,
      },
      ...(stdin === undefined ? {} : { input: () => stdin }),
    })
      .env({ ...options.environment, LC_ALL: 'C', ...guarded })
      .outputHandler((_command, _stdout, stderr) =>
        stderr.on('data', (chunk: Buffer) => emitProgress(chunk, options.emit)),
      )

  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      options.signal.throwIfAborted()
      throw new Failure(classifyGitError(error instanceof Error ? error.message : String(error), remote?.url ?? folder))
    }
  }
  return {
    text: async (args, stdin) => (await guard(() => command(stdin).raw([...args]))).trimEnd(),
    catFile: (oids) => guard(() => command(oids).binaryCatFile(['--batch'])),
  }
}

/** Of git's progress, the line with which each stage ends, in git's words. */
function emitProgress(chunk: Buffer, emit: GitOptions['emit']): void {
  for (const line of chunk.toString('utf8').split(/[\r\n]+/)) {
    if (/^[\w :]+: +100% .*done\.\s*$/.test(line)) emit({ type: 'git-progress', text: line.trim() })
  }
}

function protocolOf(remote: RemoteConfig): string {
  return remote.transport === 'ssh' ? 'ssh' : new URL(remote.url).protocol.replace(':', '')
}

/** Git configuration in the environment: never in an argument list, a URL or a file. */
function configVariables(remote: RemoteConfig | undefined): Record<string, string> {
  const entries: [string, string][] = [
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', String(STALL_SECONDS)],
    ['protocol.version', '2'],
    // Housekeeping, which a cached clone needs now and then, is not to go on behind our back.
    ['gc.autoDetach', 'false'],
    ['maintenance.autoDetach', 'false'],
    // After a redirect to another host git would send that host our header, as it does for one hop further (tested).
    ['http.followRedirects', 'false'],
    // Git sends every header it finds, so an inherited one is emptied before ours is added.
    ['http.extraHeader', ''],
  ]
  if (remote?.transport === 'https') {
    const key = `http.${new URL(remote.url).origin}/.extraHeader`
    entries.push([key, ''])
    if (remote.authorization !== undefined) entries.push([key, `Authorization: ${remote.authorization}`])
  }
  const variables = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ])
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(variables) }
}
