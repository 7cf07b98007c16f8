import { setImmediate } from 'node:timers/promises'
import { field, isObject, type Json, stringField } from '../json.ts'
import { duplicates } from '../object/duplicates.ts'
import type { Manifest } from '../object/manifest.ts'
import { secretParts } from '../object/secret.ts'
import type { ReadLimits } from '../read-limits.ts'
import type { RenderedFile } from '../render/renderer.ts'
import { type ReadManifests, readManifests } from './read-file.ts'
import { validateCustomNames } from './validation/names.ts'

/** How long reading may block the event loop, in milliseconds: responses of the cluster arrive meanwhile. */
const YIELD_INTERVAL_MS = 10

/**
 * Reads all objects of a set, in the order of its files. An object in a rendered file is located in the file that asked for
 * it, without a line. Also checks the set as a whole: names of custom resources whose CRD is in it, and objects that it has
 * twice, in whatever namespace they end up. All problems are reported together.
 */
export async function readAll(files: readonly RenderedFile[], limits: ReadLimits): Promise<ReadManifests> {
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

/**
 * The values of a set's Secrets, and of live ones, decoded and encoded, line by line: what must not appear in any output. A line that is also
 * a word in a name, a kind or a path of the set, such as a user called like its database, is no secret, and blanking it
 * out would garble every message.
 */
export function secretValues(manifests: readonly Manifest[], live: readonly Json[] = []): string[] {
  const objects = [...manifests.map(({ object }) => object), ...live]
  const secrets = objects.filter((object) => stringField(object, 'kind') === 'Secret')
  const values = secrets.flatMap((object) => {
    const encoded = texts(field(object, 'data'))
    const decoded = encoded.map((value) => Buffer.from(value, 'base64').toString('utf8'))
    return [...texts(field(object, 'stringData')), ...encoded, ...decoded]
  })
  if (values.length === 0) return []
  const names = manifests.flatMap(({ id, location }) => [...Object.values(id), location.file])
  const words = new Set(['default', ...names, ...names.flatMap((name) => name.split(/[^A-Za-z0-9]+/))])
  const lines = values.flatMap((value) => [...value.split('\n'), ...secretParts(value)]).map((line) => line.trim())
  return lines.filter((line) => !words.has(line))
}

function texts(values: Json | undefined): string[] {
  return Object.values(isObject(values) ? values : {}).filter((value) => typeof value === 'string')
}
