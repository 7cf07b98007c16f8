import { type Condition, describeCondition, oneLine } from './conditions.ts'
import type { Health, Status } from './status.ts'
import { isDenial, type Meaning, meaningOf, wordParts, wordsOf } from './words.ts'

/** The types of conditions that are about the whole object: where one of them is, the others are details. */
const MAIN = wordsOf(`
  available complete completed done established finished healthy insync ready reconciled succeeded successful synced
  uptodate`)
/** The last part of the type of a condition that is good when it is true. */
const POSITIVE = wordsOf(`
  accepted active admitted adopted allowed applied available complete completed compliant configured created date
  deployed enabled enforced established exist exists generated granted healthy imported initialized installed joined
  passed populated programmed promoted propagated provisioned ready reconciled refs registered released reserved
  resolved satisfied scheduled started succeeded success successful sync synced synchronised synchronized valid
  validated verified`)
/** Those that are false until the work is done, which is nothing bad by itself. */
const COMPLETION = /^(complete|completed|done|finished|promoted)$/i
/** Those that are a judgement: false without a word about why is a failure, and no matter of time. */
const JUDGEMENT = /^(accepted|admitted|compliant|resolvedrefs|valid|validated)$/i
/** The type of a condition that tells of work going on. */
const PROGRESS =
  /^(progress|reconcil|issu|updat|upgrad|creat|migrat|roll|scal|remediat|terminat|delet)ing(out|up|down|update)?$/i
/** One that tells so of a part, or of a step that may be long over, if it means work at all. */
const PART = /ing(out|up|down|update)?$|^pending$/i
/** Why a Deployment progresses that is not there yet, as those say as well that are made of one. */
const ROLLING = /^(FoundNew|New)?(ReplicaSet|ReplicationController)(Created|Updated)?$/
const PAUSED = /(paused|suspended|stopped|hibernated|hibernating|hibernation)$/i
/** The type of a condition that says the opposite of a main one, which counts more where there are both. */
const OPPOSITE = /^(not|partially).*(ready|available|synced|healthy)$/i
/** The beginning of a message that tells of a failure, whatever the reason says. */
const TROUBLE = /^(error\b|fail|cannot|could not|unable|invalid|missing|exception|panic)/i

/** What is no more than a number, as some controllers publish by way of a condition that is Unknown for good. */
const FIGURE = /^\d+$/

/** Whether something is being done about an object, as other claims about it tell. */
type Work = 'underWay' | 'over' | 'unknown'

type Role = 'main' | 'positive' | 'negative' | 'opposite' | 'progress' | 'part' | 'paused' | 'other'

/** From what counts most where several things are said about one object, to what counts least. */
const ORDER: readonly Status[] = ['Suspended', 'Degraded', 'Missing', 'Progressing', 'Healthy', 'Unknown']

/** The status for what a word means. */
export const STATUS_OF: Readonly<Record<Meaning, Status>> = {
  fine: 'Healthy',
  underWay: 'Progressing',
  failed: 'Degraded',
  paused: 'Suspended',
}

/** The one of several claims about an object that counts; the first of its kind. Undefined where there is none. */
export function worst(claims: readonly Health[]): Health | undefined {
  const found = ORDER.find((status) => claims.some((claim) => claim.status === status))
  return claims.find(({ status }) => status === found)
}

/**
 * What a list of conditions says about an object of a generation: a claim of each one that counts. `isUnderWay` tells whether
 * something else says that it is being worked on.
 */
export function claimsOf(
  conditions: readonly Condition[],
  generation: number | undefined,
  isUnderWay = false,
): readonly Health[] {
  const isFigure = ({ status, message }: Condition) => status === 'Unknown' && FIGURE.test(message)
  const known = conditions
    .filter((each) => each.status !== '' && !isFigure(each))
    .map((each) => ({ each, role: roleOf(each) }))
  const has = (role: Role) => known.some((one) => one.role === role)
  const efforts = known.filter(({ role }) => role === 'progress' || role === 'part')
  const isWorking = isUnderWay || efforts.some(({ each }) => each.status === 'True' && !isOver(each))
  const work = isWorking ? 'underWay' : efforts.length > 0 ? 'over' : 'unknown'
  const isGood = known.some(({ each, role }) => role === 'main' && each.status === 'True')
  const counts: Readonly<Record<Role, boolean>> = {
    ...{ main: true, negative: true, progress: true, part: !isGood, paused: true },
    ...{ positive: !has('main'), opposite: !has('main'), other: !has('main') && !has('positive') && !has('opposite') },
  }
  return known.flatMap(({ each, role }) => {
    // What is not good as a whole may have a detail that says why.
    if (!counts[role] && (isGood || !isFailure(each))) return []
    return claimOf(each, role, work, generation) ?? []
  })
}

function roleOf({ type: full, reason }: Condition): Role {
  const type = full.slice(full.lastIndexOf('/') + 1)
  const parts = wordParts(type)
  // So an operator made with Ansible says that its playbook runs, and not that what it sets up does.
  if (type === 'Running' && reason === 'Running') return 'progress'
  if (PAUSED.test(type)) return 'paused'
  if (OPPOSITE.test(type)) return 'opposite'
  if (MAIN.has(parts.join(''))) return 'main'
  const meaning = meaningOf(type)
  if (PROGRESS.test(type)) return 'progress'
  if (PART.test(type) && meaning === 'underWay') return 'part'
  if (meaning === 'failed' || isDenial(type)) return 'negative'
  return POSITIVE.has(parts.at(-1) ?? '') ? 'positive' : 'other'
}

function claimOf(condition: Condition, role: Role, work: Work, generation: number | undefined): Health | undefined {
  const { type, status, reason, observedGeneration } = condition
  const meaning = meaningOf(reason)
  if (role === 'paused') {
    if (status !== 'True' || meaning === 'fine') return undefined
    return is(meaning === 'failed' ? 'Degraded' : 'Suspended', condition)
  }
  if (role === 'negative' || role === 'opposite') {
    if (status !== 'True' || meaning === 'fine') return undefined
    return is(meaning === 'underWay' && work !== 'over' ? 'Progressing' : 'Degraded', condition)
  }
  if (role === 'progress' || role === 'part') return ofProgress(condition)
  if (observedGeneration !== undefined && generation !== undefined && observedGeneration < generation) {
    return { status: 'Progressing', reason: 'its controller has not seen the change yet' }
  }
  if (status === 'True') {
    const isBadEnd = (COMPLETION.test(type) && meaning === 'failed') || (role === 'other' && isTrouble(condition))
    return isBadEnd ? is('Degraded', condition) : { status: 'Healthy', reason: oneLine(condition.message) }
  }
  // What is not under way is over, or never was.
  if (role === 'other' && status === 'False' && meaningOf(type) === 'underWay') return undefined
  // Nobody knows whether that is good.
  if (role === 'other' && !isTrouble(condition)) return is('Unknown', condition)
  if (status === 'Unknown') return is(meaning === 'paused' ? 'Suspended' : 'Progressing', condition)
  return is(status === 'False' ? ofFalse(condition, work) : 'Degraded', condition)
}

/** Whether what a condition of progress tells of is over, or is but another try. */
function isOver({ type, reason }: Condition): boolean {
  return type !== 'Running' && !ROLLING.test(reason) && (meaningOf(reason) === 'fine' || /retry/i.test(reason))
}

function ofProgress(condition: Condition): Health | undefined {
  const { status, reason } = condition
  const meaning = meaningOf(reason)
  if (meaning === 'paused') return is('Suspended', condition)
  if (status === 'True') return isOver(condition) ? undefined : is('Progressing', condition)
  if (meaning === 'failed') return is('Degraded', condition)
  return status === 'Unknown' ? is('Progressing', condition) : undefined
}

/** What it means that something which should be true is false. */
function ofFalse(condition: Condition, work: Work): Status {
  const { type, reason, message, severity } = condition
  const meaning = meaningOf(reason) ?? (isAtWork(message) ? 'underWay' : undefined)
  if (severity === 'Info') return 'Progressing'
  if (meaning === 'paused') return 'Suspended'
  if (isTrouble(condition)) return 'Degraded'
  const isVague = (reason === '' && message === '' && !JUDGEMENT.test(type)) || COMPLETION.test(type)
  // What runs, and is not there yet, runs towards it.
  return meaning === 'underWay' || work === 'underWay' || isVague || /running$/i.test(reason)
    ? 'Progressing'
    : 'Degraded'
}

/** Whether a message is no more than what is being done, such as "Waiting for more replicas"; errors have more to say. */
function isAtWork(message: string): boolean {
  const [, first = ''] = /^(\w+)[^:,]*$/.exec(message) ?? []
  return meaningOf(first) === 'underWay' && !/fail|error|denied|cannot|unable|invalid|not found/i.test(message)
}

function isFailure(condition: Condition): boolean {
  return condition.status === 'False' && condition.severity !== 'Info' && isTrouble(condition)
}

function isTrouble({ reason, message, severity }: Condition): boolean {
  return severity === 'Error' || meaningOf(reason) === 'failed' || TROUBLE.test(message)
}

function is(status: Status, condition: Condition): Health {
  return { status, reason: describeCondition(condition) }
}
