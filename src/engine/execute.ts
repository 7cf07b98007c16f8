import { type Application, apply } from '../apply/apply.ts'
import type { Outcome } from '../apply/apply-result.ts'
import type { Outsiders } from '../apply/external-dependencies.ts'
import { type Pruning, prune } from '../prune/prune.ts'
import type { ApplyOptions } from '../apply/kubectl-stream.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { Config } from '../options/config.ts'
import { gitEnvironment } from '../environment.ts'
import { Failure, failIfAny, isCut, type Problem, problemsOf } from '../diagnostics.ts'
import { type Inventory, parentOf } from '../inventory/inventory.ts'
import { acquireLease, type Lease } from '../inventory/lock/lease.ts'
import { EMPTY, type InventoryRecord, type Selection } from '../inventory/record.ts'
import { unitePacked } from '../inventory/scope-fingerprint.ts'
import { isOfInventory, type Stored, writeRecord } from '../inventory/store.ts'
import { describe } from '../object/manifest.ts'
import type { Ordering } from '../graph/apply-order.ts'
import { isChange } from '../plan/object-plan.ts'
import { isPruned } from '../plan/prune-decision.ts'
import { expecting, type Memory, remember, without } from '../inventory/next-record.ts'
import type { Plan, Situation } from '../plan/plan.ts'
import { changesOf, withheld } from '../plan/prune-limits.ts'
import { untilReady } from './wait-ready.ts'
import { departureLine } from '../report/text.ts'
import { outcomeLine, type Report } from '../report/report.ts'
import { type Standing, standingOf } from '../source/commit-ancestry.ts'
import type { Source } from '../source/source-tree.ts'
import type { Lookout } from '../wait/status-reader.ts'

/** What a run is going to do, and what it knows of the cluster. */
export interface Prospect {
  readonly stored: Stored
  readonly survey: Situation
  readonly plan: Plan
}

/** What carrying out a plan needs beside it. */
export interface Execution {
  readonly ordering: Ordering
  readonly outsiders: Outsiders
  readonly source: Source
  readonly cluster: Cluster
  readonly config: Config
  readonly report: Report
  /** Where one sees from what has become of objects. */
  readonly lookout: Lookout
  readonly signal: AbortSignal
  /** A private folder that is removed at the end. */
  readonly scratch: string
  /** Notes what has to be put in order after this process; an empty text for nothing. */
  readonly leave: (lock: string) => void
  /** Completes outcomes by the places in the files that they are about. */
  readonly locate: (outcomes: readonly Outcome[]) => readonly Outcome[]
}

/** Whether a plan asks for nothing, not even for another record of it. */
export function isSettled({ survey, plan }: Prospect, { source, cluster }: Execution): boolean {
  const isQuiet = !plan.actions.some(isChange) && plan.departures.every(({ result }) => result === 'kept')
  const memory = remember(survey.record?.entries, plan, survey.trials, new Map(), [])
  const { record } = survey
  if (!isQuiet || memory.isNew || record === undefined || survey.applyOnly !== undefined) return false
  const next = recordAfter(record, memory.entries, plan, survey, source, cluster)
  const about = (each: InventoryRecord) => [each.commit, each.branch, each.cluster, each.serverVersion, each.files]
  return about(record).join('\n') === about(next).join('\n') && isSameSelection(record.selection, next.selection)
}

function isSameSelection(a: Selection, b: Selection): boolean {
  return Object.keys(a).length === Object.keys(b).length && changesOf(a, b).length === 0
}

/**
 * Carries out a plan as the only run of its set: takes the lock, makes sure that the plan still holds and that the commit is the
 * newest one, notes what is going to be ours, applies, deletes what has left Git, and notes what came of it. `again` plans
 * anew, where another run has written meanwhile. Every write passes one check: that it is in the plan, and that the lock is held.
 * Returns what was done; raises a `Failure` where not all of it could be.
 */
export async function execute(first: Prospect, again: () => Promise<Prospect>, execution: Execution): Promise<Done> {
  const { cluster, config, report, signal, leave } = execution
  const { inventory } = first.survey
  const leaseApi = cluster.openApi(new AbortController().signal, LOCK_SILENCE)
  leaseApi.admitWrites(async () => {})
  try {
    const isFirst = first.stored.version === ''
    const lease = await report.phase('Take the lock', async () => {
      const options = { patience: config.policy.lockTimeout, signal, log: report.log, who: config.run, isFirst }
      return acquireLease(inventory, leaseApi, options)
    })
    leave(JSON.stringify({ namespace: inventory.namespace, name: inventory.name, holder: lease.holder }))
    try {
      // While this run waited, much may have happened; without another run's hand in it, too.
      let prospect = lease.isWaitedFor ? await again() : first
      for (let attempt = 1; ; attempt += 1) {
        const done = await underLock(prospect, lease, execution)
        if (done !== undefined) return done
        if (attempt === ATTEMPTS) failIfAny([overwritten(inventory)])
        report.log('Another run has written since this one looked: looking again.')
        prospect = await again()
      }
    } finally {
      if (await lease.release()) leave('')
    }
  } finally {
    leaseApi.close()
  }
}

/** Under the lock one more look is enough, unless somebody writes the inventory without it. */
const ATTEMPTS = 3

/** How long the server may be silent about the lock, in milliseconds: who is cancelled has no more than some seconds. */
const LOCK_SILENCE = 5_000

/** Carries out a plan; undefined where another run has written since it was made, and nothing was done. */
async function underLock(
  { stored, survey, plan }: Prospect,
  lease: Lease,
  execution: Execution,
): Promise<Done | undefined> {
  const { source, cluster, report } = execution
  const { inventory, record, trials } = survey
  const standing = await requireNewest(record, execution)
  const departures = standing.kind === 'rewritten' ? withheld(plan.departures, REWRITTEN) : plan.departures
  const allowed = { ...plan, departures }
  cluster.api.admitWrites(writesOf(allowed, inventory, lease))
  const about = { fence: Math.max((record?.fence ?? 0) + 1, lease.count), run: execution.config.run }
  const after = (entries: Memory['entries'], done: Pick<Plan, 'departures'>): InventoryRecord => ({
    ...recordAfter(record ?? EMPTY, entries, done, survey, source, cluster),
    ...about,
  })
  const isQuiet = !plan.actions.some(isChange) && !departures.some(isPruned)
  const expected = expecting(record, plan, trials)
  const ahead = isQuiet
    ? after(without(remember(record?.entries, plan, trials, new Map(), []).entries, departures), allowed)
    : after(expected, { departures: withheld(departures, NOT_YET) })
  const held = await writeRecord(inventory, ahead, stored, cluster.api)
  if (held === undefined) return undefined
  const done = { ...(await carryOut(allowed, lease, execution)), fence: about.fence }
  report.note({ departures: done.departures })
  const problems = [...done.problems, ...plan.refusals]
  if (!done.isCut && !isQuiet) {
    const { entries } = remember(expected, plan, trials, done.written, done.unfinished)
    const last = after(without(entries, done.departures), done)
    problems.push(...(await conclude(inventory, last, held, execution)))
  }
  failIfAny(lease.lost.aborted ? problemsOf(lease.lost.reason) : problems)
  return done
}

const NOT_YET = 'its turn has not come yet'
const REWRITTEN = 'the branch was rewritten, and what left it may have been lost with that; the next run deletes it'

/** What a run left behind once all was done. */
export interface Done extends Pick<Application, 'outcomes' | 'written' | 'unfinished'> {
  readonly departures: Plan['departures']
  readonly problems: readonly Problem[]
  /** Of the record that it left. */
  readonly fence: number
  /** Whether the run has waited until all is ready. */
  readonly isReady: boolean
  /** Whether the run was cancelled, or cut off from the cluster. */
  readonly isCut: boolean
}

async function carryOut(plan: Plan, lease: Lease, execution: Execution): Promise<Omit<Done, 'fence'>> {
  const { ordering, outsiders, cluster, config, report, lookout, locate } = execution
  const { conflicts, processes, timeout } = config.policy
  const signal = AbortSignal.any([execution.signal, lease.lost])
  const options = { signal, log: report.log, force: conflicts === 'overwrite', processes, timeout, lookout }
  const applied = await report.phase('Apply', async () => {
    const application = await apply(plan, ordering, outsiders, cluster, options)
    report.note({ outcomes: application.outcomes, unhealthy: application.ailments })
    const located = locate(application.outcomes)
    report.note({ outcomes: located })
    for (const outcome of located) if (outcome.result !== 'unchanged') report.log(outcomeLine(outcome))
    return application
  })
  const { outcomes, written, unfinished } = applied
  const done = { outcomes, written, unfinished, isReady: false }
  const isClean = applied.problems.length === 0 && applied.outcomes.every(({ result }) => !UNCLEAN.has(result))
  const isCutOff = (problems: readonly Problem[]) => execution.signal.aborted || problems.some(isCut)
  if (!isClean || signal.aborted) {
    const departures = withheld(plan.departures, 'not everything could be applied')
    return { ...done, departures, problems: applied.problems, isCut: isCutOff(applied.problems) }
  }
  if (!plan.departures.some(isPruned))
    return { ...done, departures: plan.departures, problems: [], isCut: isCutOff([]) }
  const pruned = await remove(plan, applied.outcomes, execution, options).catch((error: unknown): Pruning => {
    const problems = signal.aborted ? [] : problemsOf(error)
    return { departures: withheld(plan.departures, 'the run ended before its turn came'), problems }
  })
  return { ...pruned, ...done, isReady: true, isCut: isCutOff(pruned.problems) }
}

/** Deletes what has left Git, once all that is in Git is ready. */
async function remove(
  { departures }: Plan,
  outcomes: readonly Outcome[],
  { cluster, report }: Execution,
  options: ApplyOptions,
): Promise<Pruning> {
  const consequence = 'nothing is deleted as long as it is not'
  const unready = await untilReady(outcomes, consequence, { ...options, report })
  if (unready.length > 0) {
    return { departures: withheld(departures, 'not everything that was applied is ready'), problems: unready }
  }
  const pruning = await report.phase('Prune', () => prune(departures, cluster, options))
  const meant = new Set(departures.filter(isPruned).map(({ path }) => path))
  for (const departure of pruning.departures)
    if (departure.result === 'kept' && meant.has(departure.path)) options.log(departureLine(departure))
  return pruning
}

/** Outcomes after which nothing is deleted. */
const UNCLEAN: ReadonlySet<string> = new Set(['failed', 'held back', 'not reached', 'terminating'])

/** Notes what came of a run. What was noted before covers all that was done, so that this may fail. */
async function conclude(
  inventory: Inventory,
  after: InventoryRecord,
  held: Stored,
  { cluster, report }: Execution,
): Promise<readonly Problem[]> {
  try {
    const written = await writeRecord(inventory, after, held, cluster.api)
    return written === undefined ? [overwritten(inventory)] : []
  } catch (error) {
    const problems = problemsOf(error)
    if (problems.some((problem) => problem.class === 'E-LOCK')) return problems
    const message = `What this run did could not be written down, so the next one asks again for what changed: ${problems[0]?.message ?? ''}`
    report.warn([{ message, next: 'What was applied stays applied.' }])
    return []
  }
}

function overwritten(inventory: Inventory): Problem {
  const message = 'Somebody else has written the inventory while this run held its lock.'
  const next = 'Run again; if it happens again, look who writes this Secret.'
  return { class: 'E-LOCK', message, object: describe(parentOf(inventory)), next }
}

/** The record of a plan that was carried out. */
function recordAfter(
  before: InventoryRecord,
  entries: InventoryRecord['entries'],
  { departures }: Pick<Plan, 'departures'>,
  { selection, files }: Situation,
  source: Source,
  { identity, serverVersion }: Cluster,
): InventoryRecord {
  // As long as something is to go, it is told by what the set was chosen when it was there.
  const isOpen = departures.some(({ isPostponed }) => isPostponed)
  const isKnown = Object.keys(before.selection).length > 0
  return {
    ...before,
    ...{ cluster: identity || before.cluster, serverVersion, entries },
    ...{ commit: source.commit ?? '', branch: source.branch ?? '' },
    selection: isOpen && isKnown ? before.selection : selection,
    files: isOpen && isKnown ? unitePacked(before.files, files) : files,
  }
}

/** Lets those writes pass that are in the plan, as long as the lock is held. */
function writesOf({ actions, departures }: Plan, inventory: Inventory, lease: Lease): (path: string) => Promise<void> {
  const pruned = departures.filter(isPruned).map(({ path }) => path)
  const written = actions.flatMap(({ manifest, result }) => (result === 'skipped' ? [] : (manifest.path ?? [])))
  const planned = new Set([...written, ...pruned].map((path) => decodeURIComponent(path)))
  return async (path) => {
    if (!planned.has(decodeURIComponent(path)) && !isOfInventory(path, inventory))
      throw new Error(`a write that is not in the plan: ${path}`)
    await lease.check()
  }
}

/** Raises E-GUARD where another commit was applied that this one does not follow. */
async function requireNewest(record: InventoryRecord | undefined, execution: Execution): Promise<Standing> {
  const { source, config, report, signal, scratch } = execution
  const last = record ?? EMPTY
  const now = { commit: source.commit ?? '', branch: source.branch ?? '' }
  const options = { environment: gitEnvironment(config.environment), scratch, signal, log: report.log }
  const standing = await standingOf(now, last, config.source, options)
  const [young, old] = [now.commit, last.commit].map((commit) => commit.slice(0, 12) || 'no commit')
  if (standing.kind === 'rewritten') {
    const message = `The branch was rewritten: ${young} is its tip, and does not descend from ${old}, which was applied last. The branch is followed.`
    report.warn([{ message }])
  }
  if (standing.kind !== 'other' && standing.kind !== 'unknown') return standing
  if (config.policy.mayRollBack) {
    report.log(`Going from ${old} to ${young}, which does not follow it: \`allow-rollback\` says so.`)
    return standing
  }
  const lastRun = last.run || 'an earlier run'
  if (standing.kind === 'unknown')
    throw new Failure({
      class: 'E-GUARD',
      message: `Nobody can say whether this run’s commit ${young} is newer than ${old}, which was applied by ${lastRun}: ${standing.reason}.`,
      next: standing.next,
    })
  const isOtherBranch = now.branch !== last.branch && last.branch !== ''
  const whence = isOtherBranch
    ? `; the last one was of ${last.branch}, this one is of ${now.branch || 'no branch'}`
    : ''
  throw new Failure({
    class: 'E-GUARD',
    message: `Another commit was applied last, and this one does not follow it: this run is at ${young}, and ${old} was applied by ${lastRun}${whence}.`,
    next: 'An old run that was started again must not undo a newer one. To go back on purpose, revert in Git, or set `allow-rollback: true` for a run.',
  })
}
