import { setImmediate } from 'node:timers/promises'
import { duplicates } from '../object/duplicates.ts'
import type { ReadLimits } from '../read-limits.ts'
import { type ReadManifests, readManifests } from './read-file.ts'
import type { RenderedFile } from './rendered-file.ts'
import { validateCustomNames } from './validation/names.ts'

/** How long reading may block the event loop, in milliseconds, since responses of the cluster arrive meanwhile. */
const YIELD_INTERVAL_MS = 10

/**
 * Reads all objects of a set, in the order of its files. The location of a rendered object is the file from which it was
 * rendered, without a line. Also checks the names of custom resources whose CRD is in the set, and that no object is in the
 * set twice. Reports all problems together.
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
