import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chooseParallelism, splitIntoBatches } from '../../src/apply/batches.ts'
import { makeScheduler } from '../../src/apply/scheduler.ts'
import type { ApplyOrder } from '../../src/graph/apply-order.ts'
import type { Edge, Node } from '../../src/graph/graph.ts'
import { runs } from '../runs.ts'

/** An apply order of nodes that are already in order. */
function orderOf(count: number, pairs: readonly (readonly [number, number])[]): ApplyOrder {
  const nodes = Array.from({ length: count }, (): Node => ({ kind: 'join', title: '', why: '' }))
  const edges = pairs.map(([from, to]): Edge => ({ from, to, rule: 'reads', path: [] }))
  return { graph: { nodes, edges, external: [] }, nodes: [...nodes.keys()], sequence: [], dropped: [] }
}

const graphs = fc.integer({ min: 1, max: 30 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    pairs: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 60 }),
    // Unchanged nodes are in the graph too.
    closed: fc.subarray(Array.from({ length: count }, (_, index) => index)),
    streams: fc.integer({ min: 1, max: 8 }),
  }),
)

test('property: concurrent streams finish, and none applies an object before its dependencies', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, async ({ count, pairs, closed, streams }) => {
      const edges = pairs.filter(([a, b]) => a < b)
      const open = new Set(
        Array.from({ length: count }, (_, index) => index).filter((index) => !closed.includes(index)),
      )
      const scheduler = makeScheduler(orderOf(count, edges), open)
      const applied: number[] = []
      await Promise.all(
        splitIntoBatches([...open], streams).map(async (stream) => {
          for (const index of stream) {
            await scheduler.of(index)
            applied.push(index)
            await new Promise((resolve) => setImmediate(resolve))
            scheduler.done(index)
            scheduler.done(index) // a second call changes nothing
          }
        }),
      )
      assert.equal(applied.length, open.size)
      for (const later of open)
        for (const earlier of predecessorsOf(later, edges))
          if (open.has(earlier)) assert.ok(applied.indexOf(earlier) < applied.indexOf(later), `${earlier} < ${later}`)
    }),
    runs(200),
  )
})

/** All direct and indirect predecessors of a node. */
function predecessorsOf(node: number, edges: readonly (readonly [number, number])[]): Set<number> {
  const found = new Set<number>()
  const open = [node]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const [start, end] of edges) {
      if (end !== at || found.has(start)) continue
      found.add(start)
      open.push(start)
    }
  }
  return found
}

test('a small change uses one kubectl; a large one uses several, and more with a higher latency', () => {
  assert.equal(chooseParallelism(1, 2, 2), 1)
  assert.equal(chooseParallelism(10, 5, 2), 1)
  assert.ok(chooseParallelism(1_000, 2, 2) > 4)
  assert.ok(chooseParallelism(1_000, 100, 2) > chooseParallelism(1_000, 2, 2))
  assert.equal(chooseParallelism(100_000, 2, 64), 16)
  assert.equal(chooseParallelism(100_000, 100, 64), 32)
})
