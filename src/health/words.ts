/** What a word that a controller writes, such as a phase or a reason, tells of how its object is. */
export type Meaning = 'fine' | 'underWay' | 'failed' | 'paused'

const FINE = wordsOf(`
  accepted active admitted advertised alive applied assigned attached available bound built complete completed
  compliant configured connected created deployed discovered done downloaded enabled enforced established exist exists
  finished healthy idle imported initialised initialized installed issued joined live loaded match matched
  monitoring normal ok okay online open operational pass passed programmed promoted propagated provisioned published
  reachable ready reconciled registered released resolved running satisfied serving stable subscribed succeed
  succeeded success successful successfully sufficient synced synchronised synchronized updated uptodate valid
  validated verified`)
const UNDER_WAY = wordsOf(`
  await bootstrap build create delete deploy drain init initial initialisation initialise initialization initialize
  inprogress inqueue migrate modify pending prepare progress provision pull queued reconcile requested restart restore
  retry rollout scale scheduled start started submitted sync terminate update upgrade wait wip`)
const FAILED = wordsOf(`
  abnormal abort aborted backoff bad blocked broken canceled cancelled cannot conflict conflicted conflicting corrupt
  corrupted crashloopbackoff critical degraded denied disconnected duplicate exceeded exhausted expired fatal fault
  faulted forbidden impossible incompatible incomplete inconsistent insufficient irreconcilable mismatch missing
  noncompliant offline orphan orphaned panic refused rejected stalled terminal throttled timedout timeout unable
  unauthorised unauthorized unavailable unreachable unreconcilable unschedulable unsupported violation violations`)
const PAUSED = wordsOf('cordoned disabled dormant halted hibernated paused quiesced shelved sleeping stopped suspended')
/** Beginnings of words that mean a failure. */
const FAILED_STEM = /^(fail|err$|error|exception|throwable|crash|invalid|unhealthy|evict|unsuccess|oom|malform)/

/** What is under way ends in -ing, but for these. */
const ING = /^[a-z]{2,}ing$/
const NOT_ING = wordsOf(
  'binding listening missing monitoring networking ping ring routing running serving string thing warning',
)

/** What means something only where it is the whole word. */
const ALONE: Readonly<Record<string, Meaning>> = {
  ...{ green: 'fine', up: 'fine', set: 'fine', yellow: 'underWay', new: 'underWay', red: 'failed', down: 'failed' },
  ...{ dead: 'failed', lost: 'failed', splitbrain: 'failed' },
  // A Deployment says so as well as long as it starts.
  minimumreplicasunavailable: 'underWay',
}

/** What is done at the end of what is under way, such as `UPDATE_COMPLETE`. */
const END = wordsOf('complete completed done finished ok succeeded success successful successfully')
/** Beginnings of words that mean that the end is still to come. */
const BEFORE = wordsOf('await awaiting pending prepare preparing wait waiting')

/** Words that turn what is behind them round. */
const NEGATION = wordsOf('never no non not without')
/** What, where it is not, is a failure, and no matter of time. */
const REQUIRED = wordsOf(
  'accepted allowed authorised authorized compliant enough found matching permitted provided quorum reachable satisfied supported valid',
)

/** The words of a text, whatever is between them. */
export function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''))
}

/**
 * The meaning of a word as controllers spell it (`InProgress`, `PENDING_RERUN`, `NotReady`, `SecretSyncedError`): a failure
 * in any part of it counts most, then what is paused, then what is under way. Undefined for one that tells nothing.
 */
export function meaningOf(word: string): Meaning | undefined {
  const whole = word.toLowerCase().replace(/[^a-z]/g, '')
  if (Object.hasOwn(ALONE, whole)) return ALONE[whole]
  const parts = wordParts(word)
  const found = new Set([...meaningsOfParts(parts), parts.length > 1 ? meaningOfWhole(whole) : undefined])
  if (isAtEnd(parts)) found.delete('underWay')
  return (['failed', 'paused', 'underWay', 'fine'] as const).find((meaning) => found.has(meaning))
}

function meaningsOfParts(parts: readonly string[]): readonly (Meaning | undefined)[] {
  const negation = parts.findIndex((part) => NEGATION.has(part))
  return parts.map((part, index) => {
    const meaning = meaningOfPart(part)
    if (negation === -1 || index <= negation) return meaning
    if (REQUIRED.has(part)) return 'failed'
    return meaning === 'fine' ? 'underWay' : meaning === 'failed' ? 'fine' : undefined
  })
}

/** Whether a word says of something good that it is not, as `NotReady` does, and not of something else in it. */
export function isDenial(word: string): boolean {
  const parts = wordParts(word)
  const denied = parts[parts.findIndex((part) => NEGATION.has(part)) + 1]
  return parts.some((part) => NEGATION.has(part)) && denied !== undefined && meaningOfPart(denied) === 'fine'
}

function isAtEnd(parts: readonly string[]): boolean {
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  return END.has(last) && !BEFORE.has(first) && !parts.some((part) => NEGATION.has(part))
}

function meaningOfPart(part: string): Meaning | undefined {
  const meaning = FAILED_STEM.test(part) ? 'failed' : meaningOfWhole(part)
  return meaning === undefined && ING.test(part) && !NOT_ING.has(part) ? 'underWay' : meaning
}

/** The meaning of a word that stands in one of the lists; so do some of several parts, such as `InProgress`. */
function meaningOfWhole(word: string): Meaning | undefined {
  if (FAILED.has(word)) return 'failed'
  if (PAUSED.has(word)) return 'paused'
  if (FINE.has(word)) return 'fine'
  return UNDER_WAY.has(word) ? 'underWay' : undefined
}

/** The parts of a word in camel case or with anything between them, in lower case. */
export function wordParts(word: string): readonly string[] {
  const whole = word.replace(/back-?off/gi, 'Backoff').replace(/up-?to-?date/gi, 'Uptodate')
  const parts = whole.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []
  return parts.map((part) => part.toLowerCase())
}
