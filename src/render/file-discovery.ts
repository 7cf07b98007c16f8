import type { Diagnostic, Location, Warning } from '../diagnostics.ts'
import type { Scope } from '../options/config.ts'
import { followLinks, indexPaths, type PathIndex, parentFolder } from '../source/links.ts'
import { compareBytes, type FilePurpose, isManifestPath, type TreeEntry } from '../source/source-tree.ts'
import { KUSTOMIZATIONS } from './kustomize.ts'
import { makePathMatcher, type PathMatcher } from './patterns.ts'

/** Why something was not taken for a manifest. */
export interface SkippedFile {
  readonly location: Location
  readonly reason: string
}

/** What to read of a tree, decided from its paths alone. */
export interface FileDiscovery {
  /** Manifest files to read as they are, in byte order of their paths. */
  readonly files: readonly string[]
  /** Folders to build with kustomize; the root is the empty string. */
  readonly kustomizations: readonly string[]
  readonly skipped: readonly SkippedFile[]
  readonly warnings: readonly Warning[]
  /** What must never be read raw, and paths that lead nowhere (E-SOURCE). */
  readonly problems: readonly Diagnostic[]
}

const CHART = /^Chart\.ya?ml$/

/** What a walk through the tree has found so far. */
interface DirectoryWalk {
  readonly scope: Scope
  readonly tree: PathIndex
  /** The folders that paths of the scope lead to. */
  readonly named: ReadonlySet<string>
  readonly matcher: PathMatcher
  readonly files: Set<string>
  readonly kustomizations: Set<string>
  readonly skipped: Map<string, SkippedFile>
  readonly warnings: Warning[]
  readonly problems: Map<string, Diagnostic>
  /** Every path that a pattern could have been meant for. */
  readonly candidates: Set<string>
  /** Folders that may still be walked: links can multiply them without end. */
  foldersLeft: number
}

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
 * Finds the manifests of a scope: every .yaml, .yml and .json file below its paths, but for names that start with a dot
 * and for what the patterns leave out. Links are followed inside the tree, and each file is read once, under its real path.
 * A path that has a kustomization is to be built instead.
 */
export function discoverFiles(entries: readonly TreeEntry[], scope: Scope): FileDiscovery {
  const tree = indexPaths(entries)
  const walk: DirectoryWalk = {
    scope,
    tree,
    named: new Set(
      scope.paths.map((path) => followLinks(tree, path)).flatMap((to) => (to.kind === 'folder' ? to.path : [])),
    ),
    matcher: makePathMatcher(scope),
    files: new Set(),
    kustomizations: new Set(),
    skipped: new Map(),
    warnings: [],
    problems: new Map(),
    candidates: new Set(entries.map(({ path }) => path)),
    foldersLeft: 2 * entries.length + 20_000,
  }
  for (const path of scope.paths) enterPath(walk, path)
  const unused = walk.matcher.unused([...walk.candidates]).map((pattern): Warning => {
    const message = `The pattern \`${pattern}\` of \`include\` or \`exclude\` matches no file.`
    return {
      reason: 'UnusedPattern',
      message,
      hint: 'Patterns are those of a .gitignore, and start at the root of the repository.',
    }
  })
  return {
    files: [...walk.files].sort(compareBytes),
    kustomizations: [...walk.kustomizations],
    skipped: [...walk.skipped.values()].filter(({ location }) => !walk.files.has(location.file)),
    warnings: [...walk.warnings, ...unused],
    problems: [...walk.problems.values()],
  }
}

/** The paths that a run must read for a discovery: a kustomization may refer to any file of its tree. */
export function filesToRead(discovery: FileDiscovery, entries: readonly TreeEntry[]): Map<string, FilePurpose> {
  const isBuilding = discovery.kustomizations.length > 0
  const tree = isBuilding
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
    else reject(walk, link === undefined ? missing(path, tree) : strayLink(link.path, destination.reason))
  } else if (destination.kind === 'submodule') reject(walk, submodule(destination.path))
  else if (destination.kind === 'file') enterFile(walk, destination.path)
  else if (tree.entries.size > 0) enterFolder(walk, { path, real: destination.path, root: path, above: [] })
  else if (walk.scope.mayBeMissing) notePathMissing(walk, path)
  else reject(walk, missing(path, tree))
}

/** Notes a path at which nothing is, and nothing need be. */
function notePathMissing(walk: DirectoryWalk, path: string): void {
  walk.skipped.set(path, { location: { file: path || '.' }, reason: 'there is nothing, which is allowed for this run' })
}

function enterFile(walk: DirectoryWalk, path: string): void {
  const name = nameOf(path)
  if (isBuild(name)) reject(walk, namedBuild(path))
  else if (isManifestPath(path)) walk.files.add(path)
  else reject(walk, noManifest(path))
}

function enterFolder(walk: DirectoryWalk, folder: Folder): void {
  const build = buildIn(walk, folder)
  if (build === undefined) walkFolder(walk, folder)
  else if (CHART.test(build)) {
    reject(walk, chart(join(folder.real, build), `The path \`${folder.path || '.'}\` is a Helm chart.`))
  } else {
    walk.kustomizations.add(folder.real)
    if (walk.scope.include.length > 0) walk.warnings.push(builtWhole(folder))
  }
}

/** The file that makes a folder a kustomization or a chart, unless it is excluded. */
function buildIn({ tree, matcher }: DirectoryWalk, { path, real }: Folder): string | undefined {
  const builds = namesIn(tree, real).filter((name) => isBuild(name) && tree.entries.has(join(real, name)))
  return builds
    .toSorted((a, b) => Number(CHART.test(a)) - Number(CHART.test(b)))
    .find((name) => !matcher.isExcluded(join(path, name)))
}

function walkFolder(walk: DirectoryWalk, folder: Folder): void {
  const { path, real, root, above } = folder
  const names = namesIn(walk.tree, real)
  walk.foldersLeft -= 1 + names.length
  if (above.includes(real)) return
  if (walk.foldersLeft < 0) {
    reject(walk, strayLink(path, 'leads to the same folders too often'))
    return
  }
  const build = buildIn(walk, folder)
  if (build !== undefined && path !== root && hasWanted(walk, folder)) {
    if (!walk.named.has(real)) reject(walk, rawBuild(join(real, build), real, root))
    return
  }
  for (const name of names) {
    if (name.startsWith('.')) listHidden(walk, join(real, name))
    else visit(walk, folder, name)
  }
}

/** Whether a folder holds anything that the patterns leave: if not, it does not matter that it is a build. */
function hasWanted({ tree, matcher, scope }: DirectoryWalk, { path, real }: Folder): boolean {
  if (scope.include.length === 0) return true
  return filesBelow(tree, real).some((file) => {
    const walked = join(path, file.slice(real === '' ? 0 : real.length + 1))
    return isManifestPath(file) && !isBuild(nameOf(file)) && matcher.leftOut(walked) === undefined
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
  else if (real.includes(REPLACEMENT)) reject(walk, noUtf8(real))
  else if (destination.kind === 'file') walk.files.add(destination.path)
  else reject(walk, destination.kind === 'submodule' ? submodule(real) : strayLink(real, destination.reason))
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

function reject(walk: DirectoryWalk, sourceError: Diagnostic): void {
  walk.problems.set(`${sourceError.location?.file}: ${sourceError.message}`, sourceError)
}

function isBuild(name: string): boolean {
  return KUSTOMIZATIONS.includes(name) || CHART.test(name)
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

function sourceError(file: string, reason: string, message: string, hint: string): Diagnostic {
  return { code: 'E-SOURCE', reason, message, location: { file }, hint }
}

function builtWhole({ path }: Folder): Warning {
  const message = `\`include\` has no say in the path \`${path || '.'}\`, which is a kustomization and built as a whole.`
  const hint = 'To read some of its files instead, name them as `path`, or exclude its kustomization file.'
  return { reason: 'IncludeNotApplied', message, hint }
}

function rawBuild(file: string, folder: string, root: string): Diagnostic {
  const where = `below the raw path \`${root || '.'}\``
  if (CHART.test(nameOf(file))) return chart(file, `\`${folder}\` is a Helm chart ${where}.`)
  return sourceError(
    file,
    'NotRendered',
    `\`${folder}\` is a kustomization ${where}: applied file by file it would mean something else.`,
    `Give the overlay to build as \`path\`, for instance \`path: ${folder}\`, or leave it out with \`exclude: ${folder}/\`.`,
  )
}

function namedBuild(file: string): Diagnostic {
  return sourceError(
    file,
    'PathIsRenderedFile',
    'The path names the file of a kustomization or chart.',
    `Name its folder: \`path: ${parentFolder(file) || '.'}\`.`,
  )
}

function noManifest(path: string): Diagnostic {
  const message = 'The path names a file that is no manifest by its name.'
  return sourceError(path, 'NotAManifestFile', message, 'Manifests end in .yaml, .yml or .json.')
}

/** Why a file called X.YAML is not read. */
const UPPERCASE_EXTENSION = 'its ending is not in small letters, and kubectl would not read it either'

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = '\uFFFD'

function noUtf8(path: string): Diagnostic {
  return sourceError(
    path,
    'NameNotUtf8',
    'The name of this file is no UTF-8.',
    'Rename it, or leave it out with `exclude`.',
  )
}

function strayLink(path: string, reason: string): Diagnostic {
  return sourceError(
    path,
    'LinkNotFollowed',
    `This is a symbolic link that ${reason}.`,
    'Let it point to something inside of the repository, or leave it out with `exclude`.',
  )
}

function submodule(path: string): Diagnostic {
  const hint = 'Reconcile the submodule’s repository in a step of its own, or leave it out with `exclude`.'
  return sourceError(path, 'Submodule', 'This is a git submodule, whose files are not part of the commit.', hint)
}

function chart(file: string, what: string): Diagnostic {
  const folder = parentFolder(file)
  return sourceError(
    file,
    'ChartNotRendered',
    `${what} Charts are not rendered.`,
    'Render it in an earlier step (`helm template ... > rendered/all.yaml`) and give that folder as `repository: ./rendered`' +
      `${folder === '' ? '.' : `, or leave it out with \`exclude: ${folder}/\`.`}`,
  )
}

function missing(path: string, { entries, folders }: PathIndex): Diagnostic {
  const parent = parentFolder(path)
  const near = [...folders.keys(), ...[...entries.keys()].filter(isManifestPath)]
    .filter((each) => each !== '' && parentFolder(each) === parent)
    .slice(0, 8)
  return sourceError(
    path,
    entries.size === 0 ? 'NoFiles' : 'PathNotFound',
    entries.size === 0 ? 'There are no files at all.' : `There is no \`${path}\`.`,
    near.length > 0 ? `Beside it are ${near.join(', ')}.` : 'Check `path` and `ref`.',
  )
}
