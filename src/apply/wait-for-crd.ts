import { setTimeout as sleep } from 'node:timers/promises'
import type { Sequence } from '../graph/apply-order.ts'
import { serialise, stringField } from '../json.ts'
import type { ApiReader } from '../kube/client.ts'
import { servedKinds } from '../kube/discovery.ts'
import { gvkKey } from '../object/api-path.ts'
import { apiVersionOf } from '../object/manifest.ts'
import type { ApplyEvent } from './apply-event.ts'

/** How long the server may take to serve the kind of a CRD that was just applied, in milliseconds. */
const SERVED_TIMEOUT_MS = 30_000
/** How long it may then take to accept custom resources, in milliseconds; after that the resources are probably invalid. */
const ACCEPTED_TIMEOUT_MS = 5_000
/** The interval between two attempts, in milliseconds. */
const POLL_INTERVAL_MS = 100

/**
 * Waits until the server serves the kinds of these custom resources and a dry run accepts each of them. That their CRD is
 * Established is not enough: on Kubernetes 1.37, discovery and schema lagged behind by 120 to 180 ms.
 * After a timeout it returns without an error: the apply that follows reports what is wrong.
 */
export async function waitForCrds(
  resources: Sequence,
  api: Pick<ApiReader, 'get' | 'dryRunApply'>,
  emit: (event: ApplyEvent) => void,
): Promise<void> {
  const started = Date.now()
  let waiting = resources
  while (waiting.length > 0) {
    const served = await servedKinds(waiting.map(apiVersionOf), api)
    const attempts = await Promise.all(
      waiting.map(async (manifest) => {
        const isServed = served.has(gvkKey(apiVersionOf(manifest), manifest.id.kind))
        if (!isServed || manifest.path === undefined) return { manifest, isServed, isAccepted: false }
        const response = await api.dryRunApply(manifest.path, { object: serialise(manifest.object), force: true })
        // A missing Namespace says nothing about the kind.
        const lacksNamespace = stringField(response.body, 'details', 'kind') === 'namespaces'
        return { manifest, isServed, isAccepted: response.status < 300 || lacksNamespace }
      }),
    )
    const rejected = attempts.filter(({ isAccepted }) => !isAccepted)
    waiting = rejected.map(({ manifest }) => manifest)
    const timeout = rejected.some(({ isServed }) => !isServed) ? SERVED_TIMEOUT_MS : ACCEPTED_TIMEOUT_MS
    if (Date.now() - started > timeout) {
      emit({ type: 'crd-timeout', rejected: waiting.length, resources: resources.length })
      return
    }
    if (waiting.length > 0) await sleep(POLL_INTERVAL_MS)
  }
}
