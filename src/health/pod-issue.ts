import { field, type Json, listField, stringField } from '../json.ts'
import { conditionMessage, conditionOf, isCondition, numberAt } from './conditions.ts'

/** What keeps a Pod from being ready. */
export interface PodIssue {
  /** What about it, as the end of a sentence whose subject is the Pod. */
  readonly reason: string
  /** The container it is about. */
  readonly container?: string
  /** How many times that container has been started again. */
  readonly restarts: number
  /** For how long it may go on until nobody need wait any longer, in milliseconds; absent where it is still on its way. */
  readonly grace?: number | undefined
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string
}

/** What passes by itself, such as a missing database or Secret, has passed by then, in milliseconds. */
export const DEGRADED_GRACE_MS = 60_000
/** New nodes take minutes to come. */
const SCHEDULING_GRACE_MS = 5 * 60_000
const CONFIGURATION = 'Check that the ConfigMaps and Secrets it refers to are there, with the keys that it asks for.'
const IMAGE = 'Check the name and the tag of its image, and that the cluster may pull it (`imagePullSecrets`).'
const PLACE =
  'Check what it asks for (requests, node selector, affinity, tolerations) against the nodes of the cluster.'
/** So many restarts take the kubelet minutes: what crashes then has had its time. */
const MIN_RESTARTS_OF_CRASH_LOOP = 5

/** Why a container may wait for ever: how long that may take, in milliseconds, and what to do about it. */
const WAITING: Readonly<Record<string, { readonly grace: number; readonly hint: string }>> = {
  CrashLoopBackOff: { grace: DEGRADED_GRACE_MS, hint: 'See in its log what makes it end.' },
  CreateContainerConfigError: { grace: DEGRADED_GRACE_MS, hint: CONFIGURATION },
  CreateContainerError: { grace: DEGRADED_GRACE_MS, hint: CONFIGURATION },
  ErrImageNeverPull: { grace: 0, hint: IMAGE },
  ErrImagePull: { grace: DEGRADED_GRACE_MS, hint: IMAGE },
  ImageInspectError: { grace: DEGRADED_GRACE_MS, hint: IMAGE },
  ImagePullBackOff: { grace: DEGRADED_GRACE_MS, hint: IMAGE },
  InvalidImageName: { grace: 0, hint: IMAGE },
  RegistryUnavailable: { grace: DEGRADED_GRACE_MS, hint: IMAGE },
  RunContainerError: { grace: DEGRADED_GRACE_MS, hint: 'Check its command, its mounts and its security context.' },
}

/** What keeps a Pod from being ready, the worst first; undefined where it is ready, or has come to a good end. */
export function podIssueOf(pod: Json): PodIssue | undefined {
  const phase = stringField(pod, 'status', 'phase') ?? 'Pending'
  if (phase === 'Succeeded' || isCondition(pod, 'Ready')) return undefined
  if (phase === 'Failed') return failure(pod)
  const scheduled = conditionOf(pod, 'PodScheduled')
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable')
    return {
      ...{ restarts: 0, grace: SCHEDULING_GRACE_MS, hint: PLACE },
      reason: `cannot be scheduled: ${conditionMessage(scheduled)}`,
    }
  const troubles = containerStatuses(pod).flatMap((status) => troubleOfContainer(status) ?? [])
  const stuck = troubles.find(({ grace }) => grace !== undefined)
  return stuck ?? troubles[0] ?? { reason: REASONS_BY_PHASE[phase] ?? `is in the phase ${phase}`, restarts: 0 }
}

const REASONS_BY_PHASE: Readonly<Record<string, string>> = {
  Pending: 'has not started yet',
  Running: 'is running, and not ready',
}

/** How long the kubelet waits before it starts a container again that was started again so many times, in milliseconds. */
export function backoffAfter(restarts: number): number {
  return Math.min(10_000 * 2 ** (restarts - 1), 300_000)
}

/** What the kubelet says of each container of a Pod, of those first that run first. */
export function containerStatuses(pod: Json): readonly Json[] {
  return ['initContainerStatuses', 'containerStatuses'].flatMap((list) => listField(pod, 'status', list))
}

function failure(pod: Json): PodIssue {
  const ended = containerStatuses(pod).find(
    (status) => (numberAt(status, 'state', 'terminated', 'exitCode') ?? 0) !== 0,
  )
  const container = stringField(ended, 'name')
  const message = stringField(pod, 'status', 'message') ?? stringField(pod, 'status', 'reason')
  const how = message ?? (container === undefined ? 'its phase is Failed' : endOf(container, field(ended, 'state')))
  return { reason: `has failed: ${how}`, restarts: 0, ...(container === undefined ? {} : { container }) }
}

function troubleOfContainer(status: Json): PodIssue | undefined {
  const container = stringField(status, 'name') ?? ''
  const restarts = numberAt(status, 'restartCount') ?? 0
  if (field(status, 'ready') === true || stringField(status, 'state', 'terminated', 'reason') === 'Completed')
    return undefined
  const waiting = stringField(status, 'state', 'waiting', 'reason') ?? ''
  const message = stringField(status, 'state', 'waiting', 'message') ?? ''
  const last = field(status, 'state', 'terminated') === undefined ? field(status, 'lastState') : field(status, 'state')
  const hasEnded = field(last, 'terminated') !== undefined
  const about = { container, restarts }
  const known = Object.hasOwn(WAITING, waiting) ? WAITING[waiting] : undefined
  if (known !== undefined) {
    const grace = restarts >= MIN_RESTARTS_OF_CRASH_LOOP ? 0 : known.grace
    const how = waiting === 'CrashLoopBackOff' && hasEnded ? endOf(container, last) : `\`${container}\` cannot start`
    const why = waiting === 'CrashLoopBackOff' || message === '' ? '' : `: ${message}`
    return { ...about, ...known, grace, reason: `is in ${waiting}: ${how}${why}` }
  }
  if (hasEnded) return { ...about, reason: `is not ready: ${endOf(container, last)}` }
  const isRunning = field(status, 'state', 'running') !== undefined
  return isRunning ? { ...about, reason: `is running, and \`${container}\` is not ready` } : undefined
}

/** How a container has ended, for the last time. */
function endOf(container: string, state: Json | undefined): string {
  const code = field(state, 'terminated', 'exitCode')
  const reason = stringField(state, 'terminated', 'reason') ?? ''
  const how = reason === '' || reason === 'Error' ? '' : ` (${reason})`
  return `\`${container}\` ended with exit code ${typeof code === 'number' ? code : 'unknown'}${how}`
}
