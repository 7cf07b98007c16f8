import { type Case, type Measurement, type RoundTrip, type Run, resultOf } from './measurement.ts'

/** Something that Fairlead has to reach, and whether it does. */
export interface Bar {
  readonly demand: string
  /** What was measured; undefined where it was not. */
  readonly found: string | undefined
  readonly isReached: boolean
}

type Look = (deployer: string, name: Case, roundTrip: RoundTrip) => Run

/** Holds measurements of the full sizes against what Fairlead has to reach. */
export function bars(measurements: readonly Measurement[]): Bar[] {
  const look: Look = (deployer, name, roundTrip) => {
    const result = resultOf(measurements, deployer, name, roundTrip)
    if (result.state !== 'measured') throw new NotMeasured()
    return result
  }
  return DEMANDS.map(({ demand, value, unit, isEnough }) => {
    try {
      const found = value(look)
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
  readonly value: (look: Look) => number
  readonly unit: string
  readonly isEnough: (value: number) => boolean
}

const atMost = (bar: number) => (value: number) => value <= bar
const atLeast = (bar: number) => (value: number) => value >= bar

const DEMANDS: readonly Demand[] = [
  {
    demand: 'no-op of 10,000: at most 40 requests',
    value: (look) => look('fairlead', 'large no-op', 0).requests,
    unit: '',
    isEnough: atMost(40),
  },
  {
    demand: 'no-op of 10,000: at most 2 s',
    value: (look) => look('fairlead', 'large no-op', 0).wall / 1_000,
    unit: ' s',
    isEnough: atMost(2),
  },
  {
    demand: 'no-op of 10,000: less than 400 MB',
    value: (look) => (look('fairlead', 'large no-op', 0).memory * 2 ** 20) / 1e6,
    unit: ' MB',
    isEnough: (value) => value < 400,
  },
  {
    demand: 'no-op of 10,000 with 100 ms to the server and back: less than 4 s',
    value: (look) => look('fairlead', 'large no-op', 100).wall / 1_000,
    unit: ' s',
    isEnough: (value) => value < 4,
  },
  {
    demand: 'one change in 10,000: at most 10 requests more than none',
    value: (look) => look('fairlead', 'large change', 0).requests - look('fairlead', 'large no-op', 0).requests,
    unit: '',
    isEnough: atMost(10),
  },
  {
    demand: 'no-op of 1,000: at least 50 times as fast as kubectl apply',
    value: (look) => look('kubectl-client', 'no-op', 0).wall / look('fairlead', 'no-op', 0).wall,
    unit: ' times',
    isEnough: atLeast(50),
  },
  {
    demand: 'first apply of 1,000 with 20 ms: at least 5 times as fast as kubectl apply --server-side',
    value: (look) => look('kubectl-server', 'first', 20).wall / look('fairlead', 'first', 20).wall,
    unit: ' times',
    isEnough: atLeast(5),
  },
  {
    demand: 'first apply of 1,000: writing takes at most twice as long as with 32 PATCHes at a time',
    value: (look) => look('fairlead', 'first', 0).writing / look('patches', 'first', 0).writing,
    unit: ' times',
    isEnough: atMost(2),
  },
]
