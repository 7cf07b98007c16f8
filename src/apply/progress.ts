import type { ApplyEvent } from './apply-event.ts'

/** The progress of a long apply. */
export interface Progress {
  /** Counts one more object that was answered. */
  step(): void
}

/** Between two events. */
const INTERVAL_MS = 5_000

/** Makes a progress over a number of objects: an event every few seconds, with an estimate. */
export function makeProgress(total: number, emit: (event: ApplyEvent) => void): Progress {
  const started = Date.now()
  let told = started
  let done = 0
  return {
    step: () => {
      done += 1
      const now = Date.now()
      if (now - told < INTERVAL_MS || done >= total) return
      told = now
      const secondsLeft = Math.ceil((((now - started) / done) * (total - done)) / 1000)
      emit({ type: 'apply-progress', done, total, secondsLeft })
    },
  }
}
