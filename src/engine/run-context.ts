import type { Emit, EmitRunEvent } from './events.ts'

/** What a run needs beside its configuration. */
export interface RunContext {
  readonly emit: EmitRunEvent
  /** Keeps texts out of every output from now on. */
  readonly addSecrets: (secrets: Iterable<string>) => void
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
  /** A private folder that is removed at the end. */
  readonly tempDir: string
  /** Saves the lock that a set holds, in case the process ends before it is released; an empty string for none. */
  readonly saveLock: (lock: string) => void
}

/** The same for one set. */
export interface SetContext extends Omit<RunContext, 'emit'> {
  readonly emit: Emit
}
