import { resolve } from 'node:path'
import { Failure } from '../diagnostics.ts'
import type { RunnerFacts } from '../options/runner-facts.ts'
import type { Environment } from '../process.ts'

/**
 * Reads the environment that the runner of GitHub Actions gives to a step; `platform` is `process.platform`. Raises E-INPUT
 * on Windows, and if the URL of the server is invalid.
 */
export function readRunner(environment: Environment, platform: NodeJS.Platform): RunnerFacts {
  if (platform === 'win32') {
    const message = 'Fairlead runs on Linux and macOS, not on Windows.'
    const hint = 'Set `runs-on: ubuntu-latest`.'
    throw new Failure({ code: 'E-INPUT', reason: 'PlatformNotSupported', message, hint })
  }
  const serverUrl = environment.GITHUB_SERVER_URL || 'https://github.com'
  if (!URL.canParse(serverUrl)) {
    const message = `GITHUB_SERVER_URL is not a URL: ${serverUrl}`
    const hint = 'Do not set this variable. The runner sets it.'
    throw new Failure({ code: 'E-INPUT', reason: 'InvalidServerUrl', message, hint })
  }
  return {
    input: (name) => environment[`INPUT_${name.toUpperCase()}`],
    serverUrl,
    repository: environment.GITHUB_REPOSITORY ?? '',
    sha: environment.GITHUB_SHA ?? '',
    ref: environment.GITHUB_REF ?? '',
    event: environment.GITHUB_EVENT_NAME ?? '',
    runUrl: runUrl(environment, serverUrl),
    toolCache: environment.RUNNER_TOOL_CACHE ?? '',
    workspace: resolve(environment.GITHUB_WORKSPACE ?? '.'),
    tempDir: environment.RUNNER_TEMP || environment.TMPDIR || '/tmp',
    environment: { ...environment },
  }
}

function runUrl(environment: Environment, serverUrl: string): string {
  const { GITHUB_REPOSITORY: repository = '', GITHUB_RUN_ID: id = '', GITHUB_RUN_ATTEMPT: attempt = '' } = environment
  if (repository === '' || id === '') return ''
  return `${new URL(serverUrl).origin}/${repository}/actions/runs/${id}${attempt === '' ? '' : `/attempts/${attempt}`}`
}
