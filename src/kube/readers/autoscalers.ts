import type { Warning } from '../../diagnostics.ts'
import { field, type Json, stringField } from '../../json.ts'
import { type Manifest, type ObjectId, objectKey, partsOf } from '../../object/manifest.ts'
import type { ApiClient } from '../client.ts'
import { list } from '../list.ts'

/** Whether an autoscaler, of the set or of the cluster, sets the number of replicas of an object. */
export type Autoscalers = (id: ObjectId) => Promise<boolean>

/**
 * Looks for autoscalers in the set, and once for each namespace in the cluster. Where the cluster does not tell, everything
 * that somebody has scaled is taken for an autoscaler's, and `warn` hears of it.
 */
export function openAutoscalers(
  manifests: readonly Manifest[],
  api: Pick<ApiClient, 'get'>,
  warn: (warning: Warning) => void,
): Autoscalers {
  const unlistable = new Set<string>()
  const own = manifests.filter(({ id }) => id.group === 'autoscaling' && id.kind === 'HorizontalPodAutoscaler')
  const targets = new Set(own.map(({ id, object }) => targetOf(object, id.namespace)))
  const listings = new Map<string, Promise<void>>()
  const listNamespace = async (namespace: string) => {
    const path = `/apis/autoscaling/v2/namespaces/${encodeURIComponent(namespace)}/horizontalpodautoscalers`
    const listing = await list(path, 'application/json', api)
    if ('objects' in listing) for (const object of listing.objects) targets.add(targetOf(object, namespace))
    else {
      unlistable.add(namespace)
      const message = `Replicas that somebody has scaled in the namespace ${namespace} are left alone, because nobody can say whether an autoscaler did: ${listing.unknown}`
      warn({
        reason: 'AutoscalersUnknown',
        message,
        hint: 'Let the identity `list` horizontalpodautoscalers of the group autoscaling.',
      })
    }
  }
  return async (id) => {
    const { namespace } = id
    const known = listings.get(namespace) ?? listNamespace(namespace)
    listings.set(namespace, known)
    await known
    return unlistable.has(namespace) || targets.has(objectKey(id))
  }
}

function targetOf(autoscaler: Json, namespace: string): string {
  const target = field(autoscaler, 'spec', 'scaleTargetRef')
  const { group } = partsOf(stringField(target, 'apiVersion') ?? '')
  const [kind = '', name = ''] = ['kind', 'name'].map((part) => stringField(target, part))
  return objectKey({ group, kind, namespace, name })
}
