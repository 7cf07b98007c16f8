import { formatLocation, formatMessage, type Warning } from '../diagnostics.ts'
import type { Phase, RunEvent } from '../engine/events.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import { summarizeKinds } from '../graph/apply-order.ts'
import { explainAll, orderRemarks } from '../graph/explanations.ts'
import { formatHint, inputStyle, type OptionStyle } from '../hint.ts'
import { formatCount, formatId, type ObjectId } from '../object/object-id.ts'
import type { Plan } from '../plan/plan.ts'
import { isPruned, type PruneDecision } from '../plan/prune-decision.ts'
import { planDetails } from './plan-details.ts'
import type { DiagnosticReport } from './run-report.ts'

/** At most this many fields of an object are in the log. */
const MAX_FIELDS = 20
/** At most this many objects that were removed from Git but are not pruned are in the log. */
const MAX_KEPT_LINES = 20

/** The title of each phase of a run. */
export const PHASE_TITLES: Readonly<Record<Phase, string>> = {
  fetch: 'Fetch the repository',
  read: 'Read the manifests',
  connect: 'Connect to the cluster',
  sort: 'Sort the objects',
  observe: 'Observe the cluster',
  plan: 'Plan',
  lock: 'Acquire the lock',
  apply: 'Apply',
  prune: 'Prune',
  wait: 'Wait until everything is ready',
}

/** An event as lines for a log, with options in hints written in a `style`; empty for events that the log omits. */
export function eventLines(event: RunEvent, style: OptionStyle = inputStyle): readonly string[] {
  switch (event.type) {
    case 'folder-read':
      return [`Reading the folder ${event.path}.`]
    case 'checkout-read':
      return [`Reading the checkout ${event.path} at ${event.commit}.`]
    case 'clone':
      return [`${event.isUpdate ? 'Fetching' : 'Cloning'} ${event.url}`]
    case 'git-progress':
      return [event.text]
    case 'fetched':
      return [fetchedLine(event.commit, event.previous)]
    case 'cache-wait':
      return ['Waiting for another job that uses the same clone ...']
    case 'cache-discarded':
      return ['The cached clone is damaged. Deleting it and cloning again.']
    case 'network-retry':
      return [`${event.message}\nTrying again in ${event.seconds} s ...`]
    case 'manifests-read':
      return [
        ...event.skipped.map(({ location, reason }) => `skipped ${formatLocation(location)}: ${reason}`),
        `Found ${formatCount(event.objects)}.`,
      ]
    case 'connected':
      return [`Kubernetes ${event.serverVersion}, context ${event.context}, kubectl ${event.kubectlVersion}.`]
    case 'sorted':
      return [summarizeKinds(event.order.sequence), ...orderRemarks(event.order.graph, event.order.dropped)]
    case 'dry-run':
      return [`Dry-running ${event.objects} of ${formatCount(event.total)}.`]
    case 'planned':
      return planLines(event.plan)
    case 'lock-wait':
      return [`Waiting for ${event.holder}, which holds the lock of this set ...`]
    case 'lock-taken-over':
      return [`Took over the lock of ${event.holder}, which no longer renews it.`]
    case 'replan':
      return ['Another run changed the set since the plan was made. Planning again.']
    case 'rollback':
      return [`Rolling back from ${event.from} to ${event.to}, as \`allow-rollback\` allows.`]
    case 'kubectl-apply': {
      const processes = event.processes === 1 ? '' : `, ${event.processes} processes`
      return [`kubectl apply --server-side (${formatCount(event.objects)}${processes})`]
    }
    case 'apply-progress':
      return [`Applied ${event.done} of ${event.total}, about ${event.secondsLeft} s left.`]
    case 'apply-retry':
      return [`${formatId(event.id)} was rejected, perhaps because of a change just before it. Trying again ...`]
    case 'crd-wait':
      return [`Waiting until the server accepts ${formatCount(event.resources)} of new or changed CRDs ...`]
    case 'crd-timeout':
      return [
        `The server still rejects ${event.rejected} of ${event.resources} custom resources. Applying them anyway.`,
      ]
    case 'hook-running':
      return [`${formatId(event.id)} of an earlier run is still running.`]
    case 'recreate':
      return [`Deleting ${formatId(event.id)}, to ${event.isHook ? 'run it again' : 'recreate it'}.`]
    case 'hook-delete':
      return [hookDeleteLine(event.id, event.policy, event.message)]
    case 'results':
      return event.results.flatMap((each) => {
        if (each.result === 'unchanged') return []
        const message = 'message' in each && each.result !== 'failed' ? each.message : undefined
        return [objectLine(each.result, each.manifest.id, formatLocation(each.manifest.location), message)]
      })
    case 'prune':
      return [`Deleting ${formatCount(event.objects)}, in reverse dependency order ...`]
    case 'object-pruned':
      return [`pruned      ${formatId(event.id)}`]
    case 'object-not-pruned':
      return [objectLine(event.result, event.id, REMOVED, event.message)]
    case 'wait-progress':
      return [
        `Waiting for ${formatCount(event.total)} to become ready ...`,
        ...event.objects.map(({ id, message }) => `  ${formatId(id)}: ${message}`),
        ...(event.total > event.objects.length ? [`  and ${event.total - event.objects.length} more`] : []),
      ]
    case 'wait-finished':
      if (event.unready > 0) return [`Not ready: ${event.unready} of ${formatCount(event.total)}.`]
      return [
        `Ready: ${formatCount(event.total)}${event.someDeleted ? ', without those that a later run deleted' : ''}.`,
      ]
    case 'warnings':
      return event.warnings.map((warning) => warningText(warning, style))
    case 'phase-started':
    case 'phase-finished':
    case 'set-started':
    case 'repository':
    case 'commit':
    case 'prune-results':
    case 'unready':
    case 'failed':
      return []
  }
}

/** The location of an object that was removed from Git. */
const REMOVED = 'removed from Git'

function fetchedLine(commit: string, previous: string | undefined): string {
  if (previous === undefined) return `Fetched ${commit}.`
  return previous === commit ? `Already up to date at ${commit}.` : `Updated from ${previous} to ${commit}.`
}

function hookDeleteLine(id: ObjectId, policy: string, message: string | undefined): string {
  if (message === undefined) return `Deleting ${formatId(id)}, by its delete policy ${policy}.`
  return `${formatId(id)} could not be deleted, as its delete policy ${policy} asks: ${message}`
}

function objectLine(result: string, id: ObjectId, where: string, message: string | undefined): string {
  return `${result.padEnd(11)} ${formatId(id)}  (${where})${message === undefined || message === '' ? '' : `: ${message}`}`
}

/** A plan as lines for a log: objects with changes and their fields, and objects removed from Git. */
function planLines({ objects: plans, pruneDecisions }: Plan): string[] {
  const lines = plans.flatMap((plan) => {
    const { manifest, result } = plan
    if (result === 'unchanged') return []
    const head = objectLine(result, manifest.id, formatLocation(manifest.location), undefined)
    return [head, ...planDetails(plan, MAX_FIELDS).map((line) => `  ${line}`)]
  })
  const pruned = pruneDecisions.filter(isPruned)
  const rest = pruneDecisions.filter((decision) => !isPruned(decision))
  const more = rest.length - MAX_KEPT_LINES
  const removed = [...pruned, ...rest.slice(0, MAX_KEPT_LINES)].map(removedLine)
  return [...lines, ...removed, ...(more > 0 ? [`... and ${more} more ${REMOVED}: the summary lists them`] : [])]
}

function removedLine({ id, result, message }: PruneDecision): string {
  return objectLine(result, id, REMOVED, message)
}

/** The place of each object in the order and the reasons for it, for a debug log. */
export function orderLines({ graph, nodes }: ApplyOrder): Iterable<string> {
  return explainAll(graph, nodes)
}

/** An error of a report as text for a log: code, location and object, what happened, and what to do. */
export function reportedErrorText(error: DiagnosticReport): string {
  return textOf(error.code ?? '', error, error.hint, '\n')
}

function warningText(warning: Warning, style: OptionStyle): string {
  const { hint } = warning
  return textOf('warning', warning, hint === undefined ? null : formatHint(hint, style), ' ')
}

function textOf(kind: string, diagnostic: Warning | DiagnosticReport, hint: string | null, between: string): string {
  const { location, object } = diagnostic
  const head = [kind, formatLocation(location ?? undefined), object ?? ''].filter((part) => part !== '').join(' ')
  return [`${head}: ${formatMessage(diagnostic)}`, ...(hint === null ? [] : [hint])].join(between)
}
