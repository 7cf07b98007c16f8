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

/** Git in one folder. Commands raise a `Failure` whose code tells credentials, ref, network and other errors apart. */
export interface Git {
  /** Runs a git command and returns its standard output without the final line break. */
  text(args: readonly string[], stdin?: string): Promise<string>
  /** Returns the raw output of `git cat-file --batch` for object ids, one per line. */
  catFile(oids: string): Promise<Buffer>
}

/** What git needs besides its arguments. */
export interface GitOptions {
  /** The variables that git inherits. */
  readonly environment: Readonly<Record<string, string>>
  /** A private folder for configuration files and keys. */
  readonly tempDir: string
  readonly signal: AbortSignal
  readonly emit: (event: SourceEvent) => void
}

/** What reading a source needs: git's options, and limits on what is read. */
export interface SourceOptions extends GitOptions {
  readonly limits: ReadLimits
}

/** How long a server may not respond, or transfer less than 1 kB/s, before git gives up, in seconds. */
const STALL_SECONDS = 30

/**
 * The first version of git that takes all configuration from the environment: no token in a file, no settings of the
 * machine.
 */
const MIN_GIT_VERSION = [2, 32] as const

/** Raises E-INPUT if git is missing or too old. */
export async function checkGit(environment: Readonly<Record<string, string>>): Promise<void> {
  const found = await tryRun('git', ['--version'], environment)
  const hint = 'Install it, for instance with `apt-get install git`. GitHub-hosted runners have it.'
  if (found === undefined)
    throw new Failure({ code: 'E-INPUT', reason: 'GitNotFound', message: 'git was not found on PATH.', hint })
  const [, major, minor] = /(\d+)\.(\d+)/.exec(found.stdout) ?? []
  if (
    Number(major) < MIN_GIT_VERSION[0] ||
    (Number(major) === MIN_GIT_VERSION[0] && Number(minor) < MIN_GIT_VERSION[1])
  ) {
    const message = `git ${MIN_GIT_VERSION.join('.')} or later is required. PATH has ${found.stdout.trim()}.`
    throw new Failure({ code: 'E-INPUT', reason: 'GitTooOld', message, hint })
  }
}

/** Prepares git for the repository in `folder`; with `remote`, also credentials, for the origin of its URL only. */
export function openGit(folder: string, options: GitOptions, remote?: RemoteConfig): Git {
  const globalConfig = join(options.tempDir, 'gitconfig')
  // A checkout that a container or another job created may belong to another user. Only objects are read from it.
  writeFileSync(globalConfig, `[safe]\n\tdirectory = ${JSON.stringify(folder)}\n`, { mode: 0o600 })
  const variables = {
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
      allowEnvironment: [...Object.keys(variables), 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'],
      unsafe: {
        allowUnsafeConfigEnvCount: true,
        allowUnsafeConfigPaths: true,
        allowUnsafeProtocolOverride: true,
        allowUnsafeSshCommand: true,
      },
      ...(stdin === undefined ? {} : { input: () => stdin }),
    })
      .env({ ...options.environment, LC_ALL: 'C', ...variables })
      .outputHandler((_command, _stdout, stderr) =>
        stderr.on('data', (chunk: Buffer) => emitProgress(chunk, options.emit)),
      )

  const classifyErrors = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      options.signal.throwIfAborted()
      throw new Failure(classifyGitError(error instanceof Error ? error.message : String(error), remote?.url ?? folder))
    }
  }
  return {
    text: async (args, stdin) => (await classifyErrors(() => command(stdin).raw([...args]))).trimEnd(),
    catFile: (oids) => classifyErrors(() => command(oids).binaryCatFile(['--batch'])),
  }
}

/** Emits the last line of each stage of git's progress, unchanged. */
function emitProgress(chunk: Buffer, emit: GitOptions['emit']): void {
  for (const line of chunk.toString('utf8').split(/[\r\n]+/)) {
    if (/^[\w :]+: +100% .*done\.\s*$/.test(line)) emit({ type: 'git-progress', text: line.trim() })
  }
}

function protocolOf(remote: RemoteConfig): string {
  return remote.transport === 'ssh' ? 'ssh' : new URL(remote.url).protocol.replace(':', '')
}

/** The configuration of git, as environment variables: credentials never appear in arguments, URLs or files. */
function configVariables(remote: RemoteConfig | undefined): Record<string, string> {
  const entries: [string, string][] = [
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', String(STALL_SECONDS)],
    ['protocol.version', '2'],
    // Maintenance of a cached clone must not continue in the background.
    ['gc.autoDetach', 'false'],
    ['maintenance.autoDetach', 'false'],
    // After a redirect, git would send the header to the other host (tested).
    ['http.followRedirects', 'false'],
    // Git sends every header that is configured, so inherited ones are cleared first.
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
