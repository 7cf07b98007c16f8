import { setImmediate } from 'node:timers/promises'
import { field, isObject, type Json, stringField } from '../json.ts'
import { duplicates } from '../object/duplicates.ts'
import type { Manifest } from '../object/manifest.ts'
import { secretParts } from '../object/secret.ts'
import type { ReadLimits } from '../read-limits.ts'
import { type ReadManifests, readManifests } from './read-file.ts'
import type { RenderedFile } from './rendered-file.ts'
import { checkSizes } from './size-limits.ts'
import { validateCustomNames } from './validation/names.ts'

/** For how long nothing else is done while files are read, in milliseconds: what the cluster answers meanwhile has to be taken. */
const YIELD_INTERVAL_MS = 10

/**
 * Reads all objects of a run: those of the manifest files, in the given order, then those of the builds. An object from
 * a build is located in the kustomization that made it, without a line. Objects that are the same in whatever namespace
 * they end up are problems already.
 */
export async function readAllManifests(
  paths: readonly string[],
  files: ReadonlyMap<string, Buffer>,
  builds: readonly RenderedFile[],
  limits: ReadLimits,
): Promise<ReadManifests> {
  const bounds = checkSizes(new Map(builds.map(({ file, yaml }) => [file, yaml.length])), limits)
  const readings: ReadManifests[] = []
  let told = performance.now()
  for (const path of paths) {
    const bytes = files.get(path)
    if (bytes !== undefined) readings.push(readManifests(path, bytes, limits))
    if (performance.now() - told < YIELD_INTERVAL_MS) continue
    await setImmediate()
    told = performance.now()
  }
  for (const { file, yaml } of builds)
    if (bounds.paths.has(file)) readings.push(withoutLines(readManifests(file, yaml, limits)))
  const manifests = readings.flatMap((reading) => reading.manifests)
  return {
    manifests,
    skipped: readings.flatMap(({ skipped }) => skipped),
    warnings: readings.flatMap(({ warnings }) => warnings),
    problems: [
      ...bounds.problems,
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
