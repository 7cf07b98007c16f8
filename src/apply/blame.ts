import { placeOf } from '../errors.ts'
import { field, type Json, stringField } from '../json.ts'
import { describe } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { causesIn } from '../order/causes.ts'
import { describeNode, listed } from '../order/explain.ts'
import { edgesBy } from '../order/graph.ts'
import type { RuleName } from '../order/rules.ts'
import { indicesIn, type Ordering } from '../order/sequence.ts'
import type { Outcome } from './outcome.ts'

/** Of more refusals nobody asks for the cause one by one. */
const MOST_BLAMED = 200

/** Outcomes with what may be the cause of each refusal, as far as the order of the set tells. */
export function blamed(outcomes: readonly Outcome[], ordering: Ordering): readonly Outcome[] {
  const failed = outcomes.filter(({ result }) => result === 'failed')
  if (failed.length === 0) return outcomes
  const indices = indicesIn(ordering)
  const refused = new Set(failed.map(({ manifest }) => indices.get(manifest)))
  const told = new Set(failed.slice(0, MOST_BLAMED))
  const causes = causesIn(ordering)
  const webhook = webhooksIn(ordering)
  return outcomes.map((outcome) => {
    if (outcome.result !== 'failed' || !told.has(outcome)) return outcome
    const index = indices.get(outcome.manifest) ?? -1
    const before = causes(index, (each) => refused.has(each))
    const builds = before.length === 0 ? undefined : `It builds on ${list(before)}, which failed too.`
    const blame = webhook(outcome.message, index) ?? builds
    return blame === undefined ? outcome : { ...outcome, blame }
  })
}

/** Makes a function that finds, in the server's words, a webhook of the set that did not answer, and says what should. */
function webhooksIn({ graph }: Ordering): (message: string, index: number) => string | undefined {
  const arriving = edgesBy('after', graph.edges, graph.nodes.length)
  const answering = (index: number, rule: RuleName): string[] =>
    (arriving[index] ?? []).flatMap((edge) => {
      if (edge.rule !== rule) return []
      const node = graph.nodes[edge.before]
      return node?.kind === 'milestone' ? answering(edge.before, rule) : [describeNode(node)]
    })
  const owners = Map.groupBy(
    graph.nodes.flatMap((node, index) => {
      if (node.kind !== 'object' || !node.manifest.id.kind.endsWith('WebhookConfiguration')) return []
      const webhooks = field(node.manifest.object, 'webhooks')
      const names = Array.isArray(webhooks) ? webhooks.map((webhook: Json) => stringField(webhook, 'name') ?? '') : []
      return [...new Set(names)].map((name) => ({ name, index, manifest: node.manifest }))
    }),
    ({ name }) => name,
  )
  return (message, index) => {
    const [, name] = /failed calling webhook "([^"]+)"/.exec(message) ?? []
    const found = owners.get(name ?? '')
    if (found !== undefined) {
      const whose = `The webhook is one of ${list(found.map(({ manifest }) => manifest))}, which refuses what it cannot judge.`
      return `${whose}${who([...new Set(found.flatMap((owner) => answering(owner.index, 'answered by')))])}`
    }
    if (!/conversion webhook for .* failed/.test(message)) return undefined
    return `Its kind is converted by a webhook that did not answer.${who(answering(index, 'converted by'))}`
  }
}

function who(answering: readonly string[]): string {
  return answering.length === 0 ? '' : ` It is answered by ${answering.join(' and ')}: look whether that runs.`
}

function list(manifests: readonly PlacedManifest[]): string {
  const names = manifests.map(({ id, location }) => `${describe(id)} (${placeOf(location)})`)
  return listed(names, undefined, ' and ')
}
