import { setTimeout as wait } from 'node:timers/promises'

/** A clock, in milliseconds. `wall` may jump when the time is set; `steady` may stop while the machine sleeps. */
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

/** The current time as in `managedFields`: RFC 3339, in seconds. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+/, '')
}
