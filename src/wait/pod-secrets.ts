import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { namespacedName } from '../object/metadata.ts'

/** Keeps what is in some Secrets out of every output from now on. */
export type AddSecrets = (secrets: readonly Json[]) => void

/**
 * Protects what is in the Secrets that a Pod is given: its log may repeat it. Returns the name of one that could not be read, or
 * is gone while the Pod may still know it.
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

/** The names of the Secrets that the containers of a Pod can read, and whether it runs without. */
function secretsIn(pod: Json): Map<string, boolean> {
  const containers = CONTAINERS.flatMap((list) => listField(pod, 'spec', list))
  const volumes = listField(pod, 'spec', 'volumes')
  const references: readonly (readonly [Json | undefined, key: string])[] = [
    ...containers
      .flatMap((each) => listField(each, 'env'))
      .map((each) => [field(each, 'valueFrom', 'secretKeyRef'), 'name'] as const),
    ...containers
      .flatMap((each) => listField(each, 'envFrom'))
      .map((each) => [field(each, 'secretRef'), 'name'] as const),
    ...volumes.flatMap((each) => [
      [field(each, 'secret'), 'secretName'] as const,
      [field(each, 'azureFile'), 'secretName'] as const,
      [field(each, 'csi', 'nodePublishSecretRef'), 'name'] as const,
    ]),
    ...volumes
      .flatMap((each) => listField(each, 'projected', 'sources'))
      .map((each) => [field(each, 'secret'), 'name'] as const),
  ]
  const found = new Map<string, boolean>()
  for (const [reference, key] of references) {
    const name = stringField(reference, key)
    if (name !== undefined) found.set(name, (found.get(name) ?? true) && field(reference, 'optional') === true)
  }
  return found
}

const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers']
