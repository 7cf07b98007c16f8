import { median } from './child.ts'

/** The network round trips between deployer and server, in milliseconds. */
export const ROUND_TRIPS = [0, 20, 100] as const

export type RoundTrip = (typeof ROUND_TRIPS)[number]

/** A task for a deployer. */
export const CASES = ['first', 'no-op', 'large no-op', 'large change', 'prometheus first', 'prometheus no-op'] as const

export type Case = (typeof CASES)[number]

/** The cost of one run, with times in milliseconds. */
export interface Run {
  readonly wall: number
  readonly cpu: number
  /** The peak of the sum over all processes, in MiB. */
  readonly memory: number
  /** The number of requests in the audit log. */
  readonly requests: number
  /** From the first to the last write received by the API server; 0 without writes. */
  readonly writing: number
}

/** The result of a case: the medians of its runs, the estimated wall time, or why it failed. */
export type Result =
  | ({ readonly state: 'measured'; readonly rounds: number } & Run)
  | { readonly state: 'estimated'; readonly wall: number }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'absent' }

/** A result with its deployer, case and round trip. */
export interface Measurement {
  readonly deployer: string
  readonly case: Case
  readonly roundTrip: RoundTrip
  readonly result: Result
}

/** The result of one deployer in one case; absent if it was not measured. */
export function resultOf(
  measurements: readonly Measurement[],
  deployer: string,
  name: Case,
  roundTrip: RoundTrip,
): Result {
  const found = measurements.find(
    (one) => one.deployer === deployer && one.case === name && one.roundTrip === roundTrip,
  )
  return found?.result ?? { state: 'absent' }
}

/** The median of each value of some runs. */
export function summed(runs: readonly Run[]): Result {
  const of = (value: (run: Run) => number) => median(runs.map(value))
  return {
    state: 'measured',
    rounds: runs.length,
    wall: of(({ wall }) => wall),
    cpu: of(({ cpu }) => cpu),
    memory: of(({ memory }) => memory),
    requests: of(({ requests }) => requests),
    writing: of(({ writing }) => writing),
  }
}

/** The measured or estimated wall time of a result, if it has one. */
export function wallOf(result: Result): number | undefined {
  return result.state === 'measured' || result.state === 'estimated' ? result.wall : undefined
}
