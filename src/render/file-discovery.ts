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
  /** Path from the root, which is the empty string. */
  readonly folder: string
}

/** What to read of a tree, decided from its paths alone. */
export interface FileDiscovery {
  /** Manifest files to read as they are, in byte order of their paths. */
  readonly files: readonly string[]
  /** Folders to render, each once, in the order of the scope's paths. */
  readonly renders: readonly FolderToRender[]
  readonly skipped: readonly SkippedFile[]
  readonly warnings: readonly Warning[]
  /** What must never be read raw, and paths that lead nowhere (E-SOURCE). */
  readonly problems: readonly Diagnostic[]
}

/** What a walk through the tree has found so far. */
interface DirectoryWalk {
  readonly scope: Scope
  readonly tree: PathIndex
  /** The folders that paths of the scope lead to. */
  readonly named: ReadonlySet<string>
  readonly matcher: PathMatcher
  readonly registry: Registry
  readonly files: Set<string>
  /** Renderers by the folders they are to render. */
  readonly renders: Map<string, Renderer>
  readonly skipped: Map<string, SkippedFile>
  readonly warnings: Warning[]
  readonly problems: Map<string, Diagnostic>
  /** Every path that a pattern could have been meant for. */
  readonly candidates: Set<string>
  /** Folders that may still be walked: links can multiply them without end. */
  foldersLeft: number
}

/** How many folders a walk may visit: so many in any tree, and more for each of its entries. */
const MIN_FOLDER_VISITS = 20_000
const MAX_VISITS_PER_ENTRY = 2

/** A folder on a walk: the path that leads there, and where that really is. */
interface Folder {
  readonly path: string
  readonly real: string
  /** The path that the workflow names. */
  readonly root: string
  /** The real folders on the way. */
  readonly above: readonly string[]
}

/**
 * Finds the manifests of a scope: every .yaml, .yml and .json file below its paths, except names that start with a dot and
 * files that the patterns leave out. Links are followed inside the tree, and each file is read once, under its real path.
 * A path to a folder that a renderer of the registry detects is to be rendered instead.
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
      scope.paths.map((path) => followLinks(tree, path)).flatMap((to) => (to.kind === 'folder' ? to.path : [])),
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
 * Returns `discoverFiles` for a scope, which walks each list of entries once: asking for the same list again (the same
 * array) returns the same result.
 */
export function discoverOnce(scope: Scope, registry: Registry = FORMATS): DiscoverFiles {
  const known = new WeakMap<readonly TreeEntry[], FileDiscovery>()
  return (entries) => {
    const discovery = known.get(entries) ?? discoverFiles(entries, scope, registry)
    known.set(entries, discovery)
    return discovery
  }
}

/** Returns the paths that a run must read, with the purpose of each: what is rendered may refer to any file of its tree. */
export function filesToRead(discovery: FileDiscovery, entries: readonly TreeEntry[]): Map<string, FilePurpose> {
  const isRendering = discovery.renders.length > 0
  const tree = isRendering
    ? entries.filter(({ kind }) => kind === 'file').map(({ path }) => [path, 'build'] as const)
    : []
  return new Map([...tree, ...discovery.files.map((path) => [path, 'manifest'] as const)])
}

/** Starts at a path that the workflow names. A file that it names itself is read whatever the patterns say. */
function enterPath(walk: DirectoryWalk, path: string): void {
  const destination = followLinks(walk.tree, path)
  const { tree } = walk
  if (destination.kind === 'nowhere') {
    const { link } = destination
    if (link === undefined && walk.scope.mayBeMissing) notePathMissing(walk, path)
    else reject(walk, link === undefined ? missingPath(path, tree) : badLink(link.path, destination.reason))
  } else if (destination.kind === 'submodule') reject(walk, submodule(destination.path))
  else if (destination.kind === 'file') enterFile(walk, destination.path)
  else if (tree.entries.size > 0) enterFolder(walk, { path, real: destination.path, root: path, above: [] })
  else if (walk.scope.mayBeMissing) notePathMissing(walk, path)
  else reject(walk, missingPath(path, tree))
}

/** Notes a path at which nothing is, and nothing need be. */
function notePathMissing(walk: DirectoryWalk, path: string): void {
  walk.skipped.set(path, { location: { file: path || '.' }, reason: 'there is nothing, which is allowed for this run' })
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

/** The format of a folder; a marker that is excluded does not count. */
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
    reject(walk, badLink(path, 'leads to the same folders too often'))
    return
  }
  const detected = formatOf(walk, folder)
  if (detected !== undefined && path !== root && hasWanted(walk, folder)) {
    if (!walk.named.has(real)) reject(walk, formatBelow(detected, folder))
    return
  }
  for (const name of names) {
    if (name.startsWith('.')) listHidden(walk, join(real, name))
    else visit(walk, folder, name)
  }
}

/** The problem of a folder that cannot be read as plain manifests and lies below a path of the scope. */
function formatBelow({ format, marker }: DetectedFormat, { real, root }: Folder): Diagnostic {
  const folder = { path: real, marker: join(real, marker), below: root }
  return isRenderer(format) ? rendererBelow(folder, format) : format.refuse(folder)
}

/** Whether a folder holds any file that the patterns want: if not, its format does not matter. */
function hasWanted({ tree, matcher, scope, registry }: DirectoryWalk, { path, real }: Folder): boolean {
  if (scope.include.length === 0) return true
  return filesBelow(tree, real).some((file) => {
    const walked = join(path, file.slice(real === '' ? 0 : real.length + 1))
    return isManifestPath(file) && !isMarker(nameOf(file), registry) && matcher.leftOut(walked) === undefined
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
  // A link without an ending may be a whole folder of manifests; one to a README is nobody's business.
  const isInteresting =
    isManifestPath(name.toLowerCase()) ||
    destination.kind === 'submodule' ||
    !(destination.kind === 'file' || name.includes('.'))
  if (!isInteresting) return
  walk.candidates.add(path)
  const reason =
    walk.matcher.leftOut(path) ??
    (isManifestPath(name) || destination.kind !== 'file' ? undefined : UPPERCASE_EXTENSION)
  if (reason !== undefined) skip(walk, real, reason)
  else if (real.includes(REPLACEMENT_CHARACTER)) reject(walk, invalidFileName(real))
  else if (destination.kind === 'file') walk.files.add(destination.path)
  else reject(walk, destination.kind === 'submodule' ? submodule(real) : badLink(real, destination.reason))
}

/** Lists the manifests in a hidden file or folder: somebody may wonder why they are not applied. */
function listHidden(walk: DirectoryWalk, hidden: string): void {
  for (const path of filesBelow(walk.tree, hidden).filter(isManifestPath)) {
    skip(walk, path, 'in a folder or file whose name starts with a dot')
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

/** Why a file called X.YAML is not read. */
const UPPERCASE_EXTENSION = 'its ending is not in small letters, and kubectl would not read it either'

/** Stands for bytes in a name that are not UTF-8. */
const REPLACEMENT_CHARACTER = '\uFFFD'
