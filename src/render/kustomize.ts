import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { type Diagnostic, Failure } from '../diagnostics.ts'
import { field, isObject, type Json } from '../json.ts'
import type { Kubectl } from '../kube/kubectl.ts'
import type { RenderedFile } from '../manifests/rendered-file.ts'
import type { ReadLimits } from '../read-limits.ts'
import { followLinks, indexPaths, type PathIndex } from '../source/links.ts'
import type { SourceTree } from '../source/source-tree.ts'
import { isDocument, readDocuments, type Unreadable } from '../yaml/document.ts'

/** How long one build may take, in milliseconds. */
const DEADLINE = 120_000

/** What the file of a kustomization is called. */
export const KUSTOMIZATIONS: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Fields that name other files. Inline patches and literals are text, and may well hold an address. */
const FILE_FIELDS = [
  ...['resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators'],
  ...['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'openapi'],
  ...['configMapGenerator', 'secretGenerator', 'helmCharts', 'helmChartInflationGenerator'],
]
const TEXT_FIELDS = ['patch', 'literals', 'options', 'target', 'source', 'targets', 'name', 'valuesInline']

const REMOTE_REFERENCE =
  /:\/\/|^git@|^git::|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]|[?&](ref|version|timeout|submodules)=/i

/** What building needs beside the sources. */
export interface BuildOptions {
  readonly kubectl: Kubectl
  readonly limits: ReadLimits
  /** A private folder. */
  readonly tempDir: string
  readonly signal: AbortSignal
}

/**
 * Builds kustomizations with `kubectl kustomize` over a private copy of the tree, of whose links only those that stay inside
 * of it, without plugins and without network. One that refers to something outside, or cannot be built, is a problem (E-SOURCE).
 */
export async function buildKustomizations(
  folders: readonly string[],
  source: SourceTree,
  { kubectl, limits, tempDir, signal }: BuildOptions,
): Promise<{ builds: RenderedFile[]; problems: Diagnostic[] }> {
  if (folders.length === 0) return { builds: [], problems: [] }
  const sources = { tree: indexPaths(source.entries), files: source.files, limits }
  const problems = folders.flatMap((folder) => remoteReferences(folder, sources))
  if (problems.length > 0) return { builds: [], problems }
  const tree = join(tempDir, 'tree')
  await writeTree(tree, source, sources.tree)
  const offline = kubectl.with({
    GIT_ALLOW_PROTOCOL: 'none',
    HTTP_PROXY: UNUSED_PROXY,
    HTTPS_PROXY: UNUSED_PROXY,
    NO_PROXY: NO_HOST,
    no_proxy: NO_HOST,
  })
  const builds: RenderedFile[] = []
  for (const folder of folders) {
    const file = kustomizationFile(folder, sources) ?? folder
    const options = { cwd: tree, signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]) }
    const exit = await offline.run(['kustomize', folder === '' ? '.' : `./${folder}`], options)
    signal.throwIfAborted()
    if (exit.code === 0) builds.push({ file, yaml: exit.stdout })
    else {
      const said = exit.stderr.replaceAll(`${tree}/`, '').trim()
      problems.push({
        code: 'E-SOURCE',
        message: `kubectl kustomize cannot build it: ${exit.signal === null ? said : `not done after ${DEADLINE / 1000} s`}`,
        location: { file },
        hint: `Try \`kubectl kustomize ${folder || '.'}\` in a checkout of the same commit.`,
      })
    }
  }
  return { builds, problems }
}

/** A proxy that nobody serves: port 9 is reserved for discarding. */
const UNUSED_PROXY = 'http://127.0.0.1:9'
/** Hosts that are asked without a proxy: none. (An empty list would leave it to the variable in small letters.) */
const NO_HOST = 'nobody.invalid'

/** Where kustomizations and what they name are looked up. */
interface KustomizeSources {
  readonly tree: PathIndex
  readonly files: ReadonlyMap<string, Buffer>
  readonly limits: ReadLimits
}

async function writeTree(root: string, { entries, files }: SourceTree, tree: PathIndex): Promise<void> {
  const write = async (path: string, make: (place: string) => Promise<void>) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await make(join(root, path)).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const message =
        'Another file has the same name for this machine’s file system, in which letter case does not count.'
      const hint = 'Rename one of them, or run on Linux.'
      throw new Failure({ code: 'E-SOURCE', message, location: { file: path }, hint })
    })
  }
  for (const [path, bytes] of files) await write(path, (place) => writeFile(place, bytes, { flag: 'wx' }))
  for (const { path, kind, target } of entries) {
    const isInside = kind === 'link' && followLinks(tree, path).kind !== 'nowhere'
    if (isInside && target !== undefined) await write(path, (place) => symlink(target, place))
  }
}

function kustomizationFile(folder: string, { tree, files }: KustomizeSources): string | undefined {
  return KUSTOMIZATIONS.map((name) => followLinks(tree, posix.join(folder, name)))
    .flatMap((destination) => (destination.kind === 'file' ? [destination.path] : []))
    .find((path) => files.has(path))
}

/**
 * What the kustomizations of a tree put into generated Secrets: literals, and the contents of files that they name. A
 * build that fails may quote them.
 */
export function generatedSecrets(files: ReadonlyMap<string, Buffer>, limits: ReadLimits): string[] {
  return [...files].flatMap(([path, bytes]) => {
    if (!KUSTOMIZATIONS.includes(posix.basename(path))) return []
    const generators = field(parseKustomization(bytes, limits).content, 'secretGenerator')
    const sources = Array.isArray(generators) ? generators : []
    const named = sources.flatMap((source: Json) =>
      ['files', 'envs', 'env'].flatMap((key) => stringsIn(field(source, key))),
    )
    const contents = named.map((reference) =>
      files.get(posix.join(posix.dirname(path), reference.split('=').at(-1) ?? '')),
    )
    const literals = sources.flatMap((source: Json) => stringsIn(field(source, 'literals')))
    const values = literals.map((literal) => literal.slice(literal.indexOf('=') + 1))
    return [...literals, ...values, ...contents.map((content) => content?.toString('utf8') ?? '')]
  })
}

/** Walks the kustomizations that a build would read, and names every reference that leaves the repository. */
function remoteReferences(folder: string, sources: KustomizeSources, seen = new Set<string>()): Diagnostic[] {
  const file = kustomizationFile(folder, sources)
  const bytes = file === undefined ? undefined : sources.files.get(file)
  if (file === undefined || bytes === undefined || seen.has(file)) return []
  seen.add(file)
  const { content, issue } = parseKustomization(bytes, sources.limits)
  // What we read otherwise than kustomize may refer to anything.
  if (issue !== undefined) {
    return [{ code: 'E-PARSE', message: issue.message, location: { file, ...issue.place }, hint: issue.hint }]
  }
  const problems: Diagnostic[] = []
  for (const name of FILE_FIELDS) {
    for (const reference of stringsIn(field(content, name))) {
      if (REMOTE_REFERENCE.test(reference)) {
        problems.push({
          code: 'E-SOURCE',
          message: `The kustomization's \`${name}\` refers to ${reference}, which is outside this repository's commit.`,
          location: { file },
          hint: 'Copy it into the repository (vendor it), so that one commit says everything that is applied.',
        })
      } else {
        problems.push(...remoteReferences(posix.join(folder, reference), sources, seen))
      }
    }
  }
  return problems
}

/** What a kustomization says; null where it says nothing, or cannot be read as kustomize would, with the first reason. */
function parseKustomization(bytes: Buffer, limits: ReadLimits): { content: Json; issue: Unreadable | undefined } {
  const [first] = readDocuments(bytes.toString('utf8'), limits)
  const [issue] = first === undefined ? [] : isDocument(first) ? first.issues : [first]
  const isRead = first !== undefined && isDocument(first) && issue === undefined
  return { content: isRead ? first.value : null, issue }
}

function stringsIn(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap((member: Json) => stringsIn(member))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, member]) => (TEXT_FIELDS.includes(key) ? [] : stringsIn(member)))
}
