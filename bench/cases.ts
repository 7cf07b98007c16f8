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

/** What would take longer is estimated, and what turns out to take twice as long is ended; in milliseconds. */
const PATIENCE = 180_000
/** How long the first apply of the large set may take, without which there is nothing to measure. */
const SETUP_PATIENCE = 360_000
/** A first apply is repeated, each time on a fresh control plane, if it takes no longer than this. */
const QUICK = 15_000

const LARGE = ['large no-op', 'large change'] as const

/** The manifests of kube-prometheus, where they are beside the project. */
const prometheus = join(import.meta.dirname, '../../shared/corpora/kube-prometheus/manifests')

/** Whether there are cases with kube-prometheus. */
export const hasPrometheus = existsSync(prometheus)

/** How many objects the two mixes have. */
export interface Sizes {
  readonly small: number
  readonly large: number
}

/** Called with each result as soon as it is known. */
export type OnMeasurement = (measurement: Measurement) => void

/** Puts one deployer through every case, on control planes that no other deployer sees. */
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

  /** A first apply on a fresh control plane, then the same again; where it is quick, first applies on further ones. */
  async #firstAndAgain(first: Case, again: Case, set: ManifestSet, roundTrip: RoundTrip): Promise<void> {
    const [isFirstBearable, isAgainBearable] = [this.#isBearable(first, roundTrip), this.#isBearable(again, roundTrip)]
    if (!isFirstBearable && !isAgainBearable) return
    const runs: Run[] = []
    const apply = async (ground: Ground) => {
      runs.push(await this.#deploy(ground, set, isFirstBearable ? roundTrip : 0))
    }
    await onFreshGround(async (ground) => {
      const isThere = await this.#caught([first, again], [roundTrip], () => apply(ground))
      if (!isThere || !isAgainBearable) return
      await this.#caught([again], [roundTrip], async () => {
        await ground.settle()
        this.#note(again, roundTrip, await this.#repeat(ground, set, roundTrip))
      })
    })
    const further = isFirstBearable && runs[0] !== undefined && runs[0].wall <= QUICK ? 2 : 0
    for (let count = 0; count < further; count += 1) {
      await onFreshGround((ground) => this.#caught([first], [roundTrip], () => apply(ground)))
    }
    if (this.#resultOf(first, roundTrip).state === 'absent') this.#note(first, roundTrip, summed(runs))
  }

  /** Tells whether a case is worth waiting for; notes what it would take if not. */
  #isBearable(name: Case, roundTrip: RoundTrip): boolean {
    const wall = this.#guess(name, roundTrip)
    if (wall > PATIENCE) this.#note(name, roundTrip, { state: 'estimated', wall })
    return wall <= PATIENCE
  }

  /** The large set is applied once, and then left alone and changed in one place, at each distance that is bearable. */
  async #large(): Promise<void> {
    const setup = this.#scaled('first', 0)
    const wanted = ROUND_TRIPS.filter((one) => setup <= SETUP_PATIENCE && this.#scaled('no-op', one) <= PATIENCE)
    for (const roundTrip of ROUND_TRIPS.filter((one) => !wanted.includes(one))) this.#passOver(roundTrip)
    if (wanted.length === 0) return
    const set = writeMix(join(temporaryFolder(), 'mix'), this.#sizes.large)
    await onFreshGround(async (ground) => {
      const isThere = await this.#caught(LARGE, wanted, async () => {
        await this.#deploy(ground, set, 0, 2 * SETUP_PATIENCE)
        await ground.settle()
      })
      if (!isThere) return
      for (const roundTrip of wanted) {
        await this.#caught(LARGE, [roundTrip], async () => {
          this.#note('large no-op', roundTrip, await this.#repeat(ground, set, roundTrip))
          this.#note('large change', roundTrip, await this.#repeat(ground, set, roundTrip, () => this.#change(set)))
        })
      }
    })
  }

  #passOver(roundTrip: RoundTrip): void {
    const wall = this.#scaled('no-op', roundTrip)
    const result: Result = Number.isFinite(wall)
      ? { state: 'estimated', wall }
      : { state: 'failed', reason: 'not tried, as it does not work with fewer objects' }
    for (const name of LARGE) this.#note(name, roundTrip, result)
  }

  #change(set: ManifestSet): number {
    this.#revision += 1
    changeOne(set, this.#revision)
    return this.#revision
  }

  /** Runs the deployer on what it has deployed before: five times if that is quick. */
  async #repeat(ground: Ground, set: ManifestSet, roundTrip: RoundTrip, change?: () => number): Promise<Result> {
    const runs: Run[] = []
    do {
      const revision = change?.()
      runs.push(await ground.run(this.#deployer, set, roundTrip, 2 * PATIENCE))
      if (revision !== undefined) await expectRevision(ground, revision)
    } while (runs.length < rounds(runs[0]?.wall ?? 0))
    return summed(runs)
  }

  async #deploy(ground: Ground, set: ManifestSet, roundTrip: RoundTrip, patience = 2 * PATIENCE): Promise<Run> {
    const run = await ground.run(this.#deployer, set, roundTrip, patience)
    if (set.inNamespaces !== undefined) await expectObjects(ground, set.inNamespaces)
    return run
  }

  /** Does some work and returns true; notes a failure for what has no result yet, and returns false. */
  async #caught(cases: readonly Case[], roundTrips: readonly RoundTrip[], work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      for (const roundTrip of roundTrips) {
        for (const name of cases.filter((one) => this.#resultOf(one, roundTrip).state === 'absent')) {
          this.#note(name, roundTrip, { state: 'failed', reason })
        }
      }
      return false
    }
  }

  #note(name: Case, roundTrip: RoundTrip, result: Result): void {
    const measurement = { deployer: this.#deployer.key, case: name, roundTrip, result }
    this.#results.push(measurement)
    this.#onMeasurement(measurement)
  }

  /** What a case takes at a distance, by a line through the two shorter distances; nought where nothing is known. */
  #guess(name: Case, roundTrip: RoundTrip): number {
    const [none, near] = [this.#wall(name, 0), this.#wall(name, 20)]
    if (roundTrip === 0 || none === undefined) return 0
    // The first distance tells nothing about the second, but is no shorter.
    return near === undefined ? none : none + ((near - none) * roundTrip) / 20
  }

  /** What the large set takes, if it takes as much longer as it is larger; infinite where the small set failed. */
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

/** A deployer that is done has deployed everything. */
async function expectObjects({ plane }: Ground, count: number): Promise<void> {
  const kinds = 'configmaps,services,serviceaccounts,deployments'
  const listing = await plane.kubectl(['get', kinds, '-A', '-l', 'app.kubernetes.io/part-of', '-o', 'name'])
  const found = listing.stdout.toString().trim().split('\n').length
  if (found !== count) throw new Error(`it ended without an error, but ${found} of ${count} objects are there`)
}

async function expectRevision({ plane }: Ground, revision: number): Promise<void> {
  const path = '-o=jsonpath={.data.REVISION}'
  const { stdout } = await plane.kubectl(['get', 'configmap', 'app-0', '--namespace=team-0', path])
  if (stdout.toString() !== String(revision))
    throw new Error('it ended without an error, but did not change the object')
}

function copyOf(manifests: string): ManifestSet {
  const folder = join(temporaryFolder(), 'set')
  makeRepository(folder, {})
  cpSync(manifests, folder, { recursive: true })
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message=all')
  return { folder }
}
