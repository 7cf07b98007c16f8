import type { Warning } from '../../diagnostics.ts'
import { field, type Json, stringField } from '../../json.ts'
import type { Manifest } from '../../object/manifest.ts'
import { type ObjectId, objectKey, parseApiVersion } from '../../object/object-id.ts'
import type { ApiReader } from '../client.ts'
import { openCollectionReader } from './collection-reader.ts'

/** Whether a HorizontalPodAutoscaler, of the set or of the cluster, scales an object. */
export type Autoscalers = (id: ObjectId) => Promise<boolean>

/**
 * Finds HorizontalPodAutoscalers in the set and, with one list per namespace, in the cluster. Where they cannot be listed,
 * every object counts as scaled by one, with a warning.
 */
export function openAutoscalers(
  manifests: readonly Manifest[],
  api: Pick<ApiReader, 'get'>,
  warn: (warning: Warning) => void,
): Autoscalers {
  const reader = openCollectionReader(api)
  const unlistable = new Set<string>()
  const inSet = manifests.filter(({ id }) => id.group === 'autoscaling' && id.kind === 'HorizontalPodAutoscaler')
  const targets = new Set(inSet.map(({ id, object }) => targetOf(object, id.namespace)))
  const lists = new Map<string, Promise<void>>()
  const listNamespace = async (namespace: string) => {
    const path = `/apis/autoscaling/v2/namespaces/${encodeURIComponent(namespace)}/horizontalpodautoscalers`
    const result = await reader.list(path, { contents: 'whole' })
    if ('objects' in result) for (const object of result.objects) targets.add(targetOf(object, namespace))
    else {
      unlistable.add(namespace)
      const message = `Scaled replicas in the namespace ${namespace} are left alone, because its HorizontalPodAutoscalers cannot be listed: ${result.message}`
      const hint = 'Allow the credentials to `list` `horizontalpodautoscalers` of the API group `autoscaling`.'
      warn({ reason: 'AutoscalersUnknown', message, hint })
    }
  }
  return async (id) => {
    const { namespace } = id
    const listed = lists.get(namespace) ?? listNamespace(namespace)
    lists.set(namespace, listed)
    await listed
    return unlistable.has(namespace) || targets.has(objectKey(id))
  }
}

function targetOf(autoscaler: Json, namespace: string): string {
  const target = field(autoscaler, 'spec', 'scaleTargetRef')
  const { group } = parseApiVersion(stringField(target, 'apiVersion') ?? '')
  const [kind = '', name = ''] = ['kind', 'name'].map((part) => stringField(target, part))
  return objectKey({ group, kind, namespace, name })
}
