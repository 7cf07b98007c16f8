import { placeOf } from '../diagnostics.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import type { EdgeRuleName } from '../graph/edge-rules.ts'
import { formatNode, joinNames } from '../graph/explanations.ts'
import { edgesBy } from '../graph/graph.ts'
import { possibleCausesIn } from '../graph/possible-causes.ts'
import { field, type Json, stringField } from '../json.ts'
import { formatId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'

/** Says what may be the cause of a refusal, as one or more sentences; undefined where the order of the set does not tell. */
export type FindLikelyCause = (
  message: string,
  index: number,
  hasFailed: (index: number) => boolean,
) => string | undefined

/** Makes a function that looks for the cause of the refusal of an object: a webhook, or what it builds on that failed too. */
export function likelyCausesIn(order: ApplyOrder): FindLikelyCause {
  const causes = possibleCausesIn(order)
  const webhook = webhooksIn(order)
  return (message, index, hasFailed) => {
    const from = causes(index, hasFailed)
    const builds = from.length === 0 ? undefined : `It builds on ${joinManifests(from)}, which failed too.`
    return webhook(message, index) ?? builds
  }
}

/** Makes a function that finds, in the server's words, a webhook of the set that did not answer, and says what should. */
function webhooksIn({ graph }: ApplyOrder): (message: string, index: number) => string | undefined {
  const arriving = edgesBy('to', graph.edges, graph.nodes.length)
  const answering = (index: number, rule: EdgeRuleName): string[] =>
    (arriving[index] ?? []).flatMap((edge) => {
      if (edge.rule !== rule) return []
      const node = graph.nodes[edge.from]
      return node?.kind === 'milestone' ? answering(edge.from, rule) : [formatNode(node)]
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
      const whose = `The webhook is one of ${joinManifests(found.map(({ manifest }) => manifest))}, which refuses what it cannot judge.`
      return `${whose}${who([...new Set(found.flatMap((owner) => answering(owner.index, 'answered by')))])}`
    }
    if (!/conversion webhook for .* failed/.test(message)) return undefined
    return `Its kind is converted by a webhook that did not answer.${who(answering(index, 'converted by'))}`
  }
}

function who(answering: readonly string[]): string {
  return answering.length === 0 ? '' : ` It is answered by ${answering.join(' and ')}: look whether that runs.`
}

function joinManifests(manifests: readonly ResolvedManifest[]): string {
  const names = manifests.map(({ id, location }) => `${formatId(id)} (${placeOf(location)})`)
  return joinNames(names, undefined, ' and ')
}
