import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { load, YAMLException } from 'js-yaml'
import type { Kubectl } from '../cluster/kubectl.ts'
import { Failure, failIfAny, type Problem } from '../errors.ts'
import { field, isObject, type Json } from '../json.ts'

/** What a kustomization was built to: YAML, and the file that asked for it. */
export interface Build {
  readonly file: string
  readonly yaml: Buffer
}

/** How long one build may take, in milliseconds. */
const DEADLINE = 120_000

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Fields that name other files. Inline patches and literals are text, and may well hold an address. */
const FILE_FIELDS = [
  ...['resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators'],
  ...['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'openapi'],
  ...['configMapGenerator', 'secretGenerator', 'helmCharts', 'helmChartInflationGenerator'],
]
const TEXT_FIELDS = ['patch', 'literals', 'options', 'target', 'source', 'targets', 'name', 'valuesInline']

const REMOTE =
  /:\/\/|^git@|^git::|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]|[?&](ref|version|timeout|submodules)=/i

/**
 * Builds kustomizations with `kubectl kustomize` over a private copy of the tree's regular files, without plugins and
 * without network. Raises E-SOURCE when one refers to something outside the tree, or cannot be built.
 */
export async function buildKustomizations(
  folders: readonly string[],
  files: ReadonlyMap<string, Buffer>,
  kubectl: Kubectl,
  scratch: string,
  signal: AbortSignal,
): Promise<Build[]> {
  if (folders.length === 0) return []
  failIfAny(folders.flatMap((folder) => remoteReferences(folder, files)))
  const tree = join(scratch, 'tree')
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), bytes)
  }
  const offline = kubectl.with({ GIT_ALLOW_PROTOCOL: 'none', HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, NO_PROXY: '' })
  const builds: Build[] = []
  for (const folder of folders) {
    const file = fileOf(folder, files) ?? folder
    const options = { cwd: tree, signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]) }
    const exit = await offline.run(['kustomize', folder === '' ? '.' : `./${folder}`], options)
    signal.throwIfAborted()
    if (exit.code !== 0) {
      const said = exit.stderr.replaceAll(`${tree}/`, '').trim()
      throw new Failure({
        class: 'E-SOURCE',
        message: `kubectl kustomize cannot build it: ${exit.signal === null ? said : `not done after ${DEADLINE / 1000} s`}`,
        location: { file },
        next: `Try \`kubectl kustomize ${folder || '.'}\` in a checkout of the same commit.`,
      })
    }
    builds.push({ file, yaml: exit.stdout })
  }
  return builds
}

/** A proxy that nobody serves: port 9 is reserved for discarding. */
const NOWHERE = 'http://127.0.0.1:9'

function fileOf(folder: string, files: ReadonlyMap<string, Buffer>): string | undefined {
  return NAMES.map((name) => posix.join(folder, name)).find((path) => files.has(path))
}

/**
 * What the kustomizations of a tree put into generated Secrets: literals, and the contents of files that they name. A
 * build that fails may quote them.
 */
export function generatedSecrets(files: ReadonlyMap<string, Buffer>): string[] {
  return [...files].flatMap(([path, bytes]) => {
    if (!NAMES.includes(posix.basename(path))) return []
    const generators = field(parse(bytes), 'secretGenerator')
    const sources = Array.isArray(generators) ? generators : []
    const named = sources.flatMap((source: Json) =>
      ['files', 'envs', 'env'].flatMap((key) => strings(field(source, key))),
    )
    const contents = named.map((reference) =>
      files.get(posix.join(posix.dirname(path), reference.split('=').at(-1) ?? '')),
    )
    const literals = sources.flatMap((source: Json) => strings(field(source, 'literals')))
    const values = literals.map((literal) => literal.slice(literal.indexOf('=') + 1))
    return [...literals, ...values, ...contents.map((content) => content?.toString('utf8') ?? '')]
  })
}

/** Walks the kustomizations that a build would read, and names every reference that leaves the repository. */
function remoteReferences(folder: string, files: ReadonlyMap<string, Buffer>, seen = new Set<string>()): Problem[] {
  const file = fileOf(folder, files)
  const bytes = file === undefined ? undefined : files.get(file)
  if (file === undefined || bytes === undefined || seen.has(file)) return []
  seen.add(file)
  const content = parse(bytes)
  const problems: Problem[] = []
  for (const name of FILE_FIELDS) {
    for (const reference of strings(field(content, name))) {
      if (REMOTE.test(reference)) {
        problems.push({
          class: 'E-SOURCE',
          message: `The kustomization's \`${name}\` refers to ${reference}, which is outside this repository's commit.`,
          location: { file },
          next: 'Copy it into the repository (vendor it), so that one commit says everything that is applied.',
        })
      } else {
        problems.push(...remoteReferences(posix.join(folder, reference), files, seen))
      }
    }
  }
  return problems
}

function parse(bytes: Buffer): Json {
  try {
    return load(bytes.toString('utf8')) as Json
  } catch (error) {
    if (error instanceof YAMLException) return null // kubectl kustomize will say what is wrong with it
    throw error
  }
}

function strings(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap((member: Json) => strings(member))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, member]) => (TEXT_FIELDS.includes(key) ? [] : strings(member)))
}
