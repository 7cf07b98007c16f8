import { type Diagnostic, diagnosticsOf } from '../../diagnostics.ts'
import type { Config } from '../../engine/config.ts'
import { run } from '../../engine/run.ts'
import type { RunContext } from '../../engine/run-context.ts'
import { openLog } from '../../github/log.ts'
import { publish } from '../../github/publish.ts'
import { readRunner } from '../../github/runner.ts'
import { addMasks, saveForPost } from '../../github/state.ts'
import { inputStyle } from '../../hint.ts'
import { readConfig } from '../../options/config.ts'
import { endDescendants } from '../../process.ts'
import { openRecorder } from '../../report/recorder.ts'
import { makeRedactor } from '../../report/redactor.ts'
import { makeTempDir, removeTempDir } from '../../temp-dir.ts'

/** Runs Fairlead with the inputs of a workflow step, publishes the report, and sets the exit code. */
export async function runAction(): Promise<void> {
  const redactor = makeRedactor()
  const log = openLog(redactor)
  const recorder = openRecorder(inputStyle)
  const stop = new AbortController()
  // The runner signals only this process, which must end its children itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      endDescendants()
      stop.abort()
    })
  }
  const emit: RunContext['emit'] = (event, set) => {
    recorder.record(event, set)
    log.event(event)
  }
  const save = (name: string, value: string) => {
    try {
      saveForPost(name, value)
    } catch (error) {
      log.write(`Cannot save the state for the post step: ${error instanceof Error ? error.message : error}`)
    }
  }
  let config: Config | undefined
  const errors = await attempt(async () => {
    config = readConfig(readRunner(process.env, process.platform))
    redactor.addSecrets(config.secrets)
    addMasks(config.secrets)
    const tempDir = makeTempDir(config.tempDir)
    // The post step cleans up if this process is killed.
    save('tempDir', tempDir)
    try {
      const saveLock = (lock: string) => save('lock', lock)
      await run(config, { emit, addSecrets: redactor.addSecrets, signal: stop.signal, tempDir, saveLock })
    } finally {
      removeTempDir(tempDir)
    }
  }, stop.signal)
  if (errors.length > 0) emit({ type: 'failed', errors })
  const report = recorder.report()
  await publish(report, { redactor, log, config })
  process.exitCode = report.result === 'failed' ? 1 : 0
}

async function attempt(work: () => Promise<void>, signal: AbortSignal): Promise<readonly Diagnostic[]> {
  try {
    await work()
    return []
  } catch (error) {
    if (!signal.aborted) return diagnosticsOf(error)
    const hint = 'Run again. Completed changes are kept, and the next run makes the others.'
    return [{ code: 'E-CANCEL', reason: 'Cancelled', message: 'The run was cancelled.', hint }]
  }
}
