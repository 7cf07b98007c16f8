import type { Cluster } from './cluster/cluster.ts'
import type { Config } from './config/config.ts'
import { type Inventory, inventoryOf, PART_OF } from './inventory/inventory.ts'
import { readRecord, type Stored } from './inventory/store.ts'
import { serialise } from './json.ts'
import { openAutoscalers } from './live/autoscalers.ts'
import { digestOf } from './live/live.ts'
import { openMembers } from './live/members.ts'
import { timestamp } from './live/takeover.ts'
import { tryOut } from './live/trial.ts'
import { countOf, describe, idOf, keyOf } from './manifests/manifest.ts'
import type { PlacedManifest } from './manifests/placement.ts'
import { secretValues } from './manifests/set.ts'
import type { Ordering } from './order/sequence.ts'
import type { Situation } from './plan/plan.ts'
import { isDoubtful, mayBeDone } from './plan/proof.ts'
import type { Report } from './report/report.ts'

/** What is known of a set before its manifests are read. */
export interface Known {
  readonly inventory: Inventory
  readonly stored: Stored
  /** Looks for the members of the set; those of the kinds of the last run are being looked for already. */
  readonly members: ReturnType<typeof openMembers>
}

/** Reads what the last run left, and begins to look for the objects of which it tells. */
export async function recall({ api, discovery, identity }: Cluster, config: Config): Promise<Known> {
  const inventory = inventoryOf(config.inventory.namespace, config.inventory.name)
  const stored = await readRecord(inventory, identity, api)
  const members = openMembers(inventory, discovery, api)
  members([...(stored.record?.entries.keys() ?? [])].map(idOf)).catch(() => {})
  return { inventory, stored, members }
}

/** What a plan is made from. */
export type Survey = Omit<Situation, 'isForReal'>

/** Looks at what lives, and has the server try out whatever is not proven to be unchanged. */
export async function look(
  ordering: Ordering,
  { inventory, stored, members: lookFor }: Known,
  { api, discovery, serverVersion, namespace }: Cluster,
  { policy }: Config,
  report: Report,
): Promise<Survey> {
  const { sequence } = ordering
  const { record, warnings } = stored
  report.warn(warnings)
  const members = await lookFor(sequence.map(({ id }) => id))
  const hashes = new Map(sequence.map((manifest) => [manifest, digestOf(serialise(manifest.object))] as const))
  const isSameServer = record?.serverVersion === serverVersion
  const facts = (manifest: PlacedManifest) => {
    const key = keyOf(manifest.id)
    return [manifest, hashes.get(manifest) ?? '', record?.entries.get(key), members.get(key)] as const
  }
  const unproven = sequence.filter((manifest) => isDoubtful(...facts(manifest), isSameServer))
  const settled = await Promise.all(
    unproven.map(
      async (manifest) => mayBeDone(...facts(manifest)) && (await api.get(manifest.path ?? '')).status === 404,
    ),
  )
  const doubtful = unproven.filter((_, index) => !settled[index])
  if (doubtful.length > 0) report.log(`Asking the server about ${countOf(doubtful)} of ${sequence.length}.`)
  const trials = await tryOut(doubtful, members, {
    ...{ api, discovery, namespace, force: policy.conflicts === 'overwrite' },
    ...{
      autoscalers: openAutoscalers(sequence, api, (warning) => report.warn([warning])),
      label: [PART_OF, inventory.id],
    },
    now: timestamp(),
  })
  report.warn(
    [...trials].flatMap(([{ id, location }, { warnings: told }]) =>
      told.map((message) => ({ message: `The server warns: ${message}`, location, object: describe(id) })),
    ),
  )
  const live = [...trials.values()].flatMap(({ before }) => before ?? [])
  // Nobody has said anything about what was not tried.
  if (trials.size > 0) report.protect(secretValues(sequence, live))
  return { ordering, inventory, record, members, hashes, trials }
}
