import { median } from './child.ts'

/** The round trips of the network between deployer and server, in milliseconds. */
export const ROUND_TRIPS = [0, 20, 100] as const

export type RoundTrip = (typeof ROUND_TRIPS)[number]

/** What is asked of a deployer. */
export const CASES = ['first', 'no-op', 'large no-op', 'large change', 'prometheus first', 'prometheus no-op'] as const

export type Case = (typeof CASES)[number]

/** What one run cost; times in milliseconds. */
export interface Run {
  readonly wall: number
  readonly cpu: number
  /** In MiB, the largest sum over all processes at any time. */
  readonly memory: number
  /** What the API server counted. */
  readonly requests: number
  /** From the first to the last request that writes, as the API server received them; 0 where nothing was written. */
  readonly writing: number
}

/** What came of a case: the medians of its runs, the wall time that it would take, or why it does not work. */
export type Result =
  | ({ readonly state: 'measured'; readonly rounds: number } & Run)
  | { readonly state: 'estimated'; readonly wall: number }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'absent' }

/** A result with the deployer, the case and the network that it belongs to. */
export interface Measurement {
  readonly deployer: string
  readonly case: Case
  readonly roundTrip: RoundTrip
  readonly result: Result
}

/** The result of one deployer in one case; absent where it was not asked for. */
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

/** The medians of some runs, each value for itself. */
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

/** The wall time of a result, measured or estimated; undefined where there is none. */
export function wallOf(result: Result): number | undefined {
  return result.state === 'measured' || result.state === 'estimated' ? result.wall : undefined
}
