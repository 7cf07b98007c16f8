import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { type Diagnostic, Failure } from '../diagnostics.ts'
import { field, isObject, type Json } from '../json.ts'
import type { Kubectl } from '../kube/kubectl.ts'
import type { RenderedFile } from '../manifests/rendered-file.ts'
import type { Exit } from '../process.ts'
import type { ReadLimits } from '../read-limits.ts'
import { followLinks, indexPaths, type PathIndex } from '../source/links.ts'
import type { SourceTree } from '../source/source-tree.ts'
import { isDocument, readDocuments } from '../yaml/document.ts'
import { placesIn } from '../yaml/place.ts'
import { yamlDiagnostic } from '../yaml/to-diagnostic.ts'
import type { YamlIssue } from '../yaml/yaml-issue.ts'
import type { RenderContext, Renderer, RenderResult } from './renderer.ts'

/** How long one build may take, in milliseconds. */
const BUILD_TIMEOUT_MS = 120_000

/** The names of a kustomization's file, in the order in which they are looked up. */
const KUSTOMIZATIONS: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Builds kustomizations with `kubectl kustomize`. */
export const kustomize: Renderer = {
  name: 'kustomize',
  noun: 'kustomization',
  detects: (members) => members.find((name) => KUSTOMIZATIONS.includes(name)),
  render: buildKustomizations,
  secrets: ({ source, limits }) => generatedSecrets(source.files, limits),
}

/** Fields that name other files. Inline patches and literals are text, and may well hold an address. */
const FILE_FIELDS = [
  ...['resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators'],
  ...['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'openapi'],
  ...['configMapGenerator', 'secretGenerator', 'helmCharts', 'helmChartInflationGenerator'],
]
const TEXT_FIELDS = ['patch', 'literals', 'options', 'target', 'source', 'targets', 'name', 'valuesInline']

const REMOTE_REFERENCE =
  /:\/\/|^git@|^git::|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]|[?&](ref|version|timeout|submodules)=/i

/**
 * Builds kustomizations with `kubectl kustomize` in a private copy of the tree, of whose links only those that stay inside
 * of it, without plugins and without network. One that refers to anything outside the tree, or that kubectl cannot build, is
 * a problem (E-SOURCE).
 */
async function buildKustomizations(
  folders: readonly string[],
  { source, kubectl, limits, tempDir, signal }: RenderContext,
): Promise<RenderResult> {
  const sources = { tree: indexPaths(source.entries), files: source.files, limits }
  const problems = folders.flatMap((folder) => remoteReferences(folder, sources))
  if (problems.length > 0) return { files: [], problems }
  const root = join(tempDir, 'tree')
  await writeTree(root, source, sources.tree)
  const offline = withoutNetwork(kubectl)
  const files: RenderedFile[] = []
  for (const folder of folders) {
    const file = kustomizationFile(folder, sources) ?? folder
    const options = { cwd: root, signal: AbortSignal.any([signal, AbortSignal.timeout(BUILD_TIMEOUT_MS)]) }
    const exit = await offline.run(['kustomize', folder === '' ? '.' : `./${folder}`], options)
    signal.throwIfAborted()
    if (exit.code === 0) files.push({ file, bytes: exit.stdout, hasSourceLines: false })
    else problems.push(buildError(exit, file, folder, root))
  }
  return { files, problems }
}

function withoutNetwork(kubectl: Kubectl): Kubectl {
  return kubectl.with({
    GIT_ALLOW_PROTOCOL: 'none',
    HTTP_PROXY: UNUSED_PROXY,
    HTTPS_PROXY: UNUSED_PROXY,
    NO_PROXY: NO_HOST,
    no_proxy: NO_HOST,
  })
}

function buildError({ signal, stderr }: Exit, file: string, folder: string, root: string): Diagnostic {
  const said = stderr.replaceAll(`${root}/`, '').trim()
  return {
    code: 'E-SOURCE',
    reason: signal === null ? 'BuildFailed' : 'BuildTimeout',
    message: `kubectl kustomize cannot build it: ${signal === null ? said : `not done after ${BUILD_TIMEOUT_MS / 1000} s`}`,
    location: { file },
    hint: `Try \`kubectl kustomize ${folder || '.'}\` in a checkout of the same commit.`,
  }
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
      throw new Failure({ code: 'E-SOURCE', reason: 'SameFileName', message, location: { file: path }, hint })
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
function generatedSecrets(files: ReadonlyMap<string, Buffer>, limits: ReadLimits): string[] {
  return [...files].flatMap(([path, bytes]) => {
    if (!KUSTOMIZATIONS.includes(posix.basename(path))) return []
    const generators = field(parseKustomization(bytes.toString('utf8'), limits).content, 'secretGenerator')
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
  const text = bytes.toString('utf8')
  const { content, issue } = parseKustomization(text, sources.limits)
  // What we read otherwise than kustomize may refer to anything.
  if (issue !== undefined) {
    const { relatedLocation: _, ...problem } = yamlDiagnostic(issue, file, placesIn(text))
    return [problem]
  }
  const problems: Diagnostic[] = []
  for (const name of FILE_FIELDS) {
    for (const reference of stringsIn(field(content, name))) {
      if (REMOTE_REFERENCE.test(reference)) {
        problems.push({
          code: 'E-SOURCE',
          reason: 'RemoteReference',
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
function parseKustomization(text: string, limits: ReadLimits): { content: Json; issue: YamlIssue | undefined } {
  const [first] = readDocuments(text, limits)
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
