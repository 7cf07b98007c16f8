import { isFromProxy } from '../object/api-status.ts'
import type { Applied } from '../kube/write-proxy.ts'
import type { Location, Problem } from '../diagnostics.ts'
import { INVENTORY_MANAGER } from '../inventory/store.ts'
import { field, listField, stringField } from '../json.ts'
import { ownEntry } from '../object/live-object.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import type { Action, Result } from '../plan/object-plan.ts'
import { refusalOf } from '../object/api-rejection.ts'
import { type Exit, tail } from '../process.ts'
import type { Step } from '../yaml/field.ts'
import type { Streamed } from './kubectl-stream.ts'

/** What became of one manifest. */
export type Outcome =
  | Settled
  | Refused
  /** Something that it explicitly depends on did not come to its end. */
  | { readonly manifest: PlacedManifest; readonly result: 'held back'; readonly reason: string }
  /** The run ended before its turn came, or before its answer did. */
  | { readonly manifest: PlacedManifest; readonly result: 'not reached' }

/** A manifest of which became what was planned, or which was held back. */
export interface Settled {
  readonly manifest: PlacedManifest
  readonly result: Result
  /** More about it, as a sentence without its end. */
  readonly reason?: string
}

/** A manifest that the server, or kubectl before it, refused. */
export interface Refused {
  readonly manifest: PlacedManifest
  readonly result: 'failed'
  readonly message: string
  /** What may be the cause, as one or more sentences. */
  readonly blame?: string
  /** The field that the server is about, where it names one that the manifest has. */
  readonly field?: readonly Step[]
  /** Where that field is written, once somebody has looked. */
  readonly location?: Location
}

/** An action that was carried out, or that asked for nothing. */
export function settled({ manifest, result, reason }: Action): Settled {
  return { manifest, result, ...(reason === undefined ? {} : { reason }) }
}

/**
 * Judges a stream: an outcome for every action, from the server's answers, and what went wrong with the stream as a whole.
 * Whatever has no answer is not reached, and then there is a problem.
 */
export function judge(
  actions: readonly Action[],
  { applied, held, exit }: Streamed,
): { outcomes: Outcome[]; problems: Problem[] } {
  const unmapped = unmappedIn(exit.stderr)
  const outcomes = actions.map((action): Outcome => {
    const stopped = held.get(action.manifest.path ?? '')
    if (stopped !== undefined) return { manifest: action.manifest, ...stopped }
    return outcomeOf(action, applied, unmapped)
  })
  const isRefused = outcomes.some(({ result }) => result === 'failed' || result === 'held back')
  const isComplete = !outcomes.some(({ result }) => result === 'not reached')
  const isExplained = exit.code === 0 || (exit.code === 1 && isRefused)
  return { outcomes, problems: isComplete && isExplained ? [] : [trouble([...applied.values()], exit)] }
}

function trouble(answers: readonly Applied[], exit: Exit): Problem {
  const ended = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  const said = `kubectl ended ${ended} before everything was applied. Its last words: ${tail(exit.stderr) || 'none'}`
  if (answers.some(({ status }) => status === 401)) {
    const message = `The cluster no longer accepts the credentials. ${said}`
    return {
      class: 'E-KUBE-AUTH',
      message,
      next: 'Have them last longer than the run, or log in just before this step.',
    }
  }
  const next = 'Run it again: what is done stays done.'
  const silence = answers.find(isNoAnswer)
  if (silence === undefined) return { class: 'E-APPLY', message: said, next }
  return { class: 'E-KUBE-NET', message: stringField(silence.body, 'message') ?? said, next }
}

function outcomeOf(
  action: Action,
  applied: ReadonlyMap<string, Applied>,
  unmapped: ReadonlyMap<string, string>,
): Outcome {
  const { manifest } = action
  const { kind, namespace, name } = manifest.id
  const answer = applied.get(manifest.path ?? '')
  if (answer === undefined || isNoAnswer(answer)) {
    const message = unmapped.get(unmappedKey(kind, namespace, name))
    return message === undefined ? { manifest, result: 'not reached' } : { manifest, result: 'failed', message }
  }
  if (answer.status >= 300) return { manifest, result: 'failed', ...refusalOf(answer, manifest) }
  if (isTerminating(answer))
    return { manifest, result: 'terminating', reason: 'it is being deleted, and what was applied goes with it' }
  // Somebody may have made it, or deleted it, since the plan was made.
  if (answer.status === 201 && !MADE.includes(action.result)) return { manifest, result: 'created' }
  const wasThere = answer.status !== 201 && action.result === 'created' && !isMadeTwice(action, answer)
  return wasThere ? { manifest, result: 'updated' } : settled(action)
}

/**
 * Whether an answer that the object was there already is about one that this run made: the connection broke before the first
 * answer, and the apply was sent again; or it is the Namespace that the inventory needed before. The server said that it is
 * absent, and nobody but us has written it since.
 */
function isMadeTwice({ judge }: Action, { body }: Applied): boolean {
  if (judge !== 'server' && judge !== 'copy') return false
  const entries = listField(body, 'metadata', 'managedFields').filter(
    (entry) => stringField(entry, 'subresource') === undefined,
  )
  const others = entries.filter((entry) => stringField(entry, 'manager') !== INVENTORY_MANAGER)
  return others.length === 1 && others[0] === ownEntry(body)
}

/** What may be behind a new object. */
const MADE: readonly Result[] = ['created', 'drifted', 'replaced']

/** How an apply failed, so that nothing may build on its object; undefined where it did not. */
export function failureOf(answer: Applied): string | undefined {
  if (isNoAnswer(answer)) return 'got no answer'
  if (answer.status >= 300) return 'was refused'
  return isTerminating(answer) ? 'is being deleted' : undefined
}

function isTerminating({ body }: Applied): boolean {
  return field(body, 'metadata', 'deletionTimestamp') !== undefined
}

/** Whether an answer says nothing about the object: the login failed, or something between us and the server answered. */
function isNoAnswer(answer: Applied): boolean {
  return answer.status === 401 || isFromProxy(answer)
}

const UNMAPPED =
  /^(?:error: )?resource mapping not found for name: "(.*)" namespace: "(.*)" from ".*?": (no matches for kind "(.*?)".*)$/

/** Objects whose kind kubectl did not find although the server serves it by now, each with kubectl's message. */
function unmappedIn(stderr: string): Map<string, string> {
  return new Map(
    stderr.split('\n').flatMap((line) => {
      const [, name = '', namespace = '', message = '', kind = ''] = UNMAPPED.exec(line) ?? []
      return message === '' ? [] : [[unmappedKey(kind, namespace, name), message] as const]
    }),
  )
}

function unmappedKey(kind: string, namespace: string, name: string): string {
  return JSON.stringify([kind, namespace, name])
}
