import { setTimeout as sleep } from 'node:timers/promises'
import type { Sequence } from '../graph/apply-order.ts'
import { serialise, stringField } from '../json.ts'
import type { ApiReader } from '../kube/client.ts'
import { servedKinds } from '../kube/discovery.ts'
import { gvkKey } from '../object/api-path.ts'
import { apiVersionOf } from '../object/manifest.ts'
import type { ApplyEvent } from './apply-event.ts'

/** How long the server may take to serve the kind of a CustomResourceDefinition that was just applied, in milliseconds ... */
const SERVED_TIMEOUT_MS = 30_000
/** ... and to accept its resources once it does: after that the fault is probably theirs. */
const ACCEPTED_TIMEOUT_MS = 5_000
/** Between two attempts, in milliseconds. */
const POLL_INTERVAL_MS = 100

/**
 * Waits until the server serves the kinds of these custom resources and a dry run accepts each of them. A definition that is
 * Established is not enough: measured on Kubernetes 1.37, discovery and schema lagged behind by 120 to 180 ms.
 * Gives up after a while without a failure: the apply that follows will say what is wrong.
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
    const answers = await Promise.all(
      waiting.map(async (manifest) => {
        const isServed = served.has(gvkKey(apiVersionOf(manifest), manifest.id.kind))
        if (!isServed || manifest.path === undefined) return { manifest, isServed, isAccepted: false }
        const answer = await api.dryRunApply(manifest.path, { object: serialise(manifest.object), force: true })
        // That its Namespace is not there yet says nothing about its kind.
        const isHomeless = stringField(answer.body, 'details', 'kind') === 'namespaces'
        return { manifest, isServed, isAccepted: answer.status < 300 || isHomeless }
      }),
    )
    const rejected = answers.filter((answer) => !answer.isAccepted)
    waiting = rejected.map((answer) => answer.manifest)
    const timeout = rejected.some((answer) => !answer.isServed) ? SERVED_TIMEOUT_MS : ACCEPTED_TIMEOUT_MS
    if (Date.now() - started > timeout) {
      emit({ type: 'crd-timeout', rejected: waiting.length, resources: resources.length })
      return
    }
    if (waiting.length > 0) await sleep(POLL_INTERVAL_MS)
  }
}
