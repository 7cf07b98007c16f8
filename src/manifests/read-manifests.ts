import { setImmediate } from 'node:timers/promises'
import { duplicates } from '../object/duplicates.ts'
import type { ReadLimits } from '../read-limits.ts'
import { type ReadManifests, readManifests } from './read-file.ts'
import type { RenderedFile } from './rendered-file.ts'
import { validateCustomNames } from './validation/names.ts'

/** How long reading may block the event loop, in milliseconds: responses of the cluster arrive meanwhile. */
const YIELD_INTERVAL_MS = 10

/**
 * Reads all objects of a set, in the order of its files. An object in a rendered file is located in the file that asked for
 * it, without a line. Also checks the set as a whole: names of custom resources whose CRD is in it, and objects that it has
 * twice, in whatever namespace they end up. All problems are reported together.
 */
export async function readAllManifests(files: readonly RenderedFile[], limits: ReadLimits): Promise<ReadManifests> {
  const readings: ReadManifests[] = []
  let lastYield = performance.now()
  for (const { file, bytes, hasSourceLines } of files) {
    const reading = readManifests(file, bytes, limits)
    readings.push(hasSourceLines ? reading : withoutLines(reading))
    if (performance.now() - lastYield < YIELD_INTERVAL_MS) continue
    await setImmediate()
    lastYield = performance.now()
  }
  const manifests = readings.flatMap((reading) => reading.manifests)
  return {
    manifests,
    skipped: readings.flatMap(({ skipped }) => skipped),
    warnings: readings.flatMap(({ warnings }) => warnings),
    problems: [
      ...readings.flatMap(({ problems }) => problems),
      ...validateCustomNames(manifests),
      ...duplicates(manifests),
    ],
  }
}

function withoutLines({ manifests, skipped, warnings, problems }: ReadManifests): ReadManifests {
  const strip = <T extends { readonly location?: { readonly file: string } }>(item: T): T =>
    item.location === undefined ? item : { ...item, location: { file: item.location.file } }
  return {
    manifests: manifests.map(strip),
    skipped: skipped.map(strip),
    warnings: warnings.map(strip),
    problems: problems.map(({ relatedLocation: _, ...problem }) => strip(problem)),
  }
}
