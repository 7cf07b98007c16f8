import { isFromProxy, messageOf } from '../cluster/api.ts'
import type { Applied } from '../cluster/gateway.ts'
import type { Location, Problem } from '../errors.ts'
import { field, stringField } from '../json.ts'
import { stepsOf } from '../manifests/fieldpath.ts'
import { apiVersionOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import type { Sequence } from '../order/sequence.ts'
import { type Exit, tail } from '../process.ts'
import type { Step } from '../yaml/field.ts'
import { changed, type Live, liveOf } from './observe.ts'
import type { Streamed } from './stream.ts'

/** What became of one manifest. */
export type Outcome =
  | { readonly manifest: PlacedManifest; readonly result: 'created' | 'updated' | 'unchanged' }
  | Refused
  /** Held back, because something that it explicitly depends on did not come to its end. */
  | { readonly manifest: PlacedManifest; readonly result: 'skipped'; readonly reason: string }
  /** The run ended before its turn came, or before its answer did. */
  | { readonly manifest: PlacedManifest; readonly result: 'not reached' }

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

/** What became of a manifest that no stream can carry: nobody knows its kind. */
export function unknownKind(manifest: PlacedManifest): Outcome {
  const kind = `no matches for kind "${manifest.id.kind}" in version "${apiVersionOf(manifest)}"`
  const message = `${kind}: the server does not serve it, and no CustomResourceDefinition in the set does`
  return { manifest, result: 'failed', message }
}

/**
 * Judges a stream: an outcome for every manifest, from the server's answers and from what it looked like `before`, and
 * what went wrong with the stream as a whole. Whatever has no answer is not reached, and then there is a problem.
 */
export function judge(
  manifests: Sequence,
  before: ReadonlyMap<string, Live>,
  { applied, held, exit }: Streamed,
): { outcomes: Outcome[]; problems: Problem[] } {
  const unmapped = unmappedIn(exit.stderr)
  const outcomes = manifests.map((manifest): Outcome => {
    const stopped = held.get(manifest.path ?? '')
    if (stopped !== undefined) return { manifest, ...stopped }
    return outcomeOf(manifest, before, applied, unmapped)
  })
  const isRefused = outcomes.some(({ result }) => result === 'failed' || result === 'skipped')
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
  return { class: answers.some(isNoAnswer) ? 'E-KUBE-NET' : 'E-APPLY', message: said, next }
}

function outcomeOf(
  manifest: PlacedManifest,
  before: ReadonlyMap<string, Live>,
  applied: ReadonlyMap<string, Applied>,
  unmapped: ReadonlyMap<string, string>,
): Outcome {
  const { id, path = '' } = manifest
  const answer = applied.get(path)
  if (answer === undefined || isNoAnswer(answer)) {
    const message = unmapped.get(unmappedKey(id.kind, id.namespace, id.name))
    return message === undefined ? { manifest, result: 'not reached' } : { manifest, result: 'failed', message }
  }
  if (answer.status >= 300) return refusedBy(answer, manifest)
  if (isTerminating(answer)) {
    const message = 'the object is being deleted, and what was applied goes with it: run again when it is gone'
    return { manifest, result: 'failed', message }
  }
  if (answer.status === 201) return { manifest, result: 'created' }
  // Not seen before, and yet not created: it could not be looked at, or somebody made it in between.
  const earlier = before.get(path)
  const isChanged = earlier === undefined || changed(earlier, liveOf(answer.body, 0))
  return { manifest, result: isChanged ? 'updated' : 'unchanged' }
}

/** How an apply failed, so that nothing may build on its object; undefined where it did not. */
export function failureOf(answer: Applied): string | undefined {
  if (isNoAnswer(answer)) return 'got no answer'
  if (answer.status >= 300) return 'was refused'
  return isTerminating(answer) ? 'is being deleted' : undefined
}

function isTerminating({ body }: Applied): boolean {
  return field(body, 'metadata', 'deletionTimestamp') !== undefined
}

function refusedBy(answer: Applied, manifest: PlacedManifest): Refused {
  const message = messageOf(answer)
  const causes = field(answer.body, 'details', 'causes')
  const [cause] = Array.isArray(causes) ? causes : []
  // Server-side apply names a field in its message alone.
  const named = stringField(cause, 'field') ?? UNDECLARED.exec(message)?.[1] ?? ''
  const path = stepsOf(named, manifest.object)
  return { manifest, result: 'failed', message, ...(path.length === 0 ? {} : { field: path }) }
}

const UNDECLARED = /(?:^|\s)(\.[A-Za-z](?:"(?:[^"\\]|\\.)*"|[^\s:"])*): /

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
