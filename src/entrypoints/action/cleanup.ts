import { openLog } from '../../github/log.ts'
import { readRunner } from '../../github/runner.ts'
import { leaseWriteCheck, releaseLease } from '../../inventory/lock/lease.ts'
import { parseJson, stringField } from '../../json.ts'
import { connect } from '../../kube/cluster.ts'
import { loadKubeconfig } from '../../kube/kubeconfig.ts'
import { openKubectl } from '../../kube/kubectl.ts'
import { makeInventory } from '../../object/inventory.ts'
import { readConfig } from '../../options/config.ts'
import { makeRedactor, type Redactor } from '../../report/redactor.ts'
import { makeTempDir, removeTempDir } from '../../temp-dir.ts'

/** The timeout for releasing the lock, in milliseconds. An unreleased lock expires by itself. */
const RELEASE_TIMEOUT_MS = 15_000

/**
 * Runs the post step: if the main step was killed, deletes its private folder and releases the lock of its set. Never fails
 * the job.
 */
export async function cleanUp(): Promise<void> {
  // The runner passes the state that the main step saved.
  const { STATE_tempDir: tempDir = '', STATE_lock: lock = '' } = process.env
  if (tempDir !== '') removeTempDir(tempDir)
  if (lock === '') return
  const redactor = makeRedactor()
  const log = openLog(redactor)
  try {
    await releaseLock(lock, redactor)
    log.write('Released the lock of the main step.')
  } catch (error) {
    log.write(
      `Cannot release the lock of the main step, which expires by itself: ${error instanceof Error ? error.message : error}`,
    )
  }
}

async function releaseLock(lock: string, redactor: Redactor): Promise<void> {
  const state = parseJson(lock)
  const [namespace = '', name = '', holder = ''] = ['namespace', 'name', 'holder'].map((key) => stringField(state, key))
  const config = readConfig(readRunner(process.env, process.platform))
  redactor.addSecrets(config.secrets)
  const tempDir = makeTempDir(config.tempDir)
  try {
    const signal = AbortSignal.timeout(RELEASE_TIMEOUT_MS)
    const kubectl = openKubectl(config.environment)
    const credentials = await loadKubeconfig(config.cluster, kubectl, tempDir)
    redactor.addSecrets(credentials.secrets)
    const { environment } = config
    const cluster = await connect(config.cluster, credentials, kubectl, { environment, tempDir, signal })
    try {
      const inventory = makeInventory(namespace, name)
      await releaseLease(inventory, holder, cluster.api.openWriteSession(leaseWriteCheck(inventory)))
    } finally {
      await cluster.close()
    }
  } finally {
    removeTempDir(tempDir)
  }
}
