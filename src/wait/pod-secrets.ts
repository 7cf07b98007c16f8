import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { namespacedName } from '../object/metadata.ts'

/** Masks the values of Secrets in all output from now on. */
export type AddSecrets = (secrets: readonly Json[]) => void

/**
 * Masks the values of the Secrets that a Pod uses, because its log may contain them. Returns the name of the first Secret that
 * could not be read, or that was deleted while the Pod may still have its values; undefined if all are masked.
 */
export async function addSecretsOfPod(
  pod: Json,
  api: Pick<ApiClient, 'get'>,
  addSecrets: AddSecrets,
): Promise<string | undefined> {
  const { namespace } = namespacedName(pod)
  for (const [name, isOptional] of secretsIn(pod)) {
    const { status, body } = await api.get(`/api/v1/namespaces/${namespace}/secrets/${name}`)
    if (status === 200) addSecrets([body])
    else if (status !== 404 || !isOptional) return name
  }
  return undefined
}

/** Returns the names of the Secrets that a Pod references, each with whether every reference to it is optional. */
function secretsIn(pod: Json): Map<string, boolean> {
  const containers = CONTAINER_LISTS.flatMap((list) => listField(pod, 'spec', list))
  const volumes = listField(pod, 'spec', 'volumes')
  const references: readonly (readonly [Json | undefined, key: string])[] = [
    ...containers
      .flatMap((container) => listField(container, 'env'))
      .map((variable) => [field(variable, 'valueFrom', 'secretKeyRef'), 'name'] as const),
    ...containers
      .flatMap((container) => listField(container, 'envFrom'))
      .map((source) => [field(source, 'secretRef'), 'name'] as const),
    ...volumes.flatMap((volume) => [
      [field(volume, 'secret'), 'secretName'] as const,
      [field(volume, 'azureFile'), 'secretName'] as const,
      [field(volume, 'csi', 'nodePublishSecretRef'), 'name'] as const,
    ]),
    ...volumes
      .flatMap((volume) => listField(volume, 'projected', 'sources'))
      .map((source) => [field(source, 'secret'), 'name'] as const),
  ]
  const found = new Map<string, boolean>()
  for (const [reference, key] of references) {
    const name = stringField(reference, key)
    if (name !== undefined) found.set(name, (found.get(name) ?? true) && field(reference, 'optional') === true)
  }
  return found
}

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers']
