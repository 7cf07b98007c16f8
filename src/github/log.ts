import * as core from '@actions/core'
import type { RunEvent } from '../engine/events.ts'
import { inputStyle } from '../hint.ts'
import type { Redactor } from '../report/redactor.ts'
import { eventLines, orderLines, PHASE_TITLES } from '../report/text.ts'

/** The log of a step. All texts are redacted. */
export interface Log {
  /** Writes a text of one or more lines. */
  write(text: string): void
  /** Writes an event: phases as groups and, with debug logging, the reasons for the apply order. */
  event(event: RunEvent): void
}

/** Opens the log of the step. */
export function openLog(redactor: Redactor): Log {
  const write = (text: string) => core.info(redactor.redact(text))
  return {
    write,
    event: (event) => {
      if (event.type === 'phase-started') core.startGroup(PHASE_TITLES[event.phase])
      else if (event.type === 'phase-finished') core.endGroup()
      else for (const line of eventLines(event, inputStyle)) write(line)
      if (event.type === 'sorted' && core.isDebug())
        for (const line of orderLines(event.order)) core.debug(redactor.redact(line))
    },
  }
}
