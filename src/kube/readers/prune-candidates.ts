import { messageOf } from '../../object/api-status.ts'
import { type Api, METADATA } from '../client.ts'
import { allKinds, type Discovery, findPath } from '../discovery.ts'
import { type Listing, list, METADATA_LIST } from '../list.ts'
import { placeOf } from '../../object/metadata.ts'
import { stringField } from '../../json.ts'
import { idOf, isCustom, kindKeyOf } from '../../object/manifest.ts'
import { atMost } from '../../concurrency.ts'
import { type Live, liveOf } from '../../object/live-object.ts'
import type { Members } from './set-members.ts'

/** What has become of an object that has left the set: it lives, it is gone, or nobody can say, with the reason. */
export type Sighting =
  | {
      readonly kind: 'live'
      readonly live: Live
      readonly path: string
      /** Whether data goes with it, as it says itself. */
      readonly holdsData: boolean
    }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Single reads under way at once. */
const MOST_READS = 16

/**
 * Looks at the objects that have left a set, given by their keys. What is not among the members may have lost its label, and is
 * read by itself: that a list does not have it proves nothing.
 */
export async function sightingsOf(
  keys: readonly string[],
  members: Members,
  api: Pick<Api, 'get'>,
  discovery: Discovery,
): Promise<Map<string, Sighting>> {
  const turn = atMost(MOST_READS)
  let definitions: Promise<Listing> | undefined
  const unserved = async (group: string): Promise<Sighting> => {
    if (discovery.unknown.size > 0) return UNSERVED
    // What the server has built in and does not serve it has no more.
    if (!isCustom(group)) return { kind: 'gone' }
    definitions ??= list(DEFINITIONS, METADATA_LIST, api)
    return couldBeDefined(group, await definitions, discovery) ? UNSERVED : { kind: 'gone' }
  }
  const sight = async (key: string): Promise<Sighting> => {
    const id = idOf(key)
    const path = findPath(id, discovery)
    if (path === undefined) return unserved(id.group)
    const live = members.get(key)
    const isStateful = kindKeyOf(id) === 'apps/StatefulSet'
    if (live !== undefined && !isStateful) return { kind: 'live', live, path, holdsData: false }
    const answer = await turn(() => api.get(path, isStateful ? 'application/json' : METADATA))
    if (answer.status === 404) return { kind: 'gone' }
    if (answer.status !== 200) return { kind: 'unknown', reason: `it cannot be read: ${messageOf(answer)}` }
    const retention = stringField(answer.body, 'spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted')
    return { kind: 'live', live: liveOf(answer.body), path, holdsData: retention === 'Delete' }
  }
  return new Map(await Promise.all(keys.map(async (key) => [key, await sight(key)] as const)))
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const UNSERVED: Sighting = { kind: 'unknown', reason: 'the server does not serve its kind' }

/**
 * Whether resources of a kind that the server does not serve may exist all the same. A definition goes after all its resources;
 * one that is there, and of which nothing is served, keeps them.
 */
function couldBeDefined(group: string, definitions: Listing, discovery: Discovery): boolean {
  if (!('objects' in definitions)) return true
  const served = allKinds(discovery).filter((each) => each.group === group)
  const plurals = new Set(served.map(({ plural }) => `${plural}.${group}`))
  return definitions.objects.some((object) => {
    const { name } = placeOf(object)
    return name.endsWith(`.${group}`) && !plurals.has(name)
  })
}
