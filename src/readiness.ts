import type { Outcome } from './apply/outcome.ts'
import { CLOCK } from './clock.ts'
import type { Location, Problem, Warning } from './errors.ts'
import { isRun } from './manifests/hooks.ts'
import { countOf, describe, type ObjectId } from './manifests/manifest.ts'
import { isChange } from './plan/action.ts'
import type { Report } from './report/report.ts'
import { ailmentsIn, problemsIn } from './waiting/ailment.ts'
import { type Awaited, awaitedFrom, isWaitedFor } from './waiting/awaited.ts'
import type { Judgement } from './waiting/judgement.ts'
import type { Lookout } from './waiting/lookout.ts'
import { openWaiter, type WaitOptions } from './waiting/wait.ts'

/** What waiting at the end of a run needs. */
export interface ReadinessOptions extends Pick<WaitOptions, 'signal' | 'timeout'> {
  readonly lookout: Lookout
  readonly report: Report
  /** Whether an object was ready when this run looked at it, where nothing was done since. */
  readonly wasReady?: (id: ObjectId) => boolean
  /** The run that has written after this one, if one has. Under the lock none can. */
  readonly successor?: () => Promise<string | undefined>
}

/**
 * Waits until everything is ready that was applied, or was as it should be, but for hooks, which have run by then. Notes what is
 * not, also while it waits, and returns a problem for each (E-HEALTH) that tells what follows from it.
 */
export async function untilReady(
  outcomes: readonly Pick<Outcome, 'manifest' | 'result'>[],
  consequence: string,
  { lookout, report, signal, timeout, successor, wasReady = () => false }: ReadinessOptions,
): Promise<readonly Problem[]> {
  const since = CLOCK.steady()
  const awaited = outcomes.flatMap((outcome) => {
    const { manifest, result } = outcome
    if ((result !== 'unchanged' && !isChange(outcome)) || isRun(manifest) || !isWaitedFor(manifest)) return []
    return [{ ...awaitedFrom(manifest, result !== 'unchanged', since), location: manifest.location }]
  })
  if (awaited.length === 0) return []
  return report.phase('Wait until everything is ready', async () => {
    const waiter = openWaiter(lookout, {
      ...{ signal, timeout, log: report.log },
      heed: (judgements) => report.note({ unhealthy: ailmentsIn(judgements) }),
    })
    const seen = await waiter.settle(awaited.filter(({ id }) => !wasReady(id)))
    const gone = await goneWith(successor, seen)
    const settled = new Map([...seen].filter(([object]) => !gone.has(object)))
    const unhealthy = ailmentsIn(settled)
    const guesses = [...settled].flatMap(([{ id, location }, { isGuess, health }]) => {
      const message = `Nobody can tell whether it is ready: ${health.reason}.`
      const next = 'It counts as ready. See whether its controller runs.'
      return isGuess ? [{ message, location, object: describe(id), next }] : []
    })
    const warnings = [...guesses, ...gone.values()]
    report.note({ unhealthy, isReady: unhealthy.length + warnings.length === 0 })
    report.warn(warnings)
    report.log(
      unhealthy.length === 0
        ? `Everything is ready: ${countOf(awaited)} looked at.`
        : `Not ready: ${unhealthy.length} of ${countOf(awaited)} looked at.`,
    )
    return problemsIn(settled, lookout, consequence)
  })
}

/** An object to wait for, and where it is written. */
type Placed = Awaited & { readonly location: Location }

/** Those objects that are gone while a later run keeps the set, with what is to be said of that: they are its concern. */
async function goneWith(
  successor: ReadinessOptions['successor'],
  seen: ReadonlyMap<Placed, Judgement>,
): Promise<ReadonlyMap<Placed, Warning>> {
  const gone = [...seen].filter(([, { isReady, health }]) => !isReady && health.status === 'Missing')
  const run = gone.length === 0 ? undefined : await successor?.()
  if (run === undefined) return new Map()
  const message = `It went while this run waited for it, and a later run has written the set since: ${run}.`
  const next = 'Look there what became of it.'
  return new Map(gone.map(([each]) => [each, { message, location: each.location, object: describe(each.id), next }]))
}
