import { placeOf } from '../errors.ts'
import { field, type Json, stringField } from '../json.ts'
import { countOf, describe } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { causesIn } from '../order/causes.ts'
import { describeNode } from '../order/explain.ts'
import { edgesBy } from '../order/graph.ts'
import { indicesIn, type Ordering } from '../order/sequence.ts'
import type { Outcome } from './outcome.ts'

/** More names in one sentence nobody reads. */
const MOST_NAMES = 3

/** Outcomes with what may be the cause of each refusal, as far as the order of the set tells. */
export function blamed(outcomes: readonly Outcome[], ordering: Ordering): readonly Outcome[] {
  const failed = outcomes.filter(({ result }) => result === 'failed')
  if (failed.length === 0) return outcomes
  const indices = indicesIn(ordering)
  const refused = new Set(failed.map(({ manifest }) => indices.get(manifest)))
  const causes = causesIn(ordering)
  const webhooks = webhooksIn(ordering)
  return outcomes.map((outcome) => {
    if (outcome.result !== 'failed') return outcome
    const hook = webhooks(outcome.message)
    const before = causes(indices.get(outcome.manifest) ?? -1, (index) => refused.has(index))
    if (hook !== undefined) return { ...outcome, blame: hook }
    return before.length === 0 ? outcome : { ...outcome, blame: `It builds on ${list(before)}, which failed too.` }
  })
}

/** Makes a function that finds, in the server's words, a webhook of the set that did not answer, and says what should. */
function webhooksIn(ordering: Ordering): (message: string) => string | undefined {
  const { nodes } = ordering.graph
  const arriving = edgesBy('after', ordering.graph.edges, nodes.length)
  const owners = new Map<string, { manifest: PlacedManifest; index: number }>()
  nodes.forEach((node, index) => {
    if (node.kind !== 'object' || !node.manifest.id.kind.endsWith('WebhookConfiguration')) return
    const webhooks = field(node.manifest.object, 'webhooks')
    for (const webhook of Array.isArray(webhooks) ? webhooks : [])
      owners.set(stringField(webhook as Json, 'name') ?? '', { manifest: node.manifest, index })
  })
  return (message) => {
    const [, name = ''] = /failed calling webhook "([^"]+)"/.exec(message) ?? []
    const owner = owners.get(name)
    if (owner === undefined) return undefined
    const answering = (arriving[owner.index] ?? [])
      .filter(({ rule }) => rule === 'answered by')
      .map(({ before }) => describeNode(nodes[before]))
    const { id, location } = owner.manifest
    const who = answering.length === 0 ? '' : ` It is answered by ${answering.join(' and ')}: look whether that runs.`
    return `The webhook is one of ${describe(id)} (${placeOf(location)}), which refuses what it cannot judge.${who}`
  }
}

function list(manifests: readonly PlacedManifest[]): string {
  const named = manifests.slice(0, MOST_NAMES).map(({ id, location }) => `${describe(id)} (${placeOf(location)})`)
  const more = manifests.slice(MOST_NAMES)
  return [...named, ...(more.length === 0 ? [] : [`${countOf(more)} more`])].join(' and ')
}
