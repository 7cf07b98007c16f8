import { limitConcurrency } from '../../concurrency.ts'
import { stringField } from '../../json.ts'
import { statusMessage } from '../../object/api-status.ts'
import { type LiveObject, parseLiveObject } from '../../object/live-object.ts'
import { formatGroupKind, isCustom, parseObjectKey } from '../../object/manifest.ts'
import { namespacedName } from '../../object/metadata.ts'
import { type ApiClient, PARTIAL_METADATA } from '../client.ts'
import { type ApiDiscovery, allKinds, findPath } from '../discovery.ts'
import { type ListResult, list, PARTIAL_METADATA_LIST } from '../list.ts'
import type { SetMembers } from './set-members.ts'

/** What has become of an object that has left the set: it lives, it is gone, or nobody can say, with the reason. */
export type CandidateState =
  | {
      readonly kind: 'live'
      readonly live: LiveObject
      readonly path: string
      /** Whether data goes with it, as it says itself. */
      readonly holdsData: boolean
    }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown'; readonly reason: string; readonly message: string }

/** Single reads under way at once. */
const MAX_PARALLEL_READS = 16

/**
 * Looks at the objects that have left a set, given by their keys. What is not among the members may have lost its label, and is
 * read by itself: that a list does not have it proves nothing.
 */
export async function readCandidates(
  keys: readonly string[],
  members: SetMembers,
  api: Pick<ApiClient, 'get'>,
  discovery: ApiDiscovery,
): Promise<Map<string, CandidateState>> {
  const limit = limitConcurrency(MAX_PARALLEL_READS)
  let crds: Promise<ListResult> | undefined
  const unserved = async (group: string): Promise<CandidateState> => {
    if (discovery.unknown.size > 0) return UNSERVED
    // What the server has built in and does not serve it has no more.
    if (!isCustom(group)) return { kind: 'gone' }
    crds ??= list(CRD_PATH, PARTIAL_METADATA_LIST, api)
    return mayStillExist(group, await crds, discovery) ? UNSERVED : { kind: 'gone' }
  }
  const readCandidate = async (key: string): Promise<CandidateState> => {
    const id = parseObjectKey(key)
    const path = findPath(id, discovery)
    if (path === undefined) return unserved(id.group)
    const live = members.get(key)
    const isStateful = formatGroupKind(id) === 'apps/StatefulSet'
    if (live !== undefined && !isStateful) return { kind: 'live', live, path, holdsData: false }
    const answer = await limit(() => api.get(path, isStateful ? 'application/json' : PARTIAL_METADATA))
    if (answer.status === 404) return { kind: 'gone' }
    if (answer.status !== 200)
      return { kind: 'unknown', reason: 'Unreadable', message: `it cannot be read: ${statusMessage(answer)}` }
    const retention = stringField(answer.body, 'spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted')
    return { kind: 'live', live: parseLiveObject(answer.body), path, holdsData: retention === 'Delete' }
  }
  return new Map(await Promise.all(keys.map(async (key) => [key, await readCandidate(key)] as const)))
}

const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const UNSERVED: CandidateState = {
  ...{ kind: 'unknown', reason: 'KindNotServed' },
  message: 'the server does not serve its kind',
}

/**
 * Whether resources of a kind that the server does not serve may exist all the same. A definition goes after all its resources;
 * one that is there, and of which nothing is served, keeps them.
 */
function mayStillExist(group: string, crds: ListResult, discovery: ApiDiscovery): boolean {
  if (!('objects' in crds)) return true
  const served = allKinds(discovery).filter((each) => each.group === group)
  const plurals = new Set(served.map(({ plural }) => `${plural}.${group}`))
  return crds.objects.some((object) => {
    const { name } = namespacedName(object)
    return name.endsWith(`.${group}`) && !plurals.has(name)
  })
}
