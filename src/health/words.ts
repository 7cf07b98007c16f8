/** What a word that a controller writes, such as a phase or a reason, says about an object. */
export type Meaning = 'fine' | 'underWay' | 'failed' | 'paused'

const FINE_WORDS = wordsOf(`
  accepted active admitted advertised alive applied assigned attached available bound built complete completed
  compliant configured connected created deployed discovered done downloaded enabled enforced established exist exists
  finished healthy idle imported initialised initialized installed issued joined live loaded match matched
  monitoring normal ok okay online open operational pass passed programmed promoted propagated provisioned published
  reachable ready reconciled registered released resolved running satisfied serving stable subscribed succeed
  succeeded success successful successfully sufficient synced synchronised synchronized updated uptodate valid
  validated verified`)
const UNDER_WAY_WORDS = wordsOf(`
  await bootstrap build create delete deploy drain init initial initialisation initialise initialization initialize
  inprogress inqueue migrate modify pending prepare progress provision pull queued reconcile requested restart restore
  retry rollout scale scheduled start started submitted sync terminate update upgrade wait wip`)
const FAILED_WORDS = wordsOf(`
  abnormal abort aborted backoff bad blocked broken canceled cancelled cannot conflict conflicted conflicting corrupt
  corrupted crashloopbackoff critical degraded denied disconnected duplicate exceeded exhausted expired fatal fault
  faulted forbidden impossible incompatible incomplete inconsistent insufficient irreconcilable mismatch missing
  noncompliant offline orphan orphaned panic refused rejected stalled terminal throttled timedout timeout unable
  unauthorised unauthorized unavailable unreachable unreconcilable unschedulable unsupported violation violations`)
const PAUSED_WORDS = wordsOf(
  'cordoned disabled dormant halted hibernated paused quiesced shelved sleeping stopped suspended',
)
/** Prefixes of words that mean a failure. */
const FAILED_PREFIX = /^(fail|err$|error|exception|throwable|crash|invalid|unhealthy|evict|unsuccess|oom|malform)/

/** Words in -ing mean that something is under way, with the exceptions below. */
const ING_WORD = /^[a-z]{2,}ing$/
const ING_EXCEPTIONS = wordsOf(
  'binding listening missing monitoring networking ping ring routing running serving string thing warning',
)

/** Words that mean something only as a whole. */
const WHOLE_WORDS: Readonly<Record<string, Meaning>> = {
  ...{ green: 'fine', up: 'fine', set: 'fine', yellow: 'underWay', new: 'underWay', red: 'failed', down: 'failed' },
  ...{ dead: 'failed', lost: 'failed', splitbrain: 'failed' },
  // A Deployment has this reason while it starts, too.
  minimumreplicasunavailable: 'underWay',
}

/** Last parts of words that mean that something has ended, such as `UPDATE_COMPLETE`. */
const END_PARTS = wordsOf('complete completed done finished ok succeeded success successful successfully')
/** First parts of words that mean that the end is still to come. */
const BEFORE_END_PARTS = wordsOf('await awaiting pending prepare preparing wait waiting')

/** Parts that negate what follows. */
const NEGATIONS = wordsOf('never no non not without')
/** Parts that mean a failure when negated, not that something is under way. */
const REQUIRED_PARTS = wordsOf(
  'accepted allowed authorised authorized compliant enough found matching permitted provided quorum reachable satisfied supported valid',
)

/** The words of a text that are separated by white space. */
export function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''))
}

/**
 * The meaning of a word as controllers spell it (`InProgress`, `PENDING_RERUN`, `NotReady`, `SecretSyncedError`). Failure in any
 * part has precedence, then paused, then under way. Undefined if the word has no known meaning.
 */
export function meaningOf(word: string): Meaning | undefined {
  const whole = word.toLowerCase().replace(/[^a-z]/g, '')
  if (Object.hasOwn(WHOLE_WORDS, whole)) return WHOLE_WORDS[whole]
  const parts = wordParts(word)
  const found = new Set([...meaningsOfParts(parts), parts.length > 1 ? meaningOfWhole(whole) : undefined])
  if (hasEnded(parts)) found.delete('underWay')
  return (['failed', 'paused', 'underWay', 'fine'] as const).find((meaning) => found.has(meaning))
}

function meaningsOfParts(parts: readonly string[]): readonly (Meaning | undefined)[] {
  const negation = parts.findIndex((part) => NEGATIONS.has(part))
  return parts.map((part, index) => {
    const meaning = meaningOfPart(part)
    if (negation === -1 || index <= negation) return meaning
    if (REQUIRED_PARTS.has(part)) return 'failed'
    return meaning === 'fine' ? 'underWay' : meaning === 'failed' ? 'fine' : undefined
  })
}

/** Whether a word negates something good, as `NotReady` does. */
export function isDenial(word: string): boolean {
  const parts = wordParts(word)
  const denied = parts[parts.findIndex((part) => NEGATIONS.has(part)) + 1]
  return parts.some((part) => NEGATIONS.has(part)) && denied !== undefined && meaningOfPart(denied) === 'fine'
}

function hasEnded(parts: readonly string[]): boolean {
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  return END_PARTS.has(last) && !BEFORE_END_PARTS.has(first) && !parts.some((part) => NEGATIONS.has(part))
}

function meaningOfPart(part: string): Meaning | undefined {
  const meaning = FAILED_PREFIX.test(part) ? 'failed' : meaningOfWhole(part)
  return meaning === undefined && ING_WORD.test(part) && !ING_EXCEPTIONS.has(part) ? 'underWay' : meaning
}

/** The meaning of a word in one of the lists, which also have words of several parts, such as `InProgress`. */
function meaningOfWhole(word: string): Meaning | undefined {
  if (FAILED_WORDS.has(word)) return 'failed'
  if (PAUSED_WORDS.has(word)) return 'paused'
  if (FINE_WORDS.has(word)) return 'fine'
  return UNDER_WAY_WORDS.has(word) ? 'underWay' : undefined
}

/** The parts of a word in camel case or with separators, in lower case. */
export function wordParts(word: string): readonly string[] {
  const whole = word.replace(/back-?off/gi, 'Backoff').replace(/up-?to-?date/gi, 'Uptodate')
  const parts = whole.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []
  return parts.map((part) => part.toLowerCase())
}
