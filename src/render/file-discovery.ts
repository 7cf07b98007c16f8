import type { Diagnostic, Warning } from '../diagnostics.ts'
import type { SkippedFile } from '../manifests/skipped-file.ts'
import { followLinks, indexPaths, type PathIndex } from '../source/links.ts'
import { compareBytes, type FilePurpose, isManifestPath, type TreeEntry } from '../source/source-tree.ts'
import {
  badLink,
  includeIgnored,
  invalidFileName,
  markerAsPath,
  missingPath,
  notAManifest,
  rendererBelow,
  submodule,
  unusedPattern,
} from './discovery-problems.ts'
import { makePathMatcher, type PathMatcher } from './patterns.ts'
import { type DetectedFormat, detectFormat, FORMATS, isMarker, type Registry } from './registry.ts'
import { isRenderer, type Renderer } from './renderer.ts'
import type { Scope } from './scope.ts'

/** A folder to render, and the renderer it belongs to. */
export interface FolderToRender {
  readonly renderer: Renderer
  /** The path from the root; the root is the empty string. */
  readonly folder: string
}

/** What to read of a tree, decided by its paths alone. */
export interface FileDiscovery {
  /** The plain manifest files, in byte order of their paths. */
  readonly files: readonly string[]
  /** Folders to render, each once, in the order of the scope's paths. */
  readonly renders: readonly FolderToRender[]
  readonly skipped: readonly SkippedFile[]
  readonly warnings: readonly Warning[]
  /** Files and folders that cannot be read as plain manifests, and paths that do not exist (E-SOURCE). */
  readonly problems: readonly Diagnostic[]
}

/** The state of a walk through a tree. */
interface DirectoryWalk {
  readonly scope: Scope
  readonly tree: PathIndex
  /** The folders that the paths of the scope name. */
  readonly named: ReadonlySet<string>
  readonly matcher: PathMatcher
  readonly registry: Registry
  readonly files: Set<string>
  /** Renderers by folder. */
  readonly renders: Map<string, Renderer>
  readonly skipped: Map<string, SkippedFile>
  readonly warnings: Warning[]
  readonly problems: Map<string, Diagnostic>
  /** Every path that a pattern may match. */
  readonly candidates: Set<string>
  /** The number of visits left, because links can multiply folders without end. */
  foldersLeft: number
}

/** How many files and folders a walk may visit: a minimum for any tree, and more for each of its entries. */
const MIN_FOLDER_VISITS = 20_000
const MAX_VISITS_PER_ENTRY = 2

/** A folder on a walk: the path by which it is reached, and its real path. */
interface Folder {
  readonly path: string
  readonly real: string
  /** The path of the scope at which the walk started. */
  readonly root: string
  /** The real paths of the folders on the way. */
  readonly above: readonly string[]
}

/**
 * Finds the manifests of a scope: every .yaml, .yml and .json file below its paths, except hidden ones and those that the
 * patterns leave out. Links inside the tree are followed, and each file is listed once, under its real path. A path to a
 * folder that a renderer of the registry detects is rendered instead.
 */
export function discoverFiles(
  entries: readonly TreeEntry[],
  scope: Scope,
  registry: Registry = FORMATS,
): FileDiscovery {
  const tree = indexPaths(entries)
  const walk: DirectoryWalk = {
    scope,
    tree,
    named: new Set(
      scope.paths
        .map((path) => followLinks(tree, path))
        .flatMap((destination) => (destination.kind === 'folder' ? destination.path : [])),
    ),
    matcher: makePathMatcher(scope),
    registry,
    files: new Set(),
    renders: new Map(),
    skipped: new Map(),
    warnings: [],
    problems: new Map(),
    candidates: new Set(entries.map(({ path }) => path)),
    foldersLeft: MIN_FOLDER_VISITS + MAX_VISITS_PER_ENTRY * entries.length,
  }
  for (const path of scope.paths) enterPath(walk, path)
  const unused = walk.matcher.unused([...walk.candidates]).map(unusedPattern)
  return {
    files: [...walk.files].sort(compareBytes),
    renders: [...walk.renders].map(([folder, renderer]) => ({ renderer, folder })),
    skipped: [...walk.skipped.values()].filter(({ location }) => !walk.files.has(location.file)),
    warnings: [...walk.warnings, ...unused],
    problems: [...walk.problems.values()],
  }
}

/** Finds the manifests of one scope in the entries of a tree. */
export type DiscoverFiles = (entries: readonly TreeEntry[]) => FileDiscovery

/**
 * Returns `discoverFiles` for a scope, with its results cached: the same array of entries gives the same result.
 */
export function discoverOnce(scope: Scope, registry: Registry = FORMATS): DiscoverFiles {
  const cache = new WeakMap<readonly TreeEntry[], FileDiscovery>()
  return (entries) => {
    const discovery = cache.get(entries) ?? discoverFiles(entries, scope, registry)
    cache.set(entries, discovery)
    return discovery
  }
}

/**
 * Returns the paths to read, with the purpose of each. If anything is rendered these are all files, since it may refer
 * to any.
 */
export function filesToRead(discovery: FileDiscovery, entries: readonly TreeEntry[]): Map<string, FilePurpose> {
  const isRendering = discovery.renders.length > 0
  const tree = isRendering
    ? entries.filter(({ kind }) => kind === 'file').map(({ path }) => [path, 'build'] as const)
    : []
  return new Map([...tree, ...discovery.files.map((path) => [path, 'manifest'] as const)])
}

/** Starts at a path of the scope. Patterns do not apply to a file that is named itself. */
function enterPath(walk: DirectoryWalk, path: string): void {
  const destination = followLinks(walk.tree, path)
  const { tree } = walk
  if (destination.kind === 'nowhere') {
    const { link } = destination
    if (link === undefined && walk.scope.mayBeMissing) skipMissing(walk, path)
    else reject(walk, link === undefined ? missingPath(path, tree) : badLink(link.path, destination.reason))
  } else if (destination.kind === 'submodule') reject(walk, submodule(destination.path))
  else if (destination.kind === 'file') enterFile(walk, destination.path)
  else if (tree.entries.size > 0) enterFolder(walk, { path, real: destination.path, root: path, above: [] })
  else if (walk.scope.mayBeMissing) skipMissing(walk, path)
  else reject(walk, missingPath(path, tree))
}

/** Skips a path that does not exist, and is allowed not to. */
function skipMissing(walk: DirectoryWalk, path: string): void {
  walk.skipped.set(path, {
    location: { file: path || '.' },
    reason: 'it does not exist, which is allowed for this run',
  })
}

function enterFile(walk: DirectoryWalk, path: string): void {
  if (isMarker(nameOf(path), walk.registry)) reject(walk, markerAsPath(path, walk.registry))
  else if (isManifestPath(path)) walk.files.add(path)
  else reject(walk, notAManifest(path))
}

function enterFolder(walk: DirectoryWalk, folder: Folder): void {
  const detected = formatOf(walk, folder)
  if (detected === undefined) {
    walkFolder(walk, folder)
    return
  }
  const { format, marker } = detected
  const { path, real } = folder
  if (!isRenderer(format)) reject(walk, format.refuse({ path, marker: join(real, marker) }))
  else {
    walk.renders.set(real, format)
    if (walk.scope.include.length > 0) walk.warnings.push(includeIgnored(path, format))
  }
}

/** The format of a folder, ignoring excluded markers. */
function formatOf({ tree, matcher, registry }: DirectoryWalk, { path, real }: Folder): DetectedFormat | undefined {
  const isUsable = (name: string) => tree.entries.has(join(real, name)) && !matcher.isExcluded(join(path, name))
  return detectFormat(namesIn(tree, real), isUsable, registry)
}

function walkFolder(walk: DirectoryWalk, folder: Folder): void {
  const { path, real, root, above } = folder
  const names = namesIn(walk.tree, real)
  walk.foldersLeft -= 1 + names.length
  if (above.includes(real)) return
  if (walk.foldersLeft < 0) {
    reject(walk, badLink(path, 'leads to the same folders too many times'))
    return
  }
  const detected = formatOf(walk, folder)
  if (detected !== undefined && path !== root && hasSelected(walk, folder)) {
    if (!walk.named.has(real)) reject(walk, formatBelow(detected, folder))
    return
  }
  for (const name of names) {
    if (name.startsWith('.')) listHidden(walk, join(real, name))
    else visit(walk, folder, name)
  }
}

/** The problem of a folder with a format below a path that is read as plain manifests. */
function formatBelow({ format, marker }: DetectedFormat, { real, root }: Folder): Diagnostic {
  const folder = { path: real, marker: join(real, marker), below: root }
  return isRenderer(format) ? rendererBelow(folder, format) : format.refuse(folder)
}

/** Whether the patterns select any file of a folder. If not, its format does not matter. */
function hasSelected({ tree, matcher, scope, registry }: DirectoryWalk, { path, real }: Folder): boolean {
  if (scope.include.length === 0) return true
  return filesBelow(tree, real).some((file) => {
    const reached = join(path, file.slice(real === '' ? 0 : real.length + 1))
    return isManifestPath(file) && !isMarker(nameOf(file), registry) && matcher.leftOut(reached) === undefined
  })
}

function filesBelow(tree: PathIndex, path: string): string[] {
  const members = tree.folders.get(path)
  return members === undefined ? [path] : members.flatMap((member) => filesBelow(tree, member))
}

function visit(walk: DirectoryWalk, folder: Folder, name: string): void {
  const path = join(folder.path, name)
  const real = join(folder.real, name)
  const destination = followLinks(walk.tree, real)
  if (destination.kind === 'folder') {
    const isLeftOut = real !== destination.path && walk.matcher.isExcluded(`${path}/`)
    const below = { path, real: destination.path, root: folder.root, above: [...folder.above, folder.real] }
    if (!isLeftOut) walkFolder(walk, below)
    return
  }
  // A broken link without an extension may stand for a folder of manifests; one with another extension is ignored.
  const isCandidate =
    isManifestPath(name.toLowerCase()) ||
    destination.kind === 'submodule' ||
    !(destination.kind === 'file' || name.includes('.'))
  if (!isCandidate) return
  walk.candidates.add(path)
  const reason =
    walk.matcher.leftOut(path) ??
    (isManifestPath(name) || destination.kind !== 'file' ? undefined : UPPERCASE_EXTENSION)
  if (reason !== undefined) skip(walk, real, reason)
  else if (real.includes(REPLACEMENT_CHARACTER)) reject(walk, invalidFileName(real))
  else if (destination.kind === 'file') walk.files.add(destination.path)
  else reject(walk, destination.kind === 'submodule' ? submodule(real) : badLink(real, destination.reason))
}

/** Skips the manifests in a hidden file or folder, so that they are listed with the reason. */
function listHidden(walk: DirectoryWalk, hidden: string): void {
  for (const path of filesBelow(walk.tree, hidden).filter(isManifestPath)) {
    skip(walk, path, 'its name or that of its folder starts with a dot')
  }
}

function skip(walk: DirectoryWalk, file: string, reason: string): void {
  walk.skipped.set(file, { location: { file }, reason })
}

function reject(walk: DirectoryWalk, problem: Diagnostic): void {
  walk.problems.set(`${problem.location?.file}: ${problem.message}`, problem)
}

function namesIn(tree: PathIndex, folder: string): string[] {
  return (tree.folders.get(folder) ?? []).map(nameOf)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

/** Why a file such as X.YAML is skipped. */
const UPPERCASE_EXTENSION = 'its extension is not in lower case; kubectl does not read it either'

/** Replaces bytes in a name that are not UTF-8. */
const REPLACEMENT_CHARACTER = '\uFFFD'
