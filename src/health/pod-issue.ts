import { field, type Json, listField, stringField } from '../json.ts'
import { conditionMessage, conditionOf, isCondition, numberAt } from './conditions.ts'

/** What keeps a Pod from being ready. */
export interface PodIssue {
  /** What is wrong, as a clause whose subject is the Pod. */
  readonly reason: string
  /** The container that has the issue; absent if the Pod as a whole has it. */
  readonly container?: string
  /** How many times that container has restarted. */
  readonly restarts: number
  /** How long the issue may last before a wait gives up, in milliseconds; absent if the Pod is still starting. */
  readonly grace?: number | undefined
  /** What to do about it, as a sentence. */
  readonly hint?: string
}

/** How long an issue that may resolve by itself is tolerated, such as a missing Secret, in milliseconds. */
export const DEGRADED_GRACE_MS = 60_000
/** How long a Pod may be unschedulable, in milliseconds: an autoscaler takes minutes to add a node. */
const SCHEDULING_GRACE_MS = 5 * 60_000
const CONFIGURATION_HINT = 'Check that the ConfigMaps and Secrets it refers to exist and have the keys that it needs.'
const IMAGE_HINT = 'Check the name and tag of its image, and that the cluster may pull it (`imagePullSecrets`).'
const SCHEDULING_HINT = 'Check its requests, node selector, affinity and tolerations against the nodes of the cluster.'
/** From this many restarts on, which take minutes, a waiting container gets no further grace. */
const MIN_RESTARTS_OF_CRASH_LOOP = 5

/** Reasons why a container may wait forever: how long each is tolerated, in milliseconds, and what to do about it. */
const WAITING_REASONS: Readonly<Record<string, { readonly grace: number; readonly hint: string }>> = {
  CrashLoopBackOff: { grace: DEGRADED_GRACE_MS, hint: 'Check its log to see why it exits.' },
  CreateContainerConfigError: { grace: DEGRADED_GRACE_MS, hint: CONFIGURATION_HINT },
  CreateContainerError: { grace: DEGRADED_GRACE_MS, hint: CONFIGURATION_HINT },
  ErrImageNeverPull: { grace: 0, hint: IMAGE_HINT },
  ErrImagePull: { grace: DEGRADED_GRACE_MS, hint: IMAGE_HINT },
  ImageInspectError: { grace: DEGRADED_GRACE_MS, hint: IMAGE_HINT },
  ImagePullBackOff: { grace: DEGRADED_GRACE_MS, hint: IMAGE_HINT },
  InvalidImageName: { grace: 0, hint: IMAGE_HINT },
  RegistryUnavailable: { grace: DEGRADED_GRACE_MS, hint: IMAGE_HINT },
  RunContainerError: { grace: DEGRADED_GRACE_MS, hint: 'Check its command, its mounts and its security context.' },
}

/** The most severe issue that keeps a Pod from being ready; undefined if it is ready or has succeeded. */
export function podIssueOf(pod: Json): PodIssue | undefined {
  const phase = stringField(pod, 'status', 'phase') ?? 'Pending'
  if (phase === 'Succeeded' || isCondition(pod, 'Ready')) return undefined
  if (phase === 'Failed') return failedPodIssue(pod)
  const scheduled = conditionOf(pod, 'PodScheduled')
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable')
    return {
      ...{ restarts: 0, grace: SCHEDULING_GRACE_MS, hint: SCHEDULING_HINT },
      reason: `cannot be scheduled: ${conditionMessage(scheduled)}`,
    }
  const issues = containerStatuses(pod).flatMap((status) => containerIssue(status) ?? [])
  const stuck = issues.find(({ grace }) => grace !== undefined)
  return stuck ?? issues[0] ?? { reason: REASONS_BY_PHASE[phase] ?? `is in phase ${phase}`, restarts: 0 }
}

const REASONS_BY_PHASE: Readonly<Record<string, string>> = {
  Pending: 'has not started yet',
  Running: 'is running but not ready',
}

/** How long the kubelet waits before the next restart of a container that has restarted this many times, in milliseconds. */
export function backoffAfter(restarts: number): number {
  return Math.min(10_000 * 2 ** (restarts - 1), 300_000)
}

/** The statuses of the containers of a Pod, init containers first. */
export function containerStatuses(pod: Json): readonly Json[] {
  return ['initContainerStatuses', 'containerStatuses'].flatMap((list) => listField(pod, 'status', list))
}

function failedPodIssue(pod: Json): PodIssue {
  const ended = containerStatuses(pod).find(
    (status) => (numberAt(status, 'state', 'terminated', 'exitCode') ?? 0) !== 0,
  )
  const container = stringField(ended, 'name')
  const message = stringField(pod, 'status', 'message') ?? stringField(pod, 'status', 'reason')
  const how =
    message ?? (container === undefined ? 'its phase is Failed' : terminationOf(container, field(ended, 'state')))
  return { reason: `has failed: ${how}`, restarts: 0, ...(container === undefined ? {} : { container }) }
}

function containerIssue(status: Json): PodIssue | undefined {
  const container = stringField(status, 'name') ?? ''
  const restarts = numberAt(status, 'restartCount') ?? 0
  if (field(status, 'ready') === true || stringField(status, 'state', 'terminated', 'reason') === 'Completed')
    return undefined
  const waiting = stringField(status, 'state', 'waiting', 'reason') ?? ''
  const message = stringField(status, 'state', 'waiting', 'message') ?? ''
  const last = field(status, 'state', 'terminated') === undefined ? field(status, 'lastState') : field(status, 'state')
  const hasEnded = field(last, 'terminated') !== undefined
  const about = { container, restarts }
  const known = Object.hasOwn(WAITING_REASONS, waiting) ? WAITING_REASONS[waiting] : undefined
  if (known !== undefined) {
    const grace = restarts >= MIN_RESTARTS_OF_CRASH_LOOP ? 0 : known.grace
    const how =
      waiting === 'CrashLoopBackOff' && hasEnded ? terminationOf(container, last) : `\`${container}\` cannot start`
    const why = waiting === 'CrashLoopBackOff' || message === '' ? '' : `: ${message}`
    return { ...about, ...known, grace, reason: `is in ${waiting}: ${how}${why}` }
  }
  if (hasEnded) return { ...about, reason: `is not ready: ${terminationOf(container, last)}` }
  const isRunning = field(status, 'state', 'running') !== undefined
  return isRunning ? { ...about, reason: `is running, but \`${container}\` is not ready` } : undefined
}

/** How a container last ended, as a clause. */
function terminationOf(container: string, state: Json | undefined): string {
  const code = field(state, 'terminated', 'exitCode')
  const reason = stringField(state, 'terminated', 'reason') ?? ''
  const how = reason === '' || reason === 'Error' ? '' : ` (${reason})`
  return `\`${container}\` ended with exit code ${typeof code === 'number' ? code : 'unknown'}${how}`
}
