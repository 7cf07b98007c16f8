import { setTimeout as wait } from 'node:timers/promises'

/** Time as it passes here, in milliseconds; `wall` may be set, `steady` may stand still while the machine sleeps. */
export interface Clock {
  steady(): number
  wall(): number
  /** Rejects when the signal aborts. */
  sleep(time: number, signal?: AbortSignal): Promise<void>
}

/** The clock of this machine. */
export const CLOCK: Clock = {
  steady: () => performance.now(),
  wall: () => Date.now(),
  sleep: (time, signal) => wait(time, undefined, signal === undefined ? {} : { signal }),
}
