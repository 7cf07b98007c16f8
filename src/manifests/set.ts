import { field, isObject, type Json } from '../json.ts'
import type { Build } from '../source/kustomize.ts'
import { type Manifest, type Reading, readManifests } from './manifest.ts'

/**
 * Reads all objects of a run: those of the manifest files, in the given order, then those of the builds. An object from
 * a build is located in the kustomization that made it, without a line.
 */
export function readSet(
  paths: readonly string[],
  files: ReadonlyMap<string, Buffer>,
  builds: readonly Build[],
): Reading {
  const readings = [
    ...paths.map((path) => readManifests(path, files.get(path) ?? Buffer.alloc(0))),
    ...builds.map(({ file, yaml }) => withoutLines(readManifests(file, yaml))),
  ]
  return {
    manifests: readings.flatMap(({ manifests }) => manifests),
    skipped: readings.flatMap(({ skipped }) => skipped),
    problems: readings.flatMap(({ problems }) => problems),
  }
}

function withoutLines({ manifests, skipped, problems }: Reading): Reading {
  const strip = <T extends { readonly location?: { readonly file: string } }>(item: T): T =>
    item.location === undefined ? item : { ...item, location: { file: item.location.file } }
  return { manifests: manifests.map(strip), skipped: skipped.map(strip), problems: problems.map(strip) }
}

/**
 * The values of a set's Secrets, decoded and encoded, line by line: what must not appear in any output. A line that is also
 * a word in a name, a kind or a path of the set, such as a user called like its database, is no secret, and blanking it
 * out would garble every message.
 */
export function secretValues(manifests: readonly Manifest[]): string[] {
  const secrets = manifests.filter(({ id }) => id.group === '' && id.kind === 'Secret')
  const values = secrets.flatMap(({ object }) => {
    const encoded = scalars(field(object, 'data'))
    const decoded = encoded.map((value) => Buffer.from(value, 'base64').toString('utf8'))
    return [...scalars(field(object, 'stringData')), ...encoded, ...decoded]
  })
  const names = manifests.flatMap(({ id, location }) => [...Object.values(id), location.file])
  const words = new Set(['default', ...names, ...names.flatMap((name) => name.split(/[^A-Za-z0-9]+/))])
  const lines = values.flatMap((value) => value.split('\n')).map((line) => line.trim())
  return lines.filter((line) => !words.has(line))
}

function scalars(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap((member: Json) => scalars(member))
  if (isObject(value)) return Object.values(value).flatMap((member) => scalars(member))
  return value === undefined || value === null ? [] : [String(value)]
}
