import type { Location, Problem } from '../diagnostics.ts'
import type { Status } from '../health/status.ts'
import { WAIT } from '../object/annotations/ordering.ts'
import { describe, kindKeyOf, type ObjectId } from '../object/manifest.ts'
import { atMost } from '../concurrency.ts'
import type { Judgement } from './readiness.ts'
import type { Lookout } from './status-reader.ts'
import { masked } from './mask-secrets.ts'
import { mayHavePods } from './pod-diagnosis.ts'

/** An object that is not ready, and why. */
export interface Ailment {
  readonly id: ObjectId
  readonly status: Status
  /** As the end of a sentence. */
  readonly reason: string
}

/** What was waited for, as problems name it. */
interface Waited {
  readonly id: ObjectId
  readonly location?: Location | undefined
}

/** More of them nobody reads; the cluster is not asked about the others. */
const MOST_EXPLAINED = 10
/** Objects that the cluster is asked about at once. */
const MOST_AT_ONCE = 4

/** Those objects that are not ready. */
export function ailmentsIn(judgements: ReadonlyMap<{ readonly id: ObjectId }, Judgement>): Ailment[] {
  return [...judgements].flatMap(([{ id }, judgement]) =>
    judgement.isReady ? [] : [{ id, status: judgement.health.status, reason: reasonOf(judgement) }],
  )
}

/** Why an object is not ready, as the end of a sentence. */
export function reasonOf({ health, suspect, seen }: Judgement): string {
  const reason = health.status === 'Healthy' ? 'its status may be about what it was before' : health.reason
  return masked(suspect === undefined || suspect.pod === seen ? reason : `${reason}; ${suspect.reason}`)
}

/**
 * Those objects that are not ready as problems of a run (E-HEALTH), with what the cluster says about the first of them, and with
 * what follows from it.
 */
export async function problemsIn(
  judgements: ReadonlyMap<Waited, Judgement>,
  lookout: Lookout,
  consequence: string,
): Promise<Problem[]> {
  const turn = atMost(MOST_AT_ONCE)
  const ill = [...judgements].filter(([, { isReady }]) => !isReady)
  const told = await withSuspects(ill.slice(0, MOST_EXPLAINED), lookout)
  const rest = ill.slice(MOST_EXPLAINED).map(([object, judgement]) => problemOf(object, judgement, [], consequence))
  const explained = told.map(async ([object, judgement]) => {
    const { seen, suspect } = judgement
    const evidence = seen === null ? [] : await turn(() => lookout.evidence(seen, suspect))
    return problemOf(object, judgement, evidence, consequence)
  })
  return [...(await Promise.all(explained)), ...rest]
}

/** Judgements with the Pods that are to blame, also where they were over before anybody asked for these. */
async function withSuspects(
  judgements: readonly [Waited, Judgement][],
  lookout: Lookout,
): Promise<readonly [Waited, Judgement][]> {
  const unknown = judgements.flatMap(([{ id }, judgement]) => {
    const { seen, suspect } = judgement
    return suspect === undefined && seen !== null && mayHavePods(id) ? [{ id, seen, judgement }] : []
  })
  if (unknown.length === 0) return judgements
  const found = await lookout.suspects(unknown)
  const suspects = new Map(unknown.map((workload) => [workload.judgement, found.get(workload)]))
  return judgements.map(([object, judgement]) => {
    return [object, { ...judgement, suspect: judgement.suspect ?? suspects.get(judgement) }]
  })
}

function problemOf(
  { id, location }: Waited,
  judgement: Judgement,
  evidence: readonly string[],
  consequence: string,
): Problem {
  const { waited } = judgement
  const late = waited === undefined ? '' : ` after ${Math.round(waited / 1000)} s`
  return {
    ...{ class: 'E-HEALTH', object: describe(id) },
    message: [`It is not ready${late}: ${reasonOf(judgement)}.`, ...evidence].join('\n'),
    next: `${adviceFor(id, judgement)} Then run again; ${consequence}.`,
    ...(location === undefined ? {} : { location }),
  }
}

/** What to do about one that is not ready, where nobody knows better. */
function adviceFor(id: ObjectId, { health, suspect, waited }: Judgement): string {
  if (health.status === 'Missing') return 'Look who has deleted it: another run, or a person.'
  if (kindKeyOf(id) === 'batch/Job' && health.isFinal === true)
    return 'Mend it, and delete the Job or give it another name: one that is as it was does not run again, unless it is a hook.'
  if (suspect?.next !== undefined) return suspect.next
  const where = suspect?.pod === undefined ? 'at what its controller writes into its log' : 'at the log of that Pod'
  const optOut = waited === undefined ? '' : ` If nobody is to wait for it, annotate it with \`${WAIT}: "false"\`.`
  return `Look at its events, and ${where}.${optOut}`
}
