/** The progress of a long apply. */
export interface Progress {
  /** Counts one more object that was answered. */
  step(): void
}

/** Between two lines, in milliseconds. */
const LINE_INTERVAL_MS = 5_000

/** Makes a progress over a number of objects: a line every few seconds, with an estimate. */
export function makeProgress(total: number, log: (line: string) => void): Progress {
  const started = Date.now()
  let told = started
  let done = 0
  return {
    step: () => {
      done += 1
      const now = Date.now()
      if (now - told < LINE_INTERVAL_MS || done >= total) return
      told = now
      const left = Math.ceil((((now - started) / done) * (total - done)) / 1000)
      log(`Applied ${done} of ${total}, about ${left} s to go.`)
    },
  }
}
