import { availableParallelism } from 'node:os'
import { isHighLatency } from '../kube/client.ts'

/** The cost of one kubectl process before its first apply, including the load on the server. */
const KUBECTL_START_MS = 100
/** How long the server works on one object. */
const SERVER_WORK_MS = 3
/** With more concurrent streams, memory grows without a gain in time. */
const [MAX_STREAMS, MAX_STREAMS_HIGH_LATENCY] = [16, 32]

/**
 * Returns the number of kubectl processes for a number of objects, at least 1: it weighs the cost of starting a process against
 * the latency that concurrent processes share. `latency` is the duration of a small request, in milliseconds.
 */
export function chooseParallelism(objects: number, latency: number, cores = availableParallelism()): number {
  const best = Math.sqrt((objects * (latency + SERVER_WORK_MS) * cores) / KUBECTL_START_MS)
  return Math.max(
    1,
    Math.min(Math.round(best), isHighLatency(latency) ? MAX_STREAMS_HIGH_LATENCY : MAX_STREAMS, objects),
  )
}

/** Distributes items over a number of batches in turn; each batch keeps their order. */
export function splitIntoBatches<T>(items: readonly T[], count: number): T[][] {
  const batches: T[][] = Array.from({ length: count }, () => [])
  for (const [index, item] of items.entries()) batches[index % count]?.push(item)
  return batches
}
