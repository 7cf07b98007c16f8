import { throwIfAny } from '../diagnostics.ts'
import { acquireLease, type Lease, leaseWriteCheck } from '../inventory/lock/lease.ts'
import type { WriteSession } from '../kube/client.ts'
import { inPhase } from './events.ts'
import { type ExecutionResult, executePlan, inventoryConflict } from './execute-plan.ts'
import type { Execution, PlannedSet } from './execution.ts'

/** How often a plan is tried: under the lock twice is enough, unless a client writes the inventory without the lock. */
const MAX_PLAN_ATTEMPTS = 3

/** The timeout of requests about the lock: a cancelled run has only a few seconds to release it. */
const LOCK_RESPONSE_TIMEOUT_MS = 5_000

/**
 * Executes a plan under the lock of its set, which is released in any case. `planAgain` makes the plan again if another run may
 * have changed the set since. Raises a `Failure` with all errors, E-LOCK if the lock cannot be acquired.
 */
export async function execute(
  planned: PlannedSet,
  planAgain: () => Promise<PlannedSet>,
  execution: Execution,
): Promise<ExecutionResult> {
  const { cluster, saveLock } = execution
  const { inventory } = planned.input
  // A client with its own signal, because the lock is released even if the run was cancelled.
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
    runName: config.runName,
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
  // While this run waited for the lock, other changes than those of the other run are possible, too.
  let planned = lease.isWaitedFor ? await planAgain() : first
  for (let attempt = 1; ; attempt += 1) {
    const result = await executePlan(planned, lease, execution)
    if (result !== undefined) return result
    if (attempt === MAX_PLAN_ATTEMPTS) throwIfAny([inventoryConflict(planned.input.inventory)])
    execution.emit({ type: 'replan' })
    planned = await planAgain()
  }
}
