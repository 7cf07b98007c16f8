import { type Condition, describeCondition, oneLine } from './conditions.ts'
import type { Health, Status } from './status.ts'
import { isDenial, type Meaning, meaningOf, wordParts, wordsOf } from './words.ts'

/** Types of main conditions, which are about the whole object: if it has one, the other conditions are details. */
const MAIN_TYPES = wordsOf(`
  available complete completed done established finished healthy insync ready reconciled succeeded successful synced
  uptodate`)
/** Last parts of the types of conditions that are good when true. */
const POSITIVE_PARTS = wordsOf(`
  accepted active admitted adopted allowed applied available complete completed compliant configured created date
  deployed enabled enforced established exist exists generated granted healthy imported initialized installed joined
  passed populated programmed promoted propagated provisioned ready reconciled refs registered released reserved
  resolved satisfied scheduled started succeeded success successful sync synced synchronised synchronized valid
  validated verified`)
/** Types of conditions that are false until the work is done, which is no failure. */
const COMPLETION_TYPE = /^(complete|completed|done|finished|promoted)$/i
/** Types of conditions that mean a failure when false, even without a reason or a message. */
const VALIDITY_TYPE = /^(accepted|admitted|compliant|resolvedrefs|valid|validated)$/i
/** Types of conditions that mean that work is in progress. */
const PROGRESS_TYPE =
  /^(progress|reconcil|issu|updat|upgrad|creat|migrat|roll|scal|remediat|terminat|delet)ing(out|up|down|update)?$/i
/** Types of conditions that may mean so for a part, or for a step that may have ended. */
const PART_TYPE = /ing(out|up|down|update)?$|^pending$/i
/** Reasons for `Progressing` of a Deployment that is rolled out, which kinds built on Deployments have, too. */
const ROLLOUT_REASON = /^(FoundNew|New)?(ReplicaSet|ReplicationController)(Created|Updated)?$/
/** Types of conditions that mean that the object is paused on purpose. */
const PAUSED_TYPE = /(paused|suspended|stopped|hibernated|hibernating|hibernation)$/i
/** Types of conditions that are the opposite of a main one, which has precedence. */
const OPPOSITE_TYPE = /^(not|partially).*(ready|available|synced|healthy)$/i
/** The start of a message about a failure, whatever the reason. */
const FAILURE_MESSAGE = /^(error\b|fail|cannot|could not|unable|invalid|missing|exception|panic)/i

/** The message of a condition that only publishes a number, and whose status is always Unknown. */
const NUMBER = /^\d+$/

/** Whether work on an object is in progress, as its other conditions say. */
type Work = 'underWay' | 'over' | 'unknown'

type Role = 'main' | 'positive' | 'negative' | 'opposite' | 'progress' | 'part' | 'paused' | 'other'

/** Statuses by precedence, highest first. */
const PRECEDENCE: readonly Status[] = ['Suspended', 'Degraded', 'Missing', 'Progressing', 'Healthy', 'Unknown']

/** The status for each meaning of a word. */
export const STATUS_OF: Readonly<Record<Meaning, Status>> = {
  fine: 'Healthy',
  underWay: 'Progressing',
  failed: 'Degraded',
  paused: 'Suspended',
}

/** The claim whose status has the highest precedence, the first of equals; undefined if there are none. */
export function worst(claims: readonly Health[]): Health | undefined {
  const highest = PRECEDENCE.find((status) => claims.some((claim) => claim.status === status))
  return claims.find(({ status }) => status === highest)
}

/**
 * A claim for each condition that counts, for an object of a `generation`. `isUnderWay` is whether another part of the status
 * says that work is in progress.
 */
export function claimsOf(
  conditions: readonly Condition[],
  generation: number | undefined,
  isUnderWay = false,
): readonly Health[] {
  const isNumber = ({ status, message }: Condition) => status === 'Unknown' && NUMBER.test(message)
  const known = conditions
    .filter((condition) => condition.status !== '' && !isNumber(condition))
    .map((condition) => ({ condition, role: roleOf(condition) }))
  const has = (role: Role) => known.some((entry) => entry.role === role)
  const progressConditions = known.filter(({ role }) => role === 'progress' || role === 'part')
  const isWorking =
    isUnderWay || progressConditions.some(({ condition }) => condition.status === 'True' && !isOver(condition))
  const work = isWorking ? 'underWay' : progressConditions.length > 0 ? 'over' : 'unknown'
  const isGood = known.some(({ condition, role }) => role === 'main' && condition.status === 'True')
  const counts: Readonly<Record<Role, boolean>> = {
    ...{ main: true, negative: true, progress: true, part: !isGood, paused: true },
    ...{ positive: !has('main'), opposite: !has('main'), other: !has('main') && !has('positive') && !has('opposite') },
  }
  return known.flatMap(({ condition, role }) => {
    // If no main condition is True, a failed detail may say why.
    if (!counts[role] && (isGood || !isFailure(condition))) return []
    return claimOf(condition, role, work, generation) ?? []
  })
}

function roleOf({ type: full, reason }: Condition): Role {
  const type = full.slice(full.lastIndexOf('/') + 1)
  const parts = wordParts(type)
  // In operators built with Ansible, this means that the playbook is running, not the workload.
  if (type === 'Running' && reason === 'Running') return 'progress'
  if (PAUSED_TYPE.test(type)) return 'paused'
  if (OPPOSITE_TYPE.test(type)) return 'opposite'
  if (MAIN_TYPES.has(parts.join(''))) return 'main'
  const meaning = meaningOf(type)
  if (PROGRESS_TYPE.test(type)) return 'progress'
  if (PART_TYPE.test(type) && meaning === 'underWay') return 'part'
  if (meaning === 'failed' || isDenial(type)) return 'negative'
  return POSITIVE_PARTS.has(parts.at(-1) ?? '') ? 'positive' : 'other'
}

function claimOf(condition: Condition, role: Role, work: Work, generation: number | undefined): Health | undefined {
  const { type, status, reason, observedGeneration } = condition
  const meaning = meaningOf(reason)
  if (role === 'paused') {
    if (status !== 'True' || meaning === 'fine') return undefined
    return claim(meaning === 'failed' ? 'Degraded' : 'Suspended', condition)
  }
  if (role === 'negative' || role === 'opposite') {
    if (status !== 'True' || meaning === 'fine') return undefined
    return claim(meaning === 'underWay' && work !== 'over' ? 'Progressing' : 'Degraded', condition)
  }
  if (role === 'progress' || role === 'part') return progressClaim(condition)
  if (observedGeneration !== undefined && generation !== undefined && observedGeneration < generation) {
    return { status: 'Progressing', reason: 'its controller has not seen the change yet' }
  }
  if (status === 'True') {
    const isBad = (COMPLETION_TYPE.test(type) && meaning === 'failed') || (role === 'other' && saysFailure(condition))
    return isBad ? claim('Degraded', condition) : { status: 'Healthy', reason: oneLine(condition.message) }
  }
  // Work that is not under way has ended or never began.
  if (role === 'other' && status === 'False' && meaningOf(type) === 'underWay') return undefined
  // The type does not show whether this is good.
  if (role === 'other' && !saysFailure(condition)) return claim('Unknown', condition)
  if (status === 'Unknown') return claim(meaning === 'paused' ? 'Suspended' : 'Progressing', condition)
  return claim(status === 'False' ? statusOfFalse(condition, work) : 'Degraded', condition)
}

/** Whether the work that a progress condition is about has ended or is only being retried. */
function isOver({ type, reason }: Condition): boolean {
  return type !== 'Running' && !ROLLOUT_REASON.test(reason) && (meaningOf(reason) === 'fine' || /retry/i.test(reason))
}

function progressClaim(condition: Condition): Health | undefined {
  const { status, reason } = condition
  const meaning = meaningOf(reason)
  if (meaning === 'paused') return claim('Suspended', condition)
  if (status === 'True') return isOver(condition) ? undefined : claim('Progressing', condition)
  if (meaning === 'failed') return claim('Degraded', condition)
  return status === 'Unknown' ? claim('Progressing', condition) : undefined
}

/** The status for a condition that should be True but is False. */
function statusOfFalse(condition: Condition, work: Work): Status {
  const { type, reason, message, severity } = condition
  const meaning = meaningOf(reason) ?? (isProgressMessage(message) ? 'underWay' : undefined)
  if (severity === 'Info') return 'Progressing'
  if (meaning === 'paused') return 'Suspended'
  if (saysFailure(condition)) return 'Degraded'
  const isVague = (reason === '' && message === '' && !VALIDITY_TYPE.test(type)) || COMPLETION_TYPE.test(type)
  // A reason such as `StillRunning` means that the work is in progress.
  return meaning === 'underWay' || work === 'underWay' || isVague || /running$/i.test(reason)
    ? 'Progressing'
    : 'Degraded'
}

/** Whether a message says only what is being done, such as "Waiting for more replicas", and not that something failed. */
function isProgressMessage(message: string): boolean {
  const [, first = ''] = /^(\w+)[^:,]*$/.exec(message) ?? []
  return meaningOf(first) === 'underWay' && !/fail|error|denied|cannot|unable|invalid|not found/i.test(message)
}

function isFailure(condition: Condition): boolean {
  return condition.status === 'False' && condition.severity !== 'Info' && saysFailure(condition)
}

function saysFailure({ reason, message, severity }: Condition): boolean {
  return severity === 'Error' || meaningOf(reason) === 'failed' || FAILURE_MESSAGE.test(message)
}

function claim(status: Status, condition: Condition): Health {
  return { status, reason: describeCondition(condition) }
}
