import { type ApplyOrder, indicesIn, summarizeKinds } from '../graph/apply-order.ts'
import { contradictsAnnotation } from '../graph/cycles.ts'
import { edgeReason, makeExplainer } from '../graph/explanations.ts'
import { formatId } from '../object/object-id.ts'
import { drawGraph } from './diagram.ts'
import type { OrderReport } from './run-report.ts'

/** At most this many objects have their position explained; the debug log explains all. */
const MAX_EXPLAINED_OBJECTS = 200

/** The apply order of a set for the report. */
export function orderReport(order: ApplyOrder): OrderReport {
  const { graph, sequence, dropped } = order
  const explain = makeExplainer(graph)
  const indices = indicesIn(order)
  const reasonsOf = (edges: Parameters<typeof edgeReason>[0][]) => [
    ...new Set(edges.map((edge) => edgeReason(edge, graph))),
  ]
  return {
    kinds: summarizeKinds(sequence),
    objects: sequence.slice(0, MAX_EXPLAINED_OBJECTS).map((manifest) => {
      return { object: formatId(manifest.id), reasons: explain(indices.get(manifest) ?? -1) }
    }),
    total: sequence.length,
    // Dropped edges that contradict an annotation are already warnings.
    dropped: dropped
      .filter((each) => !contradictsAnnotation(each))
      .map(({ edge, against }) => ({ reason: edgeReason(edge, graph), because: reasonsOf([...against]) })),
    diagram: drawGraph(graph) ?? null,
  }
}
