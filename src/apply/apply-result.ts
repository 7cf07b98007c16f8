import type { Diagnostic, Location } from '../diagnostics.ts'
import { INVENTORY_MANAGER } from '../inventory/store.ts'
import { field, listField, stringField } from '../json.ts'
import type { ApplyResponse } from '../kube/write-proxy.ts'
import { parseRejection } from '../object/api-rejection.ts'
import { isFromProxy } from '../object/api-status.ts'
import { ownManagerEntry } from '../object/managed-fields/own-entry.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { ObjectPlan, PlannedResult } from '../plan/object-plan.ts'
import { type Exit, tail } from '../process.ts'
import type { Step } from '../yaml/field.ts'

/** What became of one manifest. */
export type ApplyResult =
  | PlannedAsIs
  | Rejected
  /** Something that it explicitly depends on did not come to its end. */
  | { readonly manifest: ResolvedManifest; readonly result: 'skipped'; readonly message: string }
  /** The run ended before its turn came, or before its answer did. */
  | { readonly manifest: ResolvedManifest; readonly result: 'pending' }

/** A manifest of which became what was planned, or which was held back. */
export interface PlannedAsIs {
  readonly manifest: ResolvedManifest
  readonly result: PlannedResult
  /** More about it, as a sentence without its end. */
  readonly message?: string
}

/** A manifest that the server rejected, or kubectl before it. */
export interface Rejected {
  readonly manifest: ResolvedManifest
  readonly result: 'failed'
  /** Why, in one CamelCase word. */
  readonly reason?: string
  readonly message: string
  /** What may be the cause, as one or more sentences. */
  readonly likelyCause?: string
  /** The field that the server is about, where it names one that the manifest has. */
  readonly field?: readonly Step[] | undefined
  /** Where that field is written, once somebody has looked. */
  readonly location?: Location
}

/** What becomes of a manifest that is not sent when its turn comes. */
export type NotSent = { readonly result: 'skipped'; readonly message: string } | NotPrepared

/** A manifest that could not be sent, because something that has to come first was not possible. */
export interface NotPrepared {
  readonly result: 'failed'
  readonly reason: string
  readonly message: string
}

/** What one stream did. */
export interface StreamResult {
  /** The server's answer for each object, by its path. */
  readonly responses: ReadonlyMap<string, ApplyResponse>
  /** What was not sent, by its path. */
  readonly notSent: ReadonlyMap<string, NotSent>
  readonly exit: Exit
}

/** An action that was carried out, or that asked for nothing. */
export function asPlanned({ manifest, result, message }: ObjectPlan): PlannedAsIs {
  return { manifest, result, ...(message === undefined ? {} : { message }) }
}

/**
 * Judges a stream: an outcome for every action, from the server's answers, and what went wrong with the stream as a whole.
 * Whatever has no answer is not reached, and then there is a problem.
 */
export function resultsOf(
  objects: readonly ObjectPlan[],
  { responses, notSent, exit }: StreamResult,
): { results: ApplyResult[]; problems: Diagnostic[] } {
  const unmapped = unmappedIn(exit.stderr)
  const results = objects.map((plan): ApplyResult => {
    const stopped = notSent.get(plan.manifest.path ?? '')
    if (stopped !== undefined) return { manifest: plan.manifest, ...stopped }
    return outcomeOf(plan, responses, unmapped)
  })
  const isRefused = results.some(({ result }) => result === 'failed' || result === 'skipped')
  const isComplete = !results.some(({ result }) => result === 'pending')
  const isExplained = exit.code === 0 || (exit.code === 1 && isRefused)
  return { results, problems: isComplete && isExplained ? [] : [streamDiagnostic([...responses.values()], exit)] }
}

function streamDiagnostic(answers: readonly ApplyResponse[], exit: Exit): Diagnostic {
  const ended = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  const said = `kubectl ended ${ended} before everything was applied. Its last output: ${tail(exit.stderr) || 'none'}`
  if (answers.some(({ status }) => status === 401)) {
    const message = `The cluster no longer accepts the credentials. ${said}`
    return {
      code: 'E-KUBE-AUTH',
      reason: 'CredentialsExpired',
      message,
      hint: 'Use credentials that outlast the run, or log in shortly before it.',
    }
  }
  const hint = 'Run again. Completed changes are kept.'
  const silence = answers.find(isNoAnswer)
  if (silence === undefined) return { code: 'E-APPLY', reason: 'KubectlFailed', message: said, hint }
  const message = stringField(silence.body, 'message') ?? said
  return { code: 'E-KUBE-NET', reason: 'Unreachable', message, hint }
}

function outcomeOf(
  plan: ObjectPlan,
  responses: ReadonlyMap<string, ApplyResponse>,
  unmapped: ReadonlyMap<string, string>,
): ApplyResult {
  const { manifest } = plan
  const { kind, namespace, name } = manifest.id
  const answer = responses.get(manifest.path ?? '')
  if (answer === undefined || isNoAnswer(answer)) {
    const message = unmapped.get(unmappedKey(kind, namespace, name))
    return message === undefined
      ? { manifest, result: 'pending' }
      : { manifest, result: 'failed', reason: 'UnknownKind', message }
  }
  if (answer.status >= 300) {
    const { message, field } = parseRejection(answer, manifest)
    return { manifest, result: 'failed', reason: 'Rejected', message, field }
  }
  if (isTerminating(answer))
    return {
      manifest,
      result: 'terminating',
      message: 'it is being deleted, and what was applied would be deleted with it',
    }
  // Somebody may have made it, or deleted it, since the plan was made.
  if (answer.status === 201 && !CREATING.includes(plan.result)) return { manifest, result: 'created' }
  const wasThere = answer.status !== 201 && plan.result === 'created' && !createdByThisRun(plan, answer)
  return wasThere ? { manifest, result: 'updated' } : asPlanned(plan)
}

/**
 * Whether an answer that the object was there already is about one that this run made: the connection broke before the first
 * answer, and the apply was sent again; or it is the Namespace that the inventory needed before. The server said that it is
 * absent, and nobody but us has written it since.
 */
function createdByThisRun({ checkedBy }: ObjectPlan, { body }: ApplyResponse): boolean {
  if (checkedBy !== 'server' && checkedBy !== 'copy') return false
  const entries = listField(body, 'metadata', 'managedFields').filter(
    (entry) => stringField(entry, 'subresource') === undefined,
  )
  const others = entries.filter((entry) => stringField(entry, 'manager') !== INVENTORY_MANAGER)
  return others.length === 1 && others[0] === ownManagerEntry(body)
}

/** What may be behind a new object. */
const CREATING: readonly PlannedResult[] = ['created', 'drifted', 'recreated']

/** How an apply failed, so that nothing may build on its object; undefined where it did not. */
export function howItFailed(answer: ApplyResponse): string | undefined {
  if (isNoAnswer(answer)) return 'got no response'
  if (answer.status >= 300) return 'was rejected'
  return isTerminating(answer) ? 'is being deleted' : undefined
}

function isTerminating({ body }: ApplyResponse): boolean {
  return field(body, 'metadata', 'deletionTimestamp') !== undefined
}

/** Whether an answer says nothing about the object: the login failed, or something between us and the server answered. */
function isNoAnswer(answer: ApplyResponse): boolean {
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
