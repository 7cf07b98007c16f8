/** Tells how far a long apply is. */
export interface Progress {
  /** Notes that one more object was answered. */
  step(): void
}

/** Between two lines, in milliseconds. */
const INTERVAL = 5_000

/** Makes a progress over a number of objects: a line every few seconds, with an estimate. */
export function makeProgress(total: number, log: (line: string) => void): Progress {
  const started = Date.now()
  let told = started
  let done = 0
  return {
    step: () => {
      done += 1
      const now = Date.now()
      if (now - told < INTERVAL || done >= total) return
      told = now
      const left = Math.ceil((((now - started) / done) * (total - done)) / 1000)
      log(`Applied ${done} of ${total}, about ${left} s to go.`)
    },
  }
}
