import { formatLocation } from '../diagnostics.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import type { EdgeRuleName } from '../graph/edge-rules.ts'
import { formatNode, joinNames } from '../graph/explanations.ts'
import { edgesBy } from '../graph/graph.ts'
import { possibleCausesIn } from '../graph/possible-causes.ts'
import { field, type Json, stringField } from '../json.ts'
import { formatId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'

/** Describes the likely cause of a rejection in one or more sentences; undefined if the graph suggests none. */
export type FindLikelyCause = (
  message: string,
  index: number,
  hasFailed: (index: number) => boolean,
) => string | undefined

/** Returns a function that finds the likely cause of an object's rejection: a webhook, or an earlier object that failed. */
export function likelyCausesIn(order: ApplyOrder): FindLikelyCause {
  const causes = possibleCausesIn(order)
  const webhook = webhooksIn(order)
  return (message, index, hasFailed) => {
    const failed = causes(index, hasFailed)
    const failedCauses = failed.length === 0 ? undefined : `It depends on ${joinManifests(failed)}, which failed too.`
    return webhook(message, index) ?? failedCauses
  }
}

/** Returns a function that finds a webhook of the set that did not answer, and the objects that serve it. */
function webhooksIn({ graph }: ApplyOrder): (message: string, index: number) => string | undefined {
  const arriving = edgesBy('to', graph.edges, graph.nodes.length)
  const backendsOf = (index: number, rule: EdgeRuleName): string[] =>
    (arriving[index] ?? []).flatMap((edge) => {
      if (edge.rule !== rule) return []
      const node = graph.nodes[edge.from]
      return node?.kind === 'join' ? backendsOf(edge.from, rule) : [formatNode(node)]
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
      const text = `The webhook belongs to ${joinManifests(found.map(({ manifest }) => manifest))}, which rejects what it cannot check.`
      return `${text}${backendText([...new Set(found.flatMap((owner) => backendsOf(owner.index, 'answered by')))])}`
    }
    if (!/conversion webhook for .* failed/.test(message)) return undefined
    return `The conversion webhook of its kind did not answer.${backendText(backendsOf(index, 'converted by'))}`
  }
}

function backendText(backends: readonly string[]): string {
  return backends.length === 0 ? '' : ` Check whether its backend is running: ${backends.join(' and ')}.`
}

function joinManifests(manifests: readonly ResolvedManifest[]): string {
  const names = manifests.map(({ id, location }) => `${formatId(id)} (${formatLocation(location)})`)
  return joinNames(names, undefined, ' and ')
}
