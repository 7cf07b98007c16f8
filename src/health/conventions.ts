import { field, isObject, type Json, listField, stringField } from '../json.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS, type Annotation } from '../object/annotations/table.ts'
import { claimsOf, STATUS_OF, worst } from './claims.ts'
import { conditionsOf, numberAt, oneLine } from './conditions.ts'
import type { Health } from './status.ts'
import { meaningOf } from './words.ts'

/** Where a specification says that somebody has stopped it on purpose: `true` there. */
const PAUSES: readonly (readonly string[])[] = [
  ['spec', 'suspend'],
  ['spec', 'suspended'],
  ['spec', 'paused'],
  ['spec', 'pause'],
  ['spec', 'updateStrategy', 'paused'],
  ['spec', 'updateStrategy', 'rollingUpdate', 'paused'],
]
/** Annotations that do the same, and their value; undefined for any but `false`. */
const PAUSING_ANNOTATIONS: readonly (readonly [annotation: Annotation, value?: string])[] = [
  [ANNOTATIONS.kedaPaused],
  [ANNOTATIONS.kedaPausedReplicas],
  [ANNOTATIONS.clusterApiPaused],
  [ANNOTATIONS.crossplanePaused, 'true'],
  [ANNOTATIONS.eckManaged, 'false'],
  [ANNOTATIONS.kserveStop, 'true'],
  [ANNOTATIONS.strimziPauseReconciliation, 'true'],
]
/** Where a status says which generation it is about. */
const SEEN = ['observedGeneration', 'lastGeneration', 'lastObservedGeneration', 'lastReconciledGeneration']
/** Where else than in `status.conditions` there are conditions: an object, or a list of them. */
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
/** The lists of them that stay empty as long as nobody has taken the object up. */
const TAKERS = ['parents', 'ancestors']
/** A field of a status whose word tells how the object is. */
const WORD = /(phase|state|status|health|stage|compliant)$/i
/** A field of that kind alone: where its word is not known, nobody can tell how the object is. */
const PLAIN_WORD = /^(current|overall|lifecycle)?(phase|state|status|health)$/i
/** An object in a status that has such a field in it. */
const WORD_HOLDER = /(state|status|health|operation|result)$/i
/** Kinds of what runs to an end, which is not reached as long as it runs. */
const RUN =
  /(run|job|build|task|backup|restore|workflow|experiment|execution|migration|evaluation|analysis|test|snapshot|maintenance)$/i
/** A field with what has been, such as the last run of a test. */
const PAST = /^(last|latest|previous|past|history)/i
/** Words further down than that are of something else. */
const MAX_WORD_LEVELS = 3
/** A word that says that the object is not there, where its controller keeps it. */
const ABSENT = /^(notfound|missing|absent)$/i
/** Fields of a status that are true or false, and what they mean when they are false. */
const FLAGS = {
  initialized: 'Progressing',
  ready: 'Progressing',
  readyToUse: 'Progressing',
  healthy: 'Degraded',
  succeeded: 'Degraded',
  success: 'Degraded',
  valid: 'Degraded',
} as const
/** Fields of a status that are there because something failed. */
const ERRORS = ['error', 'errMsg', 'errorMessage', 'failureMessage', 'failureReason']
/** What such a field holds where nothing did. */
const NO_ERROR = /^(none|nil|null|ok|success|no error)$/i
/** A field of a status that tells how many there are of how many: `2/3`. */
const FRACTION_FIELD = /(replicas|ready|available)$/i
const FRACTION = /^(\d+)\/(\d+)$/
/** Where a controller explains itself. */
const MESSAGES = ['message', 'errorMessage', 'statusMessage', 'error', 'reason', 'description']
/** How many there are to be, and how many there are, which is left out where it is 0. The first pair that is there counts. */
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
 * What holds for every custom kind, whatever else it says: whether somebody has stopped the object, and whether its
 * controller has seen it as it is. In this order, because a controller need not look at what is stopped.
 */
export function earlyHealth(object: Json): Health | undefined {
  return suspension(object) ?? generationLag(object)
}

/**
 * Judges an object of a kind that nobody has told us about, by what controllers have in common: first whether it has a
 * status; then the worst of what conditions, words such as a phase, flags and errors say; then how many replicas are
 * ready. What says none of that is healthy.
 */
export function healthByConvention(kind: string, object: Json): Health {
  return silence(object) ?? verdict(kind, object)
}

function suspension(object: Json): Health | undefined {
  const path = PAUSES.find((each) => field(object, ...each) === true)
  if (path !== undefined) return { status: 'Suspended', reason: `it is suspended: \`${path.join('.')}\` is true` }
  if (/^unmanaged$/i.test(stringField(object, 'spec', 'managementState') ?? '')) {
    return { status: 'Suspended', reason: 'its operator is to leave it alone: `spec.managementState` is unmanaged' }
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
 * Progressing, where a controller tells which generation it has seen, and that is not the one there is. Some move that
 * number on only after a success: a condition about the present generation tells as well that it has been seen.
 */
export function generationLag(object: Json): Health | undefined {
  const generation = numberAt(object, 'metadata', 'generation')
  const [seen] = SEEN.flatMap((key) => numberIn(field(object, 'status', key)) ?? [])
  if (generation === undefined || seen === undefined || seen >= generation) return undefined
  if (conditionsOf(object).some(({ observedGeneration }) => observedGeneration === generation)) return undefined
  return { status: 'Progressing', reason: 'its controller has not seen the change yet' }
}

/** A number, also where it is written as a text. */
function numberIn(value: Json | undefined): number | undefined {
  const isText = typeof value === 'string' && /^\d+$/.test(value)
  return isText ? Number(value) : typeof value === 'number' ? value : undefined
}

function silence(object: Json): Health | undefined {
  const status = field(object, 'status')
  const isSilent = status === undefined || status === null || (isObject(status) && Object.keys(status).length === 0)
  if (!isSilent) return undefined
  if (typeof field(object, 'spec', 'schedule') === 'string')
    return { status: 'Healthy', reason: 'its time has not come' }
  return { status: 'Progressing', reason: 'its controller has not said anything yet', isSilent: true }
}

function verdict(kind: string, object: Json): Health {
  const generation = numberAt(object, 'metadata', 'generation')
  const spoken = words(kind, object)
  const isUnderWay = spoken.some(({ status }) => status === 'Progressing')
  const conditions = claimsOf(conditionsOf(object), generation, isUnderWay)
  const claims = [
    ...conditions,
    ...elsewhere(object, generation),
    ...spoken,
    ...flags(kind, object),
    ...errors(object),
    ...rollout(object),
    ...fractions(object),
  ]
  if (claims.length === 0)
    return counters(object) ?? emptiness(object) ?? worst(innerWords(kind, object)) ?? { status: 'Healthy', reason: '' }
  // A word such as `Running` leaves open how much of it runs, where that is counted; conditions do not.
  const counted = conditions.length > 0 ? undefined : counters(object, true)
  return worst(counted?.status === 'Progressing' ? [...claims, counted] : claims) ?? { status: 'Healthy', reason: '' }
}

/** Progressing, where there is a place for conditions with none in it. */
function emptiness(object: Json): Health | undefined {
  const conditions = field(object, 'status', 'conditions')
  const isEmpty = Array.isArray(conditions) && conditions.length === 0
  return isEmpty ? { status: 'Progressing', reason: 'it has no conditions yet', isSilent: true } : undefined
}

/** What conditions say that are not in the usual place, such as those of each parent of a route. */
function elsewhere(object: Json, generation: number | undefined): readonly Health[] {
  return OTHER_CONDITIONS.flatMap((key) => {
    const found = field(object, 'status', key)
    if (Array.isArray(found) && found.length === 0 && TAKERS.includes(key)) {
      return [{ status: 'Progressing', reason: `nobody has taken it up: \`status.${key}\` is empty` } as const]
    }
    const holders = Array.isArray(found) ? listField(object, 'status', key) : found === undefined ? [] : [found]
    return holders.flatMap((holder) => claimsOf(conditionsOf(holder, ['conditions']), generation))
  })
}

function words(kind: string, object: Json): readonly Health[] {
  const status = field(object, 'status')
  const found = wordsIn(status, ['status']).filter(([path]) => WORD.test(path.at(-1) ?? ''))
  const inner = isObject(status)
    ? Object.keys(status)
        .filter((key) => WORD_HOLDER.test(key))
        .flatMap((key) => wordsIn(status[key], ['status', key]))
    : []
  return verdictsOf(kind, object, found.length > 0 ? found : inner.filter(isPlain))
}

/** The words further down, whatever they are in: of parts, so that they count only where nothing else does. */
function innerWords(kind: string, object: Json): readonly Health[] {
  return verdictsOf(kind, object, wordsBelow(field(object, 'status'), ['status']).filter(isPlain))
}

function wordsBelow(value: Json | undefined, path: readonly string[]): readonly Word[] {
  if (!isObject(value) || path.length > MAX_WORD_LEVELS) return []
  return [
    ...wordsIn(value, path),
    ...Object.entries(value).flatMap(([key, below]) => (PAST.test(key) ? [] : wordsBelow(below, [...path, key]))),
  ]
}

/** A word, and where it stands. */
type Word = readonly [path: readonly string[], word: string]

function isPlain([path]: Word): boolean {
  return PLAIN_WORD.test(path.at(-1) ?? '')
}

function wordsIn(value: Json | undefined, path: readonly string[]): readonly Word[] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, word]) =>
    typeof word === 'string' ? [[[...path, key], word] as const] : [],
  )
}

function verdictsOf(kind: string, object: Json, found: readonly Word[]): readonly Health[] {
  return found.flatMap((each) => verdictOfWord(kind, object, each) ?? [])
}

function verdictOfWord(kind: string, object: Json, found: Word): Health | undefined {
  const [path, word] = found
  const reason = `\`${path.join('.')}\` is ${word === '' ? 'empty' : oneLine(word)}${explanation(field(object, 'status'), word)}`
  if (isPlain(found) && word === '') return { status: 'Progressing', reason }
  if (isPlain(found) && ABSENT.test(word)) return { status: 'Missing', reason }
  const meaning = RUN.test(kind) && /^running$/i.test(word) ? 'underWay' : meaningOf(word)
  // Of a part that is off, as a stream or a tunnel may be.
  if (meaning === 'paused' && !isPlain(found)) return undefined
  if (meaning === undefined) return isPlain(found) ? { status: 'Unknown', reason } : undefined
  return { status: STATUS_OF[meaning], reason: meaning === 'fine' ? '' : reason }
}

/** What a controller says in the status beside a word, with a colon before it; '' where it is nothing, or the word again. */
export function explanation(status: Json | undefined, word: string): string {
  const text = MESSAGES.map((key) => textOf(field(status, key))).find((each) => each !== '')
  return text === undefined || text === oneLine(word) ? '' : `: ${text}`
}

function flags(kind: string, object: Json): readonly Health[] {
  return Object.entries(FLAGS).flatMap(([key, status]): Health[] => {
    const flag = field(object, 'status', key)
    if (flag === true || flag === 'True') return [{ status: 'Healthy', reason: '' }]
    if (flag !== false && flag !== 'False') return []
    // What runs to an end has not succeeded before that.
    const early = RUN.test(kind) && key.startsWith('succe') ? 'Progressing' : status
    return [{ status: early, reason: `\`status.${key}\` is false${explanation(field(object, 'status'), '')}` }]
  })
}

function errors(object: Json): readonly Health[] {
  return ERRORS.flatMap((key) => {
    const text = textOf(field(object, 'status', key))
    if (text === '' || NO_ERROR.test(text)) return []
    return [{ status: 'Degraded', reason: `\`status.${key}\` is "${text}"` } as const]
  })
}

/** A text, or the message of an object, on one line. */
function textOf(value: Json | undefined): string {
  return oneLine((typeof value === 'string' ? value : stringField(value, 'message')) ?? '')
}

/** What is like a Deployment is under way until all of its replicas are updated, even where those it had are available. */
function rollout(object: Json): readonly Health[] {
  const [wanted, updated] = [numberAt(object, 'spec', 'replicas'), numberAt(object, 'status', 'updatedReplicas')]
  if (wanted === undefined || updated === undefined || updated >= wanted) return []
  return [{ status: 'Progressing', reason: `${updated} of ${wanted} in \`status.updatedReplicas\`` }]
}

function fractions(object: Json): readonly Health[] {
  const status = field(object, 'status')
  const keys = isObject(status) ? Object.keys(status) : []
  const texts = [...wordsIn(status, ['status']), ...keys.flatMap((key) => wordsIn(field(status, key), ['status', key]))]
  return texts.flatMap(([path, text]): Health[] => {
    const [, have, wanted] = FRACTION_FIELD.test(path.at(-1) ?? '') ? (FRACTION.exec(text) ?? []) : []
    if (have === undefined || Number(have) >= Number(wanted)) return []
    return [{ status: 'Progressing', reason: `${have} of ${wanted} in \`${path.join('.')}\`` }]
  })
}

/** Whether as many are ready as there are to be, where that is counted; with `isSure`, and where none is not left out. */
function counters(object: Json, isSure = false): Health | undefined {
  const status = field(object, 'status')
  const keys = isObject(status) ? Object.keys(status) : []
  for (const [path, key, alternative = key] of COUNTERS) {
    const wanted = numberAt(object, ...path)
    const found = numberAt(object, 'status', key) ?? numberAt(object, 'status', alternative)
    const have = found ?? 0
    // A replica may be something else, as that of a topic: then nobody counts those that are ready.
    const isCounted = path[0] === 'status' || keys.some((each) => /replicas$/i.test(each))
    if (wanted === undefined || !isCounted || (isSure && found === undefined)) continue
    if (have >= wanted) return { status: 'Healthy', reason: '' }
    return { status: 'Progressing', reason: `${have} of ${wanted} in \`status.${key}\`` }
  }
  return undefined
}
