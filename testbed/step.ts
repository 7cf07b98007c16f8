import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { load } from 'js-yaml'

const root = join(import.meta.dirname, '..')

/** The action's metadata, as the runner reads it. */
export const action = load(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { description: string; default?: string }>
  outputs: Record<string, { description: string }>
  runs: { using: string; main: string; post: string }
}

/** A workflow command that the runner would execute. */
export interface Command {
  readonly name: string
  readonly properties: Record<string, string>
  readonly message: string
}

/** The results of a step. */
export interface StepResult {
  readonly exitCode: number | null
  /** Standard output and standard error, as the runner logs them. */
  readonly log: string
  readonly outputs: Record<string, string>
  /** The content of the report file; empty if there is none. */
  readonly report: string
  readonly state: Record<string, string>
  readonly summary: string
  readonly commands: readonly Command[]
  /** The names of files left in the runner's temporary folder. */
  readonly leftovers: readonly string[]
}

/** Options for running a step. */
export interface StepOptions {
  /** The step's `with`. */
  readonly with?: Readonly<Record<string, string>>
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** Folders at the start of PATH. */
  readonly path?: readonly string[]
  /** Called once with the running process, for signals, and again with each piece of output. */
  readonly onOutput?: (log: string, child: { readonly pid: number; signal(name: NodeJS.Signals): void }) => void
}

/** A step that is prepared but not started. */
export interface PreparedStep {
  /** The entry point in action.yml. */
  readonly main: string
  /** The complete environment of `main`. */
  readonly env: Readonly<Record<string, string>>
  /** Runs `post` after `main` has ended, unless the runner is lost; reads the results of both, and removes their files. */
  end(main: { readonly exitCode: number | null; readonly log: string }, runner?: 'lost'): Promise<StepResult>
}

/**
 * Runs the committed dist/ as the runner runs a step: the entry point in action.yml, with only the runner's environment,
 * inputs as variables with the defaults of action.yml, and empty files for the file commands.
 */
export async function runStep(options: StepOptions = {}): Promise<StepResult> {
  const step = prepareStep(options)
  return step.end(await start(step.main, step.env, options.onOutput))
}

/** Creates the files and the environment of a step, for callers that start `main` themselves. */
export function prepareStep(options: StepOptions = {}): PreparedStep {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-step-'))
  const files = Object.fromEntries(
    ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(folder, 'files', name)]),
  )
  const temp = join(folder, 'temp')
  mkdirSync(temp)
  mkdirSync(join(folder, 'files'))
  for (const file of Object.values(files)) writeFileSync(file, '')
  const env = {
    PATH: [...(options.path ?? []), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: join(folder, 'home'),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REPOSITORY: 'example/config',
    GITHUB_SERVER_URL: 'https://github.invalid',
    GITHUB_SHA: '0123456789012345678901234567890123456789',
    GITHUB_WORKSPACE: folder,
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: join(folder, 'tools'),
    ACTIONS_RUNTIME_TOKEN: 'runtime-token-of-the-job',
    ...files,
    ...inputVariables(options.with ?? {}),
    ...options.env,
  }
  return {
    main: join(root, action.runs.main),
    env,
    end: async ({ exitCode, log }, runner) => {
      const state = parseFileCommand(files.GITHUB_STATE)
      const stateVariables = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
      if (runner === undefined) await start(join(root, action.runs.post), { ...env, ...stateVariables })
      const outputs = parseFileCommand(files.GITHUB_OUTPUT)
      const { report = '' } = outputs
      const result = {
        exitCode,
        log,
        outputs,
        report: report === '' ? '' : readFileSync(report, 'utf8'),
        state,
        summary: readFileSync(files.GITHUB_STEP_SUMMARY ?? '', 'utf8'),
        commands: parseCommands(log),
        leftovers: readdirSync(temp).filter((name) => name !== basename(dirname(report))),
      }
      rmSync(folder, { recursive: true, force: true })
      return result
    },
  }
}

/** The commands with a name. */
export function commandsNamed(result: StepResult, name: string): Command[] {
  return result.commands.filter((command) => command.name === name)
}

function inputVariables(given: Readonly<Record<string, string>>): Record<string, string> {
  const unknown = Object.keys(given).filter((name) => action.inputs[name] === undefined)
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`)
  const values = Object.entries(action.inputs).map(([name, input]) => {
    const value = given[name] ?? (input.default ?? '').replace('${' + '{ github.token }}', 'token-of-the-workflow')
    return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]
  })
  return Object.fromEntries(values)
}

function start(
  script: string,
  env: Record<string, string>,
  onOutput?: StepOptions['onOutput'],
): Promise<{ exitCode: number | null; log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { env, cwd: dirname(script), stdio: ['ignore', 'pipe', 'pipe'] })
    const handle = { pid: child.pid ?? 0, signal: (name: NodeJS.Signals) => void child.kill(name) }
    let log = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk
        onOutput?.(log, handle)
      })
    }
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, log }))
  })
}

/** Parses the `NAME<<DELIMITER` blocks of a file command (runner: FileCommandManager). */
function parseFileCommand(file: string | undefined): Record<string, string> {
  const lines = readFileSync(file ?? '', 'utf8').split('\n')
  const values: Record<string, string> = {}
  for (let index = 0; index < lines.length; index += 1) {
    const [, name, delimiter] = /^(.+?)<<(.+)$/.exec(lines[index] ?? '') ?? []
    if (name === undefined || delimiter === undefined) continue
    const end = lines.indexOf(delimiter, index + 1)
    values[name] = lines.slice(index + 1, end).join('\n')
    index = end
  }
  return values
}

/**
 * Finds the commands in a log as the runner does (actions/runner, ActionCommand.cs): `::name props::message` after any
 * white space at a line's start, and the older `##[name props]message` anywhere in a line.
 */
export function parseCommands(log: string): Command[] {
  return log.split(/\r\n|\r|\n/).flatMap((line): Command[] => {
    const match =
      /^\s*::([^\s:]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/.exec(line) ??
      /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/.exec(line)
    if (match === null) return []
    const [, name = '', properties = '', message = ''] = match
    const pairs = properties.split(/[,;]/).flatMap((pair) => {
      const [key, ...value] = pair.split('=')
      return key === undefined || key === '' ? [] : [[key.trim(), decode(value.join('='))]]
    })
    return [{ name, properties: Object.fromEntries(pairs), message: decode(message) }]
  })
}

function decode(text: string): string {
  const characters: Record<string, string> = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' }
  return text.replaceAll(/%0D|%0A|%3A|%2C|%25/g, (code) => characters[code] ?? code)
}
