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

/** The result of one manifest. */
export type ApplyResult =
  | AppliedAsPlanned
  | Rejected
  /** An object that it explicitly depends on failed. */
  | { readonly manifest: ResolvedManifest; readonly result: 'skipped'; readonly message: string }
  /** The run ended before it was sent, or before the server responded. */
  | { readonly manifest: ResolvedManifest; readonly result: 'pending' }

/** A manifest whose result is a planned one. */
export interface AppliedAsPlanned {
  readonly manifest: ResolvedManifest
  readonly result: PlannedResult
  /** Details, as a sentence without a full stop. */
  readonly message?: string
}

/** A manifest that the server or kubectl rejected. */
export interface Rejected {
  readonly manifest: ResolvedManifest
  readonly result: 'failed'
  /** The reason as a CamelCase word. */
  readonly reason?: string
  readonly message: string
  /** The likely cause, as one or more sentences. */
  readonly likelyCause?: string
  /** The field that the server names, if the manifest has it. */
  readonly field?: readonly Step[] | undefined
  /** The location of that field in the manifest, once it has been resolved. */
  readonly location?: Location
}

/** The result of a manifest that is not sent. */
export type NotSent = { readonly result: 'skipped'; readonly message: string } | NotPrepared

/** The result of a manifest whose preparation failed, such as its deletion or the migration of its fields. */
export interface NotPrepared {
  readonly result: 'failed'
  readonly reason: string
  readonly message: string
}

/** The result of one stream. */
export interface StreamResult {
  /** The server's response for each object, by path. */
  readonly responses: ReadonlyMap<string, ApplyResponse>
  /** The objects that were not sent, by path. */
  readonly notSent: ReadonlyMap<string, NotSent>
  readonly exit: Exit
}

/** The result of an object whose planned action was carried out, or that needed none. */
export function asPlanned({ manifest, result, message }: ObjectPlan): AppliedAsPlanned {
  return { manifest, result, ...(message === undefined ? {} : { message }) }
}

/**
 * Returns the result of each object of a stream, from the server's responses, and the errors of the stream as a whole
 * (E-APPLY, E-KUBE-AUTH or E-KUBE-NET). An object without a response is pending, and then there is an error.
 */
export function resultsOf(
  objects: readonly ObjectPlan[],
  { responses, notSent, exit }: StreamResult,
): { results: ApplyResult[]; problems: Diagnostic[] } {
  const unmapped = unmappedIn(exit.stderr)
  const results = objects.map((plan): ApplyResult => {
    const decision = notSent.get(plan.manifest.path ?? '')
    if (decision !== undefined) return { manifest: plan.manifest, ...decision }
    return resultOf(plan, responses, unmapped)
  })
  const hasRejections = results.some(({ result }) => result === 'failed' || result === 'skipped')
  const isComplete = !results.some(({ result }) => result === 'pending')
  const isExplained = exit.code === 0 || (exit.code === 1 && hasRejections)
  return { results, problems: isComplete && isExplained ? [] : [streamDiagnostic([...responses.values()], exit)] }
}

function streamDiagnostic(responses: readonly ApplyResponse[], exit: Exit): Diagnostic {
  const ended = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  const detail = `kubectl ended ${ended} before every object had a response. Its last output: ${tail(exit.stderr) || 'none'}`
  if (responses.some(({ status }) => status === 401)) {
    const message = `The cluster no longer accepts the credentials. ${detail}`
    return {
      code: 'E-KUBE-AUTH',
      reason: 'CredentialsExpired',
      message,
      hint: 'Use credentials that last longer than the run, or log in right before this step.',
    }
  }
  const hint = 'Run again: objects that are already applied stay applied.'
  const unanswered = responses.find(isNoResponse)
  if (unanswered === undefined) return { code: 'E-APPLY', reason: 'KubectlFailed', message: detail, hint }
  const message = stringField(unanswered.body, 'message') ?? detail
  return { code: 'E-KUBE-NET', reason: 'Unreachable', message, hint }
}

function resultOf(
  plan: ObjectPlan,
  responses: ReadonlyMap<string, ApplyResponse>,
  unmapped: ReadonlyMap<string, string>,
): ApplyResult {
  const { manifest } = plan
  const { kind, namespace, name } = manifest.id
  const response = responses.get(manifest.path ?? '')
  if (response === undefined || isNoResponse(response)) {
    const message = unmapped.get(unmappedKey(kind, namespace, name))
    return message === undefined
      ? { manifest, result: 'pending' }
      : { manifest, result: 'failed', reason: 'UnknownKind', message }
  }
  if (response.status >= 300) {
    const { message, field } = parseRejection(response, manifest)
    return { manifest, result: 'failed', reason: 'Rejected', message, field }
  }
  if (isTerminating(response))
    return { manifest, result: 'terminating', message: 'it is being deleted, and the applied changes are lost with it' }
  // Another client may have created or deleted it since the plan was made.
  if (response.status === 201 && !CREATING.includes(plan.result)) return { manifest, result: 'created' }
  const existed = response.status !== 201 && plan.result === 'created' && !createdByThisRun(plan, response)
  return existed ? { manifest, result: 'updated' } : asPlanned(plan)
}

/**
 * Whether an object that already existed was created by this run: the connection broke before the first response and the
 * apply was sent again, or it is the Namespace of the inventory. The dry run found it absent, and no other field manager has
 * written it since.
 */
function createdByThisRun({ checkedBy }: ObjectPlan, { body }: ApplyResponse): boolean {
  if (checkedBy !== 'server' && checkedBy !== 'copy') return false
  const entries = listField(body, 'metadata', 'managedFields').filter(
    (entry) => stringField(entry, 'subresource') === undefined,
  )
  const others = entries.filter((entry) => stringField(entry, 'manager') !== INVENTORY_MANAGER)
  return others.length === 1 && others[0] === ownManagerEntry(body)
}

/** Planned results of an object that the server creates. */
const CREATING: readonly PlannedResult[] = ['created', 'drifted', 'recreated']

/** How an apply failed, as the end of a sentence such as `was rejected`; undefined if it succeeded. */
export function howItFailed(response: ApplyResponse): string | undefined {
  if (isNoResponse(response)) return 'got no response'
  if (response.status >= 300) return 'was rejected'
  return isTerminating(response) ? 'is being deleted' : undefined
}

function isTerminating({ body }: ApplyResponse): boolean {
  return field(body, 'metadata', 'deletionTimestamp') !== undefined
}

/** Whether a response says nothing about the object: authentication failed, or a proxy in front of the server responded. */
function isNoResponse(response: ApplyResponse): boolean {
  return response.status === 401 || isFromProxy(response)
}

const UNMAPPED =
  /^(?:error: )?resource mapping not found for name: "(.*)" namespace: "(.*)" from ".*?": (no matches for kind "(.*?)".*)$/

/** kubectl's messages about objects whose kind it did not find, by `unmappedKey`. */
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
