import { stringField } from '../../json.ts'
import type { CandidateState } from '../../object/candidate-state.ts'
import { isCustom } from '../../object/kinds.ts'
import { parseLiveObject } from '../../object/live-object.ts'
import { namespacedName } from '../../object/metadata.ts'
import { formatGroupKind, parseObjectKey } from '../../object/object-id.ts'
import type { SetMembers } from '../../object/set-members.ts'
import type { ApiReader } from '../client.ts'
import { type ApiDiscovery, allKinds, findPath } from '../discovery.ts'
import type { ListResult } from '../list.ts'
import { openCollectionReader } from './collection-reader.ts'

/**
 * Reads prune candidates, given by their object keys. A candidate that is not among the members is read by itself: it may
 * have lost its label.
 */
export async function readCandidates(
  keys: readonly string[],
  members: SetMembers,
  api: Pick<ApiReader, 'get'>,
  discovery: ApiDiscovery,
): Promise<Map<string, CandidateState>> {
  const reader = openCollectionReader(api)
  let crds: Promise<ListResult> | undefined
  const unserved = async (group: string): Promise<CandidateState> => {
    if (discovery.unknown.size > 0) return UNSERVED
    // A built-in kind that is no longer served has no objects.
    if (!isCustom(group)) return { kind: 'gone' }
    crds ??= reader.list(CRD_PATH, { contents: 'metadata' })
    return mayStillExist(group, await crds, discovery) ? UNSERVED : { kind: 'gone' }
  }
  const readCandidate = async (key: string): Promise<CandidateState> => {
    const id = parseObjectKey(key)
    const path = findPath(id, discovery)
    if (path === undefined) return unserved(id.group)
    const live = members.get(key)
    const isStateful = formatGroupKind(id) === 'apps/StatefulSet'
    if (live !== undefined && !isStateful) return { kind: 'live', live, path, holdsData: false }
    const result = await reader.read(path, isStateful ? 'whole' : 'metadata')
    if (result.kind === 'absent') return { kind: 'gone' }
    if (result.kind === 'failed')
      return { kind: 'unknown', reason: 'Unreadable', message: `it cannot be read: ${result.message}` }
    const retention = stringField(result.object, 'spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted')
    return { kind: 'live', live: parseLiveObject(result.object), path, holdsData: retention === 'Delete' }
  }
  return new Map(await Promise.all(keys.map(async (key) => [key, await readCandidate(key)] as const)))
}

const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const UNSERVED: CandidateState = {
  ...{ kind: 'unknown', reason: 'KindNotServed' },
  message: 'the server does not serve its kind',
}

/**
 * Whether custom resources of a group may exist although their kind is not served: a CRD that exists without being served
 * keeps its resources, and a CRD is deleted only after them.
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
