import { readRunner } from '../../github/runner.ts'
import { makeInventory } from '../../inventory/inventory.ts'
import { releaseLease } from '../../inventory/lock/lease.ts'
import { parseJson, stringField } from '../../json.ts'
import { connect } from '../../kube/cluster.ts'
import { loadKubeconfig } from '../../kube/kubeconfig.ts'
import { openKubectl } from '../../kube/kubectl.ts'
import { readConfig } from '../../options/config.ts'
import { openReport, type Report } from '../../report/report.ts'
import { makeTempDir, removeTempDir } from '../../temp-dir.ts'

/** How long letting go of a lock may take, in milliseconds: it ends by itself soon enough. */
const RELEASE_TIMEOUT_MS = 15_000

/**
 * The post step: puts in order what the main step left, if it was killed before it could: its private folder, and the lock of its
 * set. After a clean end there is nothing to do. It never fails the job.
 */
export async function cleanUp(): Promise<void> {
  // The runner passes what the main step saved.
  const { STATE_scratch: tempDir = '', STATE_lock: lock = '' } = process.env
  if (tempDir !== '') removeTempDir(tempDir)
  if (lock === '') return
  const report = openReport()
  try {
    await releaseLock(lock, report)
    report.log('The lock that the step left behind is free again.')
  } catch (error) {
    report.log(`The lock that the step left behind ends by itself: ${error instanceof Error ? error.message : error}`)
  }
}

async function releaseLock(lock: string, report: Report): Promise<void> {
  const state = parseJson(lock)
  const [namespace = '', name = '', holder = ''] = ['namespace', 'name', 'holder'].map((key) => stringField(state, key))
  const config = readConfig(readRunner(process.env, process.platform))
  report.addSecrets(config.secrets)
  const tempDir = makeTempDir(config.tempDir)
  try {
    const signal = AbortSignal.timeout(RELEASE_TIMEOUT_MS)
    const kubectl = openKubectl(config.environment)
    const credentials = await loadKubeconfig(config.cluster, kubectl, tempDir)
    report.addSecrets(credentials.secrets)
    const { environment } = config
    const cluster = await connect(config.cluster, credentials, kubectl, { environment, tempDir, signal })
    try {
      cluster.api.admitWrites(async () => {})
      await releaseLease(makeInventory(namespace, name), holder, cluster.api)
    } finally {
      await cluster.close()
    }
  } finally {
    removeTempDir(tempDir)
  }
}
