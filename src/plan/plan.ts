import type { Bounds } from '../options/policy.ts'
import type { PrunePolicy } from '../options/prune.ts'
import type { Location, Problem } from '../diagnostics.ts'
import { type Inventory, PART_OF } from '../inventory/inventory.ts'
import { EMPTY, type InventoryRecord, isPending, type Selection } from '../inventory/record.ts'
import { filesAmong } from '../inventory/scope-fingerprint.ts'
import { stringField } from '../json.ts'
import { type Inhabitants, isContainer } from '../kube/readers/contained-objects.ts'
import type { Sighting } from '../kube/readers/prune-candidates.ts'
import type { Members } from '../kube/readers/set-members.ts'
import type { Trial } from '../dry-run/dry-run.ts'
import { describe, idOf, keyOf, type ObjectId } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import type { Ordering } from '../graph/apply-order.ts'
import { type Departure, departureOf, isPruned, refusalsIn } from './prune-decision.ts'
import { type Preflight, preflight } from './check-dry-runs.ts'
import { withReruns } from './hook-reruns.ts'
import { territoryOf } from './ownership.ts'
import { verdict } from './plan-object.ts'
import { problemOf, withheld, withholdingOf } from './prune-limits.ts'

/**
 * What a run is going to do: one action for every manifest, in order, and what keeps them from being carried out; and what
 * becomes of each object that has left the set. It is decided before anything is written; while there is an obstacle, nothing
 * is.
 */
export interface Plan extends Preflight {
  readonly departures: readonly Departure[]
  /** What of these should have gone and does not, which fails the run once all else is done. */
  readonly refusals: readonly Problem[]
}

/** All that a plan is made from. */
export interface Situation {
  readonly ordering: Ordering
  readonly inventory: Inventory
  /** What the last run left; undefined where there is nothing that says anything about this cluster. */
  readonly record: InventoryRecord | undefined
  readonly members: Members
  /** Digests of the manifests. */
  readonly hashes: ReadonlyMap<PlacedManifest, string>
  /** For every manifest that is not proven to be unchanged. */
  readonly trials: ReadonlyMap<PlacedManifest, Trial>
  /** What has become of the objects that have left the set, by `keyOf`. */
  readonly sightings: ReadonlyMap<string, Sighting>
  /** What lives in those of them that hold others and may be deleted. */
  readonly inhabitants: ReadonlyMap<string, Inhabitants>
  /** The names of other inventories, by what their members' label says. */
  readonly owners: ReadonlyMap<string, string>
  /** API versions of which the server does not say what it serves. */
  readonly unknown: ReadonlySet<string>
  /** By what the set is chosen. */
  readonly selection: Selection
  /** The files that give its objects, packed, and those that are not taken for manifests. */
  readonly files: string
  readonly passedOver: readonly string[]
  /** Why nothing is deleted in this run, whatever has left the set; undefined where something may be. */
  readonly applyOnly: string | undefined
}

/** What the workflow says about plans. */
export interface PlanPolicy {
  /** A plan that is only to be shown need not be allowed to be carried out. */
  readonly mode: 'apply' | 'plan'
  readonly prune: PrunePolicy
  readonly bounds: Bounds
  /** Inventories whose objects may become ours, by what their members' label says. */
  readonly takeOver: readonly string[]
}

/** Decides what is to be done about each object. Equal situations give equal plans. */
export function makePlan(situation: Situation, policy: PlanPolicy): Plan {
  const { inventory, record, members, hashes, trials, ordering } = situation
  const judged = ordering.sequence.map((manifest) => {
    const key = keyOf(manifest.id)
    const entry = record?.entries.get(key)
    return verdict({
      ...{ manifest, trial: trials.get(manifest), live: members.get(key), entry: isPending(entry) ? undefined : entry },
      ...{ hash: hashes.get(manifest) ?? '', label: [PART_OF, inventory.id] },
    })
  })
  const flight = preflight(withReruns(judged, record, trials), trials, ordering, policy.mode === 'apply')
  const territory = territoryOf(flight.actions, trials, { ...situation, ...policy })
  return { ...flight, obstacles: new Map([...flight.obstacles, ...territory]), ...leave(situation, policy) }
}

function leave(situation: Situation, { prune, bounds }: PlanPolicy): Pick<Plan, 'departures' | 'refusals'> {
  const { ordering, record = EMPTY, sightings, unknown, selection, passedOver } = situation
  if (sightings.size === 0) return { departures: [], refusals: [] }
  const departures = departuresIn(situation, { prune, bounds })
  // Who means that no object is left means that nothing is taken for one.
  const hidden = ordering.sequence.length === 0 ? [] : filesAmong(record.files, passedOver)
  const selections = [record.selection, selection] as const
  const gate = { policy: prune, size: record.entries.size, unknown, selections, hidden }
  const withholding = withholdingOf(departures, gate)
  if (withholding === undefined) return { departures, refusals: refusalsIn(departures) }
  const refusals = [problemOf(departures, withholding), ...refusalsIn(departures)]
  return { departures: withheld(departures, withholding.reason), refusals }
}

/** Each object that has left the set: first what is in Namespaces and of definitions, then these themselves. */
function departuresIn(situation: Situation, { prune, bounds }: Pick<PlanPolicy, 'prune' | 'bounds'>): Departure[] {
  const { inventory, record = EMPTY, sightings, inhabitants, owners, applyOnly } = situation
  const rules = { inventory, policy: prune, bounds, owners, applyOnly, staying: stayingIn(situation) }
  const judge = (isWanted: (id: ObjectId) => boolean, leaving: ReadonlySet<string>) =>
    [...sightings].flatMap(([key, sighting]) => {
      const [entry, inside] = [record.entries.get(key), inhabitants.get(key)]
      if (entry === undefined || !isWanted(idOf(key))) return []
      const leaver = { key, entry, sighting, ...(inside === undefined ? {} : { inhabitants: inside }) }
      return [departureOf(leaver, { ...rules, leaving })]
    })
  const contents = judge((id) => !isContainer(id), new Set())
  const leaving = new Set(contents.filter(isPruned).map(({ uid }) => uid))
  return [...contents, ...judge(isContainer, leaving)]
}

/** The uids of the objects of the set. */
function stayingIn({ ordering, members, trials }: Situation): Set<string> {
  return new Set(
    ordering.sequence.flatMap((manifest) => {
      const live = members.get(keyOf(manifest.id))?.uid
      const before = stringField(trials.get(manifest)?.before, 'metadata', 'uid')
      return [live, before].flatMap((uid) => uid ?? [])
    }),
  )
}
/** The obstacles as problems of a run, in the order of apply; `places` are those of fields, where they are known. */
export function problemsIn({ actions, obstacles }: Plan, places: ReadonlyMap<PlacedManifest, Location>): Problem[] {
  return actions.flatMap(({ manifest }): Problem[] => {
    const obstacle = obstacles.get(manifest)
    if (obstacle === undefined) return []
    const { class: kind, message, next } = obstacle
    const where = { location: places.get(manifest) ?? manifest.location, object: describe(manifest.id) }
    return [{ class: kind, message, ...where, ...(next === undefined ? {} : { next }) }]
  })
}
