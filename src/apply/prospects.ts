import type { Api } from '../cluster/api.ts'
import { readinessOf, takesTime } from '../health/readiness.ts'
import { field, serialise } from '../json.ts'
import { isRun } from '../manifests/hooks.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import type { Ordering } from '../order/sequence.ts'
import { differ, type Live, liveOf } from './observe.ts'
import type { Outsiders } from './outsiders.ts'

/**
 * Those of the `awaited` nodes for which others have to wait in this run: they will change, or are not ready as they are.
 * What a dry run leaves as it is, and is ready, nobody waits for; nor for kinds that are what they are once applied.
 */
export async function pendingIn(
  awaited: Iterable<number>,
  ordering: Ordering,
  outsiders: Outsiders,
  live: ReadonlyMap<string, Live>,
  api: Api,
): Promise<Set<number>> {
  const { nodes } = ordering.graph
  const isPending = async (index: number): Promise<boolean> => {
    const node = nodes[index]
    if (node?.kind === 'object') return takesTime(node.manifest.id) && (await willChange(node.manifest, live, api))
    const path = outsiders.get(index)
    if (node?.kind !== 'outside' || path === undefined) return false
    return readinessOf(node.id, (await api.get(path)).body).state !== 'ready'
  }
  const checked = await Promise.all([...awaited].map(async (index) => ((await isPending(index)) ? [index] : [])))
  return new Set(checked.flat())
}

async function willChange(manifest: PlacedManifest, live: ReadonlyMap<string, Live>, api: Api): Promise<boolean> {
  const { id, path, object } = manifest
  const before = path === undefined ? undefined : live.get(path)
  if (path === undefined || before === undefined) return true
  const answer = await api.dryRunApply(path, serialise(object))
  if (answer.status !== 200 || field(answer.body, 'metadata', 'generation') !== before.generation) return true
  if (isRun(manifest) && differ(before, liveOf(answer.body, 0))) return true // it will run again
  return readinessOf(id, answer.body).state !== 'ready'
}
