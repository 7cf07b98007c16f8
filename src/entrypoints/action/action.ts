import { saveState } from '@actions/core'
import { type Diagnostic, diagnosticsOf } from '../../diagnostics.ts'
import { reconcile } from '../../engine/run.ts'
import { readRunner } from '../../github/runner.ts'
import { readConfig } from '../../options/config.ts'
import { endDescendants } from '../../process.ts'
import { openReport } from '../../report/report.ts'
import { makeTempDir, removeTempDir } from '../../temp-dir.ts'

/** The workflow step: runs one reconcile with the step's inputs, reports, and sets the process's exit code. */
export async function runAction(): Promise<void> {
  const report = openReport()
  const stop = new AbortController()
  // The runner signals this process only: the children have to hear it from us.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      endDescendants()
      stop.abort()
    })
  }
  let temp: string | undefined
  const problems = await attempt(async () => {
    const config = readConfig(readRunner(process.env, process.platform))
    report.mask(config.secrets)
    temp = config.tempDir
    const tempDir = makeTempDir(config.tempDir)
    // Read by the post step, should this process be killed before it has cleaned up.
    const save = (name: string, value: string) => {
      try {
        saveState(name, value)
      } catch (error) {
        report.log(`The step's state could not be saved: ${error instanceof Error ? error.message : error}`)
      }
    }
    save('scratch', tempDir)
    try {
      const leave = (lock: string) => save('lock', lock)
      await reconcile(config, { report, signal: stop.signal, tempDir, leave })
    } finally {
      removeTempDir(tempDir)
    }
  }, stop.signal)
  const result = await report.finish(problems, temp)
  process.exitCode = result === 'failed' ? 1 : 0
}

async function attempt(work: () => Promise<void>, signal: AbortSignal): Promise<readonly Diagnostic[]> {
  try {
    await work()
    return []
  } catch (error) {
    if (signal.aborted) {
      const hint = 'Run it again: what is done stays done, and the rest follows.'
      return [{ code: 'E-CANCEL', message: 'The run was cancelled.', hint }]
    }
    return diagnosticsOf(error)
  }
}
