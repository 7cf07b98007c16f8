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

/** The timeout of one build, in milliseconds. */
const BUILD_TIMEOUT_MS = 120_000

/** The names of a kustomization file, in order of precedence. */
const KUSTOMIZATION_FILES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Builds kustomizations with `kubectl kustomize`. */
export const kustomize: Renderer = {
  name: 'kustomize',
  noun: 'kustomization',
  detects: (members) => members.find((name) => KUSTOMIZATION_FILES.includes(name)),
  render: buildKustomizations,
  secrets: ({ source, limits }) => generatedSecrets(source.files, limits),
}

/** Fields that name other files. */
const FILE_FIELDS = [
  ...['resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators'],
  ...['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'openapi'],
  ...['configMapGenerator', 'secretGenerator', 'helmCharts', 'helmChartInflationGenerator'],
]
/** Fields inside of these that are plain text, which may contain a URL. */
const TEXT_FIELDS = ['patch', 'literals', 'options', 'target', 'source', 'targets', 'name', 'valuesInline']

const REMOTE_REFERENCE =
  /:\/\/|^git@|^git::|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]|[?&](ref|version|timeout|submodules)=/i

/**
 * Builds kustomizations with `kubectl kustomize` in a private copy of the tree without links that lead outside, without
 * plugins and without network. A kustomization that refers to anything outside the tree, or that kubectl cannot build, is
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
  const output = stderr.replaceAll(`${root}/`, '').trim()
  return {
    code: 'E-SOURCE',
    reason: signal === null ? 'BuildFailed' : 'BuildTimeout',
    message: `kubectl kustomize cannot build this: ${signal === null ? output : `timed out after ${BUILD_TIMEOUT_MS / 1000} s`}`,
    location: { file },
    hint: `Run \`kubectl kustomize ${folder || '.'}\` in a checkout of the same commit.`,
  }
}

/** A proxy that does not exist: port 9 is the discard port. */
const UNUSED_PROXY = 'http://127.0.0.1:9'
/** Exempts no host from the proxy. (With an empty list, the variable in lower case would apply.) */
const NO_HOST = 'nobody.invalid'

/** Where kustomizations and the files that they name are found. */
interface KustomizeSources {
  readonly tree: PathIndex
  readonly files: ReadonlyMap<string, Buffer>
  readonly limits: ReadLimits
}

async function writeTree(root: string, { entries, files }: SourceTree, tree: PathIndex): Promise<void> {
  const write = async (path: string, create: (target: string) => Promise<void>) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await create(join(root, path)).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const message = 'Another file has the same name, except for letter case, which the file system here ignores.'
      const hint = 'Rename one of them, or run on Linux.'
      throw new Failure({ code: 'E-SOURCE', reason: 'SameFileName', message, location: { file: path }, hint })
    })
  }
  for (const [path, bytes] of files) await write(path, (destination) => writeFile(destination, bytes, { flag: 'wx' }))
  for (const { path, kind, target } of entries) {
    const isInside = kind === 'link' && followLinks(tree, path).kind !== 'nowhere'
    if (isInside && target !== undefined) await write(path, (destination) => symlink(target, destination))
  }
}

function kustomizationFile(folder: string, { tree, files }: KustomizeSources): string | undefined {
  return KUSTOMIZATION_FILES.map((name) => followLinks(tree, posix.join(folder, name)))
    .flatMap((destination) => (destination.kind === 'file' ? [destination.path] : []))
    .find((path) => files.has(path))
}

/**
 * Returns what the kustomizations of a tree put into generated Secrets: literals, and the contents of named files. The
 * output of a failed build may quote them.
 */
function generatedSecrets(files: ReadonlyMap<string, Buffer>, limits: ReadLimits): string[] {
  return [...files].flatMap(([path, bytes]) => {
    if (!KUSTOMIZATION_FILES.includes(posix.basename(path))) return []
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

/**
 * Walks the kustomizations that a build would read, and returns a problem for every reference outside the repository.
 */
function remoteReferences(folder: string, sources: KustomizeSources, seen = new Set<string>()): Diagnostic[] {
  const file = kustomizationFile(folder, sources)
  const bytes = file === undefined ? undefined : sources.files.get(file)
  if (file === undefined || bytes === undefined || seen.has(file)) return []
  seen.add(file)
  const text = bytes.toString('utf8')
  const { content, issue } = parseKustomization(text, sources.limits)
  // A file that kustomize reads differently may refer to anything.
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
          message: `The kustomization's \`${name}\` refers to ${reference}, which is not in the commit of this repository.`,
          location: { file },
          hint: 'Vendor it: copy it into the repository, so that the commit contains everything that is applied.',
        })
      } else {
        problems.push(...remoteReferences(posix.join(folder, reference), sources, seen))
      }
    }
  }
  return problems
}

/**
 * Parses a kustomization; the content is null if it is empty, or if kustomize would read it differently, with the first
 * issue.
 */
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
