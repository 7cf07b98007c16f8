import { conditionsOf, numberAt } from '../health/conditions.ts'
import { healthOf, isReady } from '../health/health.ts'
import type { Health } from '../health/status.ts'
import { field, type Json } from '../json.ts'
import { isCustom, kindKeyOf } from '../object/manifest.ts'
import type { Awaited } from './wait-target.ts'
import type { Lookout } from './status-reader.ts'
import { type Look, orOutage } from '../kube/readers/status-list.ts'
import type { Suspect } from './pod-diagnosis.ts'

/** What is known of an object that is waited for. */
export interface Judgement {
  readonly isReady: boolean
  readonly health: Health
  /** Whether it was there, and somebody has deleted it. */
  readonly isDeleted?: boolean
  /** The object as it was seen last; null if it never was. */
  readonly seen: Json
  /** What keeps its Pods from being ready. */
  readonly suspect?: Suspect | undefined
  /** Whether that was seen at an earlier look: nobody is given up for it. */
  readonly isRecalled?: boolean
  /** Whether it counts as ready although nobody tells how it is. */
  readonly isGuess?: boolean
  /** For how long it was waited for, in milliseconds, where that was as long as it may take. */
  readonly waited?: number
}

/** Judges what a look at an object came to, with further looks where the object alone does not tell. */
export async function judge(awaited: Awaited, look: Look, lookout: Lookout): Promise<Judgement> {
  const judgement = 'outage' in look ? look : await orOutage(() => judgeAnswer(awaited, look, lookout))
  return 'outage' in judgement ? unknown('the cluster does not answer') : judgement
}

async function judgeAnswer(
  awaited: Awaited,
  { status, body }: Exclude<Look, { outage: unknown }>,
  lookout: Lookout,
): Promise<Judgement> {
  if (status === 404) return absent(awaited, lookout)
  if (status === 403) return unknown('the identity of the run may not `get` it', true)
  if (status !== 200) return unknown(`the server answers with status ${status}`)
  const health = healthOf(awaited.id, body)
  return {
    isReady: isReady(health, awaited.mustRun) || (await isAtRest(awaited, health, body, lookout)),
    health,
    seen: body,
  }
}

/** Whether nothing is going to happen to an object that is not healthy, and nothing need. */
async function isAtRest(awaited: Awaited, health: Health, body: Json, lookout: Lookout): Promise<boolean> {
  if (kindKeyOf(awaited.id) === '/PersistentVolumeClaim')
    return health.status === 'Progressing' && lookout.waitsForConsumer(body)
  // Of a kind without a status nobody ever tells anything; nor does anybody of an object that is as it was.
  return isMute(health) && (awaited.isWritten !== true || !(await lookout.hasStatus(awaited)))
}

/** Whether an object says nothing of how it is, or nothing that anybody understands. */
export function isMute({ status, isSilent }: Health): boolean {
  return isSilent === true || status === 'Unknown'
}

/**
 * Whether a status may still be about what an object was before this run changed it: its controller does not tell which
 * generation it is about.
 */
export function mayBeStale({ id, isWritten }: Awaited, { seen }: Judgement): boolean {
  const isChanged = isWritten === true && (numberAt(seen, 'metadata', 'generation') ?? 1) > 1
  const tells = [
    numberAt(seen, 'status', 'observedGeneration'),
    ...conditionsOf(seen).map((each) => each.observedGeneration),
  ]
  const hasStatus = field(seen, 'status') !== undefined
  return isCustom(id.group) && isChanged && hasStatus && tells.every((generation) => generation === undefined)
}

/** Judges an object that is not there: a Job with a lifetime has ended, one way or the other. */
async function absent({ id, object, mustRun }: Awaited, lookout: Lookout): Promise<Judgement> {
  const missing = (reason: string, isReady = false): Judgement => {
    return { isReady, health: { status: 'Missing', reason, isFinal: true }, seen: null }
  }
  if (field(object, 'spec', 'ttlSecondsAfterFinished') === undefined)
    return { ...missing('it is gone: somebody has deleted it'), isDeleted: true }
  const end = await lookout.endOf(id)
  if (end === 'Complete') return missing('it has completed, and is gone', true)
  if (end === 'Failed') return missing('it has failed, and is gone')
  const reason = 'it is gone, and nobody saw whether it succeeded: its `ttlSecondsAfterFinished` is too short'
  return missing(reason, mustRun !== true)
}

function unknown(reason: string, isFinal?: true): Judgement {
  return { isReady: false, health: { status: 'Unknown', reason, ...(isFinal && { isFinal }) }, seen: null }
}
