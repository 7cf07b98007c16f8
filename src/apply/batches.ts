import { availableParallelism } from 'node:os'
import { isHighLatency } from '../kube/client.ts'

/** What a kubectl costs before it applies anything, in milliseconds: its own start, and what the server loses by it. */
const KUBECTL_START_MS = 100
/** What the server itself needs for an object, in milliseconds. */
const SERVER_WORK_MS = 3
/** More streams at once take more memory than they save time, for a server nearby and for one far away. */
const [MAX_STREAMS, MAX_STREAMS_HIGH_LATENCY] = [16, 32]

/**
 * How many kubectl processes to apply a number of objects with: each costs its start, and takes its share of the waiting.
 * `latency` is the time that the server needs for a small answer, in milliseconds.
 */
export function chooseParallelism(objects: number, latency: number, cores = availableParallelism()): number {
  const best = Math.sqrt((objects * (latency + SERVER_WORK_MS) * cores) / KUBECTL_START_MS)
  return Math.max(
    1,
    Math.min(Math.round(best), isHighLatency(latency) ? MAX_STREAMS_HIGH_LATENCY : MAX_STREAMS, objects),
  )
}

/** Deals things out to a number of batches, one after the other; each keeps their order. */
export function splitIntoBatches<T>(things: readonly T[], count: number): T[][] {
  const dealt: T[][] = Array.from({ length: count }, () => [])
  for (const [index, thing] of things.entries()) dealt[index % count]?.push(thing)
  return dealt
}
