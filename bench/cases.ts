import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { git, makeRepository, temporaryFolder } from '../testbed/repository.ts'
import type { Deployer } from './deployer.ts'
import { freshGround, type Ground } from './ground.ts'
import {
  type Case,
  type Measurement,
  type Result,
  ROUND_TRIPS,
  type RoundTrip,
  type Run,
  resultOf,
  summed,
  wallOf,
} from './measurement.ts'
import { changeOne, type ManifestSet, writeMix } from './mix.ts'

/** Cases expected to take longer are estimated; runs that take twice as long are killed. */
const MAX_RUN_MS = 180_000
/** How long the first apply of the large set may take; without it the large cases cannot be measured. */
const MAX_SETUP_MS = 360_000
/** First applies that take at most this long are repeated, each on a fresh control plane. */
const MAX_REPEATED_MS = 15_000

const LARGE = ['large no-op', 'large change'] as const

/** The manifests of kube-prometheus, in a folder outside the project that may be missing. */
const prometheus = join(import.meta.dirname, '../../shared/corpora/kube-prometheus/manifests')

/** Whether the manifests of kube-prometheus exist. */
export const hasPrometheus = existsSync(prometheus)

/** The numbers of objects in the two mixes. */
export interface Sizes {
  readonly small: number
  readonly large: number
}

/** Called with each result. */
export type OnMeasurement = (measurement: Measurement) => void

/** Runs one deployer through all cases, on its own control planes. */
export class Trial {
  readonly #deployer: Deployer
  readonly #sizes: Sizes
  readonly #onMeasurement: OnMeasurement
  readonly #results: Measurement[] = []
  #revision = 0

  constructor(deployer: Deployer, sizes: Sizes, onMeasurement: OnMeasurement) {
    this.#deployer = deployer
    this.#sizes = sizes
    this.#onMeasurement = onMeasurement
  }

  /** Runs all cases and returns their results. */
  async run(): Promise<readonly Measurement[]> {
    const small = writeMix(join(temporaryFolder(), 'mix'), this.#sizes.small)
    for (const roundTrip of ROUND_TRIPS) await this.#firstAndAgain('first', 'no-op', small, roundTrip)
    await this.#large()
    if (!hasPrometheus || this.#deployer.isForMixOnly === true) return this.#results
    const set = copyOf(prometheus)
    for (const roundTrip of ROUND_TRIPS) {
      await this.#firstAndAgain('prometheus first', 'prometheus no-op', set, roundTrip)
    }
    return this.#results
  }

  /** Measures a first apply on a fresh control plane and a repetition of it; fast first applies run on more control planes. */
  async #firstAndAgain(first: Case, again: Case, set: ManifestSet, roundTrip: RoundTrip): Promise<void> {
    const [isFirstFeasible, isAgainFeasible] = [this.#isFeasible(first, roundTrip), this.#isFeasible(again, roundTrip)]
    if (!isFirstFeasible && !isAgainFeasible) return
    const runs: Run[] = []
    const apply = async (ground: Ground) => {
      runs.push(await this.#deploy(ground, set, isFirstFeasible ? roundTrip : 0))
    }
    await onFreshGround(async (ground) => {
      const isThere = await this.#caught([first, again], [roundTrip], () => apply(ground))
      if (!isThere || !isAgainFeasible) return
      await this.#caught([again], [roundTrip], async () => {
        await ground.settle()
        this.#record(again, roundTrip, await this.#repeat(ground, set, roundTrip))
      })
    })
    const further = isFirstFeasible && runs[0] !== undefined && runs[0].wall <= MAX_REPEATED_MS ? 2 : 0
    for (let count = 0; count < further; count += 1) {
      await onFreshGround((ground) => this.#caught([first], [roundTrip], () => apply(ground)))
    }
    if (this.#resultOf(first, roundTrip).state === 'absent') this.#record(first, roundTrip, summed(runs))
  }

  /** Whether a case can be measured in time; otherwise records the estimate. */
  #isFeasible(name: Case, roundTrip: RoundTrip): boolean {
    const wall = this.#estimate(name, roundTrip)
    if (wall > MAX_RUN_MS) this.#record(name, roundTrip, { state: 'estimated', wall })
    return wall <= MAX_RUN_MS
  }

  /** Applies the large set once, then measures no-ops and single changes at each round trip that is fast enough. */
  async #large(): Promise<void> {
    const setup = this.#scaled('first', 0)
    const wanted = ROUND_TRIPS.filter((one) => setup <= MAX_SETUP_MS && this.#scaled('no-op', one) <= MAX_RUN_MS)
    for (const roundTrip of ROUND_TRIPS.filter((one) => !wanted.includes(one))) this.#recordUnmeasured(roundTrip)
    if (wanted.length === 0) return
    const set = writeMix(join(temporaryFolder(), 'mix'), this.#sizes.large)
    await onFreshGround(async (ground) => {
      const isThere = await this.#caught(LARGE, wanted, async () => {
        await this.#deploy(ground, set, 0, 2 * MAX_SETUP_MS)
        await ground.settle()
      })
      if (!isThere) return
      for (const roundTrip of wanted) {
        await this.#caught(LARGE, [roundTrip], async () => {
          this.#record('large no-op', roundTrip, await this.#repeat(ground, set, roundTrip))
          this.#record('large change', roundTrip, await this.#repeat(ground, set, roundTrip, () => this.#change(set)))
        })
      }
    })
  }

  #recordUnmeasured(roundTrip: RoundTrip): void {
    const wall = this.#scaled('no-op', roundTrip)
    const result: Result = Number.isFinite(wall)
      ? { state: 'estimated', wall }
      : { state: 'failed', reason: 'not tried, because it fails with fewer objects' }
    for (const name of LARGE) this.#record(name, roundTrip, result)
  }

  #change(set: ManifestSet): number {
    this.#revision += 1
    changeOne(set, this.#revision)
    return this.#revision
  }

  /** Runs the deployer again on a deployed set: five times if it is fast. */
  async #repeat(ground: Ground, set: ManifestSet, roundTrip: RoundTrip, change?: () => number): Promise<Result> {
    const runs: Run[] = []
    do {
      const revision = change?.()
      runs.push(await ground.run(this.#deployer, set, roundTrip, 2 * MAX_RUN_MS))
      if (revision !== undefined) await expectRevision(ground, revision)
    } while (runs.length < rounds(runs[0]?.wall ?? 0))
    return summed(runs)
  }

  async #deploy(ground: Ground, set: ManifestSet, roundTrip: RoundTrip, timeout = 2 * MAX_RUN_MS): Promise<Run> {
    const run = await ground.run(this.#deployer, set, roundTrip, timeout)
    if (set.inNamespaces !== undefined) await expectObjects(ground, set.inNamespaces)
    return run
  }

  /** Runs `work` and returns true; if it throws, records a failure for cases without a result and returns false. */
  async #caught(cases: readonly Case[], roundTrips: readonly RoundTrip[], work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      for (const roundTrip of roundTrips) {
        for (const name of cases.filter((one) => this.#resultOf(one, roundTrip).state === 'absent')) {
          this.#record(name, roundTrip, { state: 'failed', reason })
        }
      }
      return false
    }
  }

  #record(name: Case, roundTrip: RoundTrip, result: Result): void {
    const measurement = { deployer: this.#deployer.key, case: name, roundTrip, result }
    this.#results.push(measurement)
    this.#onMeasurement(measurement)
  }

  /** The expected wall time of a case, extrapolated linearly from the shorter round trips; 0 if unknown. */
  #estimate(name: Case, roundTrip: RoundTrip): number {
    const [none, near] = [this.#wall(name, 0), this.#wall(name, 20)]
    if (roundTrip === 0 || none === undefined) return 0
    // With one measurement, the time at the shorter round trip is a lower bound.
    return near === undefined ? none : none + ((near - none) * roundTrip) / 20
  }

  /** The expected wall time of the large set, proportional to its size; infinite if the small set failed. */
  #scaled(name: Case, roundTrip: RoundTrip): number {
    return ((this.#wall(name, roundTrip) ?? Number.POSITIVE_INFINITY) * this.#sizes.large) / this.#sizes.small
  }

  #wall(name: Case, roundTrip: RoundTrip): number | undefined {
    return wallOf(this.#resultOf(name, roundTrip))
  }

  #resultOf(name: Case, roundTrip: RoundTrip): Result {
    return resultOf(this.#results, this.#deployer.key, name, roundTrip)
  }
}

function rounds(wall: number): number {
  if (wall < 5_000) return 5
  return wall < 20_000 ? 3 : 1
}

async function onFreshGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  const ground = await freshGround()
  try {
    return await work(ground)
  } finally {
    await ground.stop()
  }
}

/** Raises an error if not all objects exist after a run. */
async function expectObjects({ plane }: Ground, count: number): Promise<void> {
  const kinds = 'configmaps,services,serviceaccounts,deployments'
  const listing = await plane.kubectl(['get', kinds, '-A', '-l', 'app.kubernetes.io/part-of', '-o', 'name'])
  const found = listing.stdout.toString().trim().split('\n').length
  if (found !== count) throw new Error(`it succeeded, but only ${found} of ${count} objects exist`)
}

async function expectRevision({ plane }: Ground, revision: number): Promise<void> {
  const path = '-o=jsonpath={.data.REVISION}'
  const { stdout } = await plane.kubectl(['get', 'configmap', 'app-0', '--namespace=team-0', path])
  if (stdout.toString() !== String(revision)) throw new Error('it succeeded, but did not change the object')
}

function copyOf(manifests: string): ManifestSet {
  const folder = join(temporaryFolder(), 'set')
  makeRepository(folder, {})
  cpSync(manifests, folder, { recursive: true })
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message=all')
  return { folder }
}
