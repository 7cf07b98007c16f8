import { throwIfAny } from '../diagnostics.ts'
import { acquireLease, type Lease, leaseWriteCheck } from '../inventory/lock/lease.ts'
import type { WriteSession } from '../kube/client.ts'
import { inPhase } from './events.ts'
import { type ExecutionResult, executePlan, inventoryConflict } from './execute-plan.ts'
import type { Execution, PlannedSet } from './execution.ts'

/** Under the lock planning again once is enough, unless somebody writes the inventory without it. */
const MAX_ATTEMPTS = 3

/** How long the server may take to answer about the lock: a cancelled run has only a few seconds. */
const LOCK_RESPONSE_TIMEOUT_MS = 5_000

/**
 * Executes a plan as the only run of its set: acquires the lock, and releases it whatever happens. `planAgain` makes the plan
 * again where another run has written since. Raises a `Failure` where not everything went well, E-LOCK where the lock is not to be
 * had.
 */
export async function execute(
  planned: PlannedSet,
  planAgain: () => Promise<PlannedSet>,
  execution: Execution,
): Promise<ExecutionResult> {
  const { cluster, saveLock } = execution
  const { inventory } = planned.input
  // A client of its own: the lock is released after the run was cancelled, too.
  const leaseClient = cluster.openClient(new AbortController().signal, LOCK_RESPONSE_TIMEOUT_MS)
  try {
    const lease = await acquireLock(planned, leaseClient.openWriteSession(leaseWriteCheck(inventory)), execution)
    saveLock(JSON.stringify({ namespace: inventory.namespace, name: inventory.name, holder: lease.holder }))
    try {
      return await executeUnderLock(planned, planAgain, lease, execution)
    } finally {
      if (await lease.release()) saveLock('')
    }
  } finally {
    leaseClient.close()
  }
}

function acquireLock(
  { stored, input }: PlannedSet,
  session: WriteSession,
  { set, config, signal, emit }: Execution,
): Promise<Lease> {
  const options = {
    timeout: set.policy.lockTimeoutMs,
    signal,
    emit,
    who: config.runName,
    isFirst: stored.version === '',
  }
  return inPhase('lock', emit, () => acquireLease(input.inventory, session, options))
}

async function executeUnderLock(
  first: PlannedSet,
  planAgain: () => Promise<PlannedSet>,
  lease: Lease,
  execution: Execution,
): Promise<ExecutionResult> {
  // While this run waited for the lock, anything may have changed, not only by the other run.
  let planned = lease.isWaitedFor ? await planAgain() : first
  for (let attempt = 1; ; attempt += 1) {
    const result = await executePlan(planned, lease, execution)
    if (result !== undefined) return result
    if (attempt === MAX_ATTEMPTS) throwIfAny([inventoryConflict(planned.input.inventory)])
    execution.emit({ type: 'replan' })
    planned = await planAgain()
  }
}
