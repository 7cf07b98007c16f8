import { field, isObject, type Json } from '../json.ts'
import { type Manifest, type Reading, readManifests } from './manifest.ts'

/** What kustomize made of a kustomization: YAML, and the file that asked for it. */
interface Build {
  readonly file: string
  readonly yaml: Buffer
}

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

/** The values of a set's Secrets, decoded and encoded: what must not appear in any output. */
export function secretValues(manifests: readonly Manifest[]): string[] {
  const secrets = manifests.filter(({ id }) => id.group === '' && id.kind === 'Secret')
  return secrets.flatMap(({ object }) => {
    const encoded = strings(field(object, 'data'))
    return [
      ...strings(field(object, 'stringData')),
      ...encoded,
      ...encoded.map((value) => Buffer.from(value, 'base64').toString('utf8')),
    ]
  })
}

function strings(value: Json | undefined): string[] {
  if (!isObject(value)) return []
  return Object.values(value).filter((member): member is string => typeof member === 'string')
}
