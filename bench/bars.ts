import { type Case, type Measurement, type RoundTrip, type Run, resultOf } from './measurement.ts'

/** A performance target, and whether Fairlead meets it. */
export interface Bar {
  readonly demand: string
  /** The measured value; undefined if it was not measured. */
  readonly found: string | undefined
  readonly isReached: boolean
}

type GetRun = (deployer: string, name: Case, roundTrip: RoundTrip) => Run

/** Compares measurements of the full sizes with the performance targets. */
export function bars(measurements: readonly Measurement[]): Bar[] {
  const getRun: GetRun = (deployer, name, roundTrip) => {
    const result = resultOf(measurements, deployer, name, roundTrip)
    if (result.state !== 'measured') throw new NotMeasured()
    return result
  }
  return DEMANDS.map(({ demand, value, unit, isEnough }) => {
    try {
      const found = value(getRun)
      return { demand, found: `${found.toFixed(unit === '' ? 0 : 1)}${unit}`, isReached: isEnough(found) }
    } catch (error) {
      if (error instanceof NotMeasured) return { demand, found: undefined, isReached: false }
      throw error
    }
  })
}

class NotMeasured extends Error {}

interface Demand {
  readonly demand: string
  readonly value: (getRun: GetRun) => number
  readonly unit: string
  readonly isEnough: (value: number) => boolean
}

const atMost = (bar: number) => (value: number) => value <= bar
const atLeast = (bar: number) => (value: number) => value >= bar

const DEMANDS: readonly Demand[] = [
  {
    demand: 'no-op of 10,000: at most 40 requests',
    value: (getRun) => getRun('fairlead', 'large no-op', 0).requests,
    unit: '',
    isEnough: atMost(40),
  },
  {
    demand: 'no-op of 10,000: at most 2 s',
    value: (getRun) => getRun('fairlead', 'large no-op', 0).wall / 1_000,
    unit: ' s',
    isEnough: atMost(2),
  },
  {
    demand: 'no-op of 10,000: less than 400 MB',
    value: (getRun) => (getRun('fairlead', 'large no-op', 0).memory * 2 ** 20) / 1e6,
    unit: ' MB',
    isEnough: (value) => value < 400,
  },
  {
    demand: 'no-op of 10,000 with a round trip of 100 ms: less than 4 s',
    value: (getRun) => getRun('fairlead', 'large no-op', 100).wall / 1_000,
    unit: ' s',
    isEnough: (value) => value < 4,
  },
  {
    demand: 'one change in 10,000: at most 10 requests more than a no-op',
    value: (getRun) => getRun('fairlead', 'large change', 0).requests - getRun('fairlead', 'large no-op', 0).requests,
    unit: '',
    isEnough: atMost(10),
  },
  {
    demand: 'no-op of 1,000: at least 50 times as fast as kubectl apply',
    value: (getRun) => getRun('kubectl-client', 'no-op', 0).wall / getRun('fairlead', 'no-op', 0).wall,
    unit: ' times',
    isEnough: atLeast(50),
  },
  {
    demand: 'first apply of 1,000 with a round trip of 20 ms: at least 5 times as fast as kubectl apply --server-side',
    value: (getRun) => getRun('kubectl-server', 'first', 20).wall / getRun('fairlead', 'first', 20).wall,
    unit: ' times',
    isEnough: atLeast(5),
  },
  {
    demand: 'first apply of 1,000: writing takes at most twice as long as with 32 parallel PATCHes',
    value: (getRun) => getRun('fairlead', 'first', 0).writing / getRun('patches', 'first', 0).writing,
    unit: ' times',
    isEnough: atMost(2),
  },
]
