import { connect } from '../../kube/cluster.ts'
import { openKubeconfig } from '../../kube/kubeconfig.ts'
import { openKubectl } from '../../kube/kubectl.ts'
import { readConfig } from '../../options/config.ts'
import { inventoryOf } from '../../inventory/inventory.ts'
import { releaseLease } from '../../inventory/lock/lease.ts'
import { parseJson, stringField } from '../../json.ts'
import { openReport, type Report } from '../../report/report.ts'
import { makeScratch, removeScratch } from '../../temp-dir.ts'

/** How long letting go of a lock may take, in milliseconds: it ends by itself soon enough. */
const PATIENCE = 15_000

/**
 * The post step: puts in order what the main step left, if it was killed before it could: its private folder, and the lock of its
 * set. After a clean end there is nothing to do. It never fails the job.
 */
export async function cleanUp(): Promise<void> {
  // The runner passes what the main step saved.
  const { STATE_scratch: scratch = '', STATE_lock: lock = '' } = process.env
  if (scratch !== '') removeScratch(scratch)
  if (lock === '') return
  const report = openReport()
  try {
    await letGo(lock, report)
    report.log('The lock that the step left behind is free again.')
  } catch (error) {
    report.log(`The lock that the step left behind ends by itself: ${error instanceof Error ? error.message : error}`)
  }
}

async function letGo(lock: string, report: Report): Promise<void> {
  const state = parseJson(lock)
  const [namespace = '', name = '', holder = ''] = ['namespace', 'name', 'holder'].map((key) => stringField(state, key))
  const config = readConfig(process.env, process.platform)
  report.protect(config.secrets)
  const scratch = makeScratch(config.temp)
  try {
    const signal = AbortSignal.timeout(PATIENCE)
    const kubectl = openKubectl(config.environment)
    const credentials = await openKubeconfig(config.cluster, kubectl, scratch)
    report.protect(credentials.secrets)
    const cluster = await connect(config, credentials, kubectl, { scratch, signal })
    try {
      cluster.api.admitWrites(async () => {})
      await releaseLease(inventoryOf(namespace, name), holder, cluster.api)
    } finally {
      await cluster.close()
    }
  } finally {
    removeScratch(scratch)
  }
}
