import type { ApplyEvent } from './apply-event.ts'

/** The progress of a long apply. */
export interface Progress {
  /** Counts one object for which the server has responded. */
  step(): void
}

/** The minimum interval between two events. */
const INTERVAL_MS = 5_000

/** Tracks the progress over `total` objects: emits an event every few seconds, with the estimated time left. */
export function makeProgress(total: number, emit: (event: ApplyEvent) => void): Progress {
  const started = Date.now()
  let lastEvent = started
  let done = 0
  return {
    step: () => {
      done += 1
      const now = Date.now()
      if (now - lastEvent < INTERVAL_MS || done >= total) return
      lastEvent = now
      const secondsLeft = Math.ceil((((now - started) / done) * (total - done)) / 1000)
      emit({ type: 'apply-progress', done, total, secondsLeft })
    },
  }
}
