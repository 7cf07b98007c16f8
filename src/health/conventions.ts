import { field, isObject, type Json, listField, stringField } from '../json.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS, type Annotation } from '../object/annotations/table.ts'
import { claimsOf, STATUS_OF, worst } from './claims.ts'
import { conditionsOf, numberAt, oneLine } from './conditions.ts'
import type { Health } from './status.ts'
import { meaningOf } from './words.ts'

/** Fields that suspend an object when they are `true`. */
const PAUSING_FIELDS: readonly (readonly string[])[] = [
  ['spec', 'suspend'],
  ['spec', 'suspended'],
  ['spec', 'paused'],
  ['spec', 'pause'],
  ['spec', 'updateStrategy', 'paused'],
  ['spec', 'updateStrategy', 'rollingUpdate', 'paused'],
]
/** Annotations that do the same, and their value; any value but `false` if none is given. */
const PAUSING_ANNOTATIONS: readonly (readonly [annotation: Annotation, value?: string])[] = [
  [ANNOTATIONS.kedaPaused],
  [ANNOTATIONS.kedaPausedReplicas],
  [ANNOTATIONS.clusterApiPaused],
  [ANNOTATIONS.crossplanePaused, 'true'],
  [ANNOTATIONS.eckManaged, 'false'],
  [ANNOTATIONS.kserveStop, 'true'],
  [ANNOTATIONS.strimziPauseReconciliation, 'true'],
]
/** Fields of a status with the generation that it describes. */
const GENERATION_FIELDS = ['observedGeneration', 'lastGeneration', 'lastObservedGeneration', 'lastReconciledGeneration']
/** Fields of a status whose value, or each item of it, has conditions of its own. */
const OTHER_CONDITIONS = [
  'parents',
  'parent',
  'ancestors',
  'bindings',
  'ingress',
  'listeners',
  'conditionedStatus',
  'conditionStatus',
]
/** Those of them that stay empty until a controller accepts the object. */
const ACCEPTING_LISTS = ['parents', 'ancestors']
/** Fields of a status whose word describes the state of the object. */
const WORD_FIELD = /(phase|state|status|health|stage|compliant)$/i
/** Those that describe the object as a whole: if their word is not understood, the health is Unknown. */
const MAIN_WORD_FIELD = /^(current|overall|lifecycle)?(phase|state|status|health)$/i
/** Objects in a status that may contain such a field. */
const WORD_PARENT_FIELD = /(state|status|health|operation|result)$/i
/** Kinds that run to completion: Running means that they are not done. */
const RUN_KIND =
  /(run|job|build|task|backup|restore|workflow|experiment|execution|migration|evaluation|analysis|test|snapshot|maintenance)$/i
/** Fields about the past, such as the last run of a test. */
const PAST_FIELD = /^(last|latest|previous|past|history)/i
/** Words nested more deeply than this are about something else. */
const MAX_WORD_LEVELS = 3
/** Words that say that the object is missing in the system that its controller manages. */
const MISSING_WORD = /^(notfound|missing|absent)$/i
/** Boolean fields of a status, and the status of the object when they are false. */
const FLAG_FIELDS = {
  initialized: 'Progressing',
  ready: 'Progressing',
  readyToUse: 'Progressing',
  healthy: 'Degraded',
  succeeded: 'Degraded',
  success: 'Degraded',
  valid: 'Degraded',
} as const
/** Fields of a status that contain an error. */
const ERROR_FIELDS = ['error', 'errMsg', 'errorMessage', 'failureMessage', 'failureReason']
/** The value of such a field when there is no error. */
const NO_ERROR = /^(none|nil|null|ok|success|no error)$/i
/** Fields of a status with a count and a total, such as `2/3`. */
const FRACTION_FIELD = /(replicas|ready|available)$/i
const FRACTION = /^(\d+)\/(\d+)$/
/** Fields of a status with an explanation by the controller. */
const MESSAGE_FIELDS = ['message', 'errorMessage', 'statusMessage', 'error', 'reason', 'description']
/** Fields with the wanted and the actual number, which may be omitted when it is 0. The first pair that exists decides. */
const COUNTERS: readonly (readonly [wanted: readonly string[], have: string, alternative?: string])[] = [
  [['spec', 'replicas'], 'readyReplicas', 'availableReplicas'],
  [['status', 'replicas'], 'readyReplicas', 'availableReplicas'],
  [['status', 'desiredNumberScheduled'], 'numberAvailable', 'numberReady'],
  [['status', 'desiredReplicas'], 'readyReplicas', 'currentReplicas'],
  [['status', 'expectedNodes'], 'availableNodes'],
  [['status', 'desiredInstances'], 'healthyInstances'],
  [['status', 'pods'], 'readyPods'],
  [['status', 'size'], 'ready'],
]

/**
 * The checks that precede all rules for custom kinds: Suspended if the object is suspended on purpose, Progressing if its
 * controller has not observed the current generation, else undefined. In this order, because a controller may ignore a
 * suspended object.
 */
export function earlyHealth(object: Json): Health | undefined {
  return suspendedHealth(object) ?? generationLag(object)
}

/**
 * The health of an object of a kind without rules, by what controllers have in common: first whether it has a status; then the
 * worst of what its conditions, words such as a phase, flags and errors say; then how many replicas are ready. An object with
 * none of these is healthy.
 */
export function healthByConvention(kind: string, object: Json): Health {
  return missingStatus(object) ?? statusHealth(kind, object)
}

function suspendedHealth(object: Json): Health | undefined {
  const path = PAUSING_FIELDS.find((keys) => field(object, ...keys) === true)
  if (path !== undefined) return { status: 'Suspended', reason: `it is suspended: \`${path.join('.')}\` is true` }
  if (/^unmanaged$/i.test(stringField(object, 'spec', 'managementState') ?? '')) {
    return { status: 'Suspended', reason: 'its operator does not manage it: `spec.managementState` is unmanaged' }
  }
  const annotations = annotationsOf(object)
  const pausing = PAUSING_ANNOTATIONS.find(([annotation, value]) => {
    const found = annotationText(annotations, annotation)
    return found !== undefined && (value === undefined ? found !== 'false' : found === value)
  })
  if (pausing === undefined) return undefined
  return { status: 'Suspended', reason: `it is suspended by its annotation \`${pausing[0].name}\`` }
}

/**
 * Progressing if the status describes an older generation; undefined otherwise, or if it names none. Some controllers update
 * that field only after a success, so a condition about the current generation counts as well.
 */
export function generationLag(object: Json): Health | undefined {
  const generation = numberAt(object, 'metadata', 'generation')
  const [observed] = GENERATION_FIELDS.flatMap((key) => numberIn(field(object, 'status', key)) ?? [])
  if (generation === undefined || observed === undefined || observed >= generation) return undefined
  if (conditionsOf(object).some(({ observedGeneration }) => observedGeneration === generation)) return undefined
  return { status: 'Progressing', reason: 'its controller has not seen the change yet' }
}

/** A number, or a string of digits as a number; otherwise undefined. */
function numberIn(value: Json | undefined): number | undefined {
  const isText = typeof value === 'string' && /^\d+$/.test(value)
  return isText ? Number(value) : typeof value === 'number' ? value : undefined
}

function missingStatus(object: Json): Health | undefined {
  const status = field(object, 'status')
  const isSilent = status === undefined || status === null || (isObject(status) && Object.keys(status).length === 0)
  if (!isSilent) return undefined
  if (typeof field(object, 'spec', 'schedule') === 'string') return { status: 'Healthy', reason: 'it has not run yet' }
  return { status: 'Progressing', reason: 'it has no status yet', isSilent: true }
}

function statusHealth(kind: string, object: Json): Health {
  const generation = numberAt(object, 'metadata', 'generation')
  const fromWords = statusWordClaims(kind, object)
  const isUnderWay = fromWords.some(({ status }) => status === 'Progressing')
  const conditions = claimsOf(conditionsOf(object), generation, isUnderWay)
  const claims = [
    ...conditions,
    ...nestedConditionClaims(object, generation),
    ...fromWords,
    ...flagClaims(kind, object),
    ...errorClaims(object),
    ...rolloutClaims(object),
    ...fractionClaims(object),
  ]
  if (claims.length === 0)
    return (
      counterHealth(object) ??
      missingConditions(object) ??
      worst(nestedWordClaims(kind, object)) ?? { status: 'Healthy', reason: '' }
    )
  // Unlike conditions, a word such as `Running` does not say how many replicas run.
  const counted = conditions.length > 0 ? undefined : counterHealth(object, true)
  return worst(counted?.status === 'Progressing' ? [...claims, counted] : claims) ?? { status: 'Healthy', reason: '' }
}

/** Progressing if the list of conditions exists and is empty. */
function missingConditions(object: Json): Health | undefined {
  const conditions = field(object, 'status', 'conditions')
  const isEmpty = Array.isArray(conditions) && conditions.length === 0
  return isEmpty ? { status: 'Progressing', reason: 'it has no conditions yet', isSilent: true } : undefined
}

/** Claims of conditions outside `status.conditions`, such as those of each parent of a route. */
function nestedConditionClaims(object: Json, generation: number | undefined): readonly Health[] {
  return OTHER_CONDITIONS.flatMap((key) => {
    const found = field(object, 'status', key)
    if (Array.isArray(found) && found.length === 0 && ACCEPTING_LISTS.includes(key)) {
      return [
        { status: 'Progressing', reason: `no controller has accepted it yet: \`status.${key}\` is empty` } as const,
      ]
    }
    const holders = Array.isArray(found) ? listField(object, 'status', key) : found === undefined ? [] : [found]
    return holders.flatMap((holder) => claimsOf(conditionsOf(holder, ['conditions']), generation))
  })
}

function statusWordClaims(kind: string, object: Json): readonly Health[] {
  const status = field(object, 'status')
  const found = wordsIn(status, ['status']).filter(([path]) => WORD_FIELD.test(path.at(-1) ?? ''))
  const inner = isObject(status)
    ? Object.keys(status)
        .filter((key) => WORD_PARENT_FIELD.test(key))
        .flatMap((key) => wordsIn(status[key], ['status', key]))
    : []
  return wordClaims(kind, object, found.length > 0 ? found : inner.filter(isMainWord))
}

/** Claims of nested words, which are about parts: they count only if there are no other claims. */
function nestedWordClaims(kind: string, object: Json): readonly Health[] {
  return wordClaims(kind, object, nestedWords(field(object, 'status'), ['status']).filter(isMainWord))
}

function nestedWords(value: Json | undefined, path: readonly string[]): readonly Word[] {
  if (!isObject(value) || path.length > MAX_WORD_LEVELS) return []
  return [
    ...wordsIn(value, path),
    ...Object.entries(value).flatMap(([key, below]) =>
      PAST_FIELD.test(key) ? [] : nestedWords(below, [...path, key]),
    ),
  ]
}

/** A word and its path. */
type Word = readonly [path: readonly string[], word: string]

function isMainWord([path]: Word): boolean {
  return MAIN_WORD_FIELD.test(path.at(-1) ?? '')
}

function wordsIn(value: Json | undefined, path: readonly string[]): readonly Word[] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, word]) =>
    typeof word === 'string' ? [[[...path, key], word] as const] : [],
  )
}

function wordClaims(kind: string, object: Json, found: readonly Word[]): readonly Health[] {
  return found.flatMap((word) => wordClaim(kind, object, word) ?? [])
}

function wordClaim(kind: string, object: Json, found: Word): Health | undefined {
  const [path, word] = found
  const reason = `\`${path.join('.')}\` is ${word === '' ? 'empty' : oneLine(word)}${explanation(field(object, 'status'), word)}`
  if (isMainWord(found) && word === '') return { status: 'Progressing', reason }
  if (isMainWord(found) && MISSING_WORD.test(word)) return { status: 'Missing', reason }
  const meaning = RUN_KIND.test(kind) && /^running$/i.test(word) ? 'underWay' : meaningOf(word)
  // Only a part is off, such as a stream or a tunnel.
  if (meaning === 'paused' && !isMainWord(found)) return undefined
  if (meaning === undefined) return isMainWord(found) ? { status: 'Unknown', reason } : undefined
  return { status: STATUS_OF[meaning], reason: meaning === 'fine' ? '' : reason }
}

/** The explanation beside a word in a status, after a colon; '' if there is none or it repeats the word. */
export function explanation(status: Json | undefined, word: string): string {
  const text = MESSAGE_FIELDS.map((key) => textOf(field(status, key))).find((message) => message !== '')
  return text === undefined || text === oneLine(word) ? '' : `: ${text}`
}

function flagClaims(kind: string, object: Json): readonly Health[] {
  return Object.entries(FLAG_FIELDS).flatMap(([key, status]): Health[] => {
    const flag = field(object, 'status', key)
    if (flag === true || flag === 'True') return [{ status: 'Healthy', reason: '' }]
    if (flag !== false && flag !== 'False') return []
    // A run cannot have succeeded before it ends.
    const early = RUN_KIND.test(kind) && key.startsWith('succe') ? 'Progressing' : status
    return [{ status: early, reason: `\`status.${key}\` is false${explanation(field(object, 'status'), '')}` }]
  })
}

function errorClaims(object: Json): readonly Health[] {
  return ERROR_FIELDS.flatMap((key) => {
    const text = textOf(field(object, 'status', key))
    if (text === '' || NO_ERROR.test(text)) return []
    return [{ status: 'Degraded', reason: `\`status.${key}\` is "${text}"` } as const]
  })
}

/** A string, or the message of an object, on one line; '' if there is none. */
function textOf(value: Json | undefined): string {
  return oneLine((typeof value === 'string' ? value : stringField(value, 'message')) ?? '')
}

/** Progressing until all replicas are updated, as in a Deployment, even if the old ones are available. */
function rolloutClaims(object: Json): readonly Health[] {
  const [wanted, updated] = [numberAt(object, 'spec', 'replicas'), numberAt(object, 'status', 'updatedReplicas')]
  if (wanted === undefined || updated === undefined || updated >= wanted) return []
  return [{ status: 'Progressing', reason: `${updated} of ${wanted} in \`status.updatedReplicas\`` }]
}

function fractionClaims(object: Json): readonly Health[] {
  const status = field(object, 'status')
  const keys = isObject(status) ? Object.keys(status) : []
  const texts = [...wordsIn(status, ['status']), ...keys.flatMap((key) => wordsIn(field(status, key), ['status', key]))]
  return texts.flatMap(([path, text]): Health[] => {
    const [, have, wanted] = FRACTION_FIELD.test(path.at(-1) ?? '') ? (FRACTION.exec(text) ?? []) : []
    if (have === undefined || Number(have) >= Number(wanted)) return []
    return [{ status: 'Progressing', reason: `${have} of ${wanted} in \`${path.join('.')}\`` }]
  })
}

/** Whether enough replicas are ready; undefined if they are not counted. With `isExplicit`, a missing count is not taken as 0. */
function counterHealth(object: Json, isExplicit = false): Health | undefined {
  const status = field(object, 'status')
  const keys = isObject(status) ? Object.keys(status) : []
  for (const [path, key, alternative = key] of COUNTERS) {
    const wanted = numberAt(object, ...path)
    const found = numberAt(object, 'status', key) ?? numberAt(object, 'status', alternative)
    const have = found ?? 0
    // Replicas may mean something else, as for a topic; then the status has no count of them.
    const isCounted = path[0] === 'status' || keys.some((name) => /replicas$/i.test(name))
    if (wanted === undefined || !isCounted || (isExplicit && found === undefined)) continue
    if (have >= wanted) return { status: 'Healthy', reason: '' }
    return { status: 'Progressing', reason: `${have} of ${wanted} in \`status.${key}\`` }
  }
  return undefined
}
