import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Diagnostic, Failure, throwIfAny } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { CommitSha } from './commit-sha.ts'
import { listFolder } from './folder.ts'
import { type Git, openGit, type SourceOptions } from './git.ts'
import { type CommitEntry, commitAt, listTree, missingObjects, readEntries, withTargets } from './git-repository.ts'
import type { LocalConfig, Ref } from './source-config.ts'
import { isManifestPath, type SelectFiles, type SourceTree, type TreeEntry } from './source-tree.ts'

/** Whether a folder is the root of a git checkout; a linked work tree has a file named `.git`. */
export async function isRepositoryRoot(folder: string): Promise<boolean> {
  return lstat(join(folder, '.git')).then(
    () => true,
    () => false,
  )
}

/**
 * Reads a checkout at its commit, never its work tree, so that the commit names what is applied. Raises E-SOURCE for
 * selected manifests whose files differ from the commit, since their changes would not be applied, and E-GIT-REF.
 */
export async function readCheckout(
  config: LocalConfig,
  select: SelectFiles,
  options: SourceOptions,
): Promise<SourceTree> {
  const git = openGit(config.path, options)
  const commit = await resolveCommit(git, config)
  options.emit({ type: 'checkout-read', path: config.path, commit })
  const listed = await listTree(git, commit)
  const missing = await missingObjects(git, commit)
  const present = await withTargets(
    git,
    listed.filter(({ oid }) => !missing.has(oid)),
  )
  const presentByPath = new Map(present.map((entry) => [entry.path, entry]))
  const entries = listed.map((entry) => presentByPath.get(entry.path) ?? entry)
  const selected = select(entries)
  const selectedEntries = entries.filter((entry) => selected.has(entry.path))
  requirePresent(selectedEntries, missing)
  const { files, problems } = await readEntries(git, selectedEntries, selected, options.limits)
  const source = { commit, branch: config.upstream?.branch, entries, files, problems }
  // If `ref` selects another commit than the checked-out one, nobody expects the work tree to be read.
  if (config.ref.kind === 'default') throwIfAny(await findDifferences(git, config.path, source, select))
  return source
}

async function resolveCommit(git: Git, { path, ref }: LocalConfig): Promise<CommitSha> {
  for (const revision of revisionsOf(ref)) {
    const commit = await commitAt(git, revision)
    if (commit !== undefined) return commit
  }
  const name = ref.kind === 'name' ? ` \`${ref.name}\`` : ref.kind === 'commit' ? ` ${ref.sha}` : 's'
  throw new Failure({
    code: 'E-GIT-REF',
    reason: 'CommitNotFound',
    message: `The checkout ${path} has no commit${name}.`,
    hint: hint`Check ${option('ref')}. A shallow checkout has only one commit; set \`fetch-depth: 0\` on actions/checkout to fetch all.`,
  })
}

/**
 * The revisions to try for a ref. A name is never tried unqualified, since git would accept an abbreviated commit id.
 */
function revisionsOf(ref: Ref): string[] {
  if (ref.kind === 'default') return ['HEAD']
  if (ref.kind === 'commit') return [ref.sha]
  if (ref.name.startsWith('refs/')) return [ref.name]
  return ['refs/heads/', 'refs/tags/', 'refs/remotes/origin/'].map((prefix) => `${prefix}${ref.name}`)
}

/**
 * Raises E-SOURCE if a partial checkout lacks files. They cannot be fetched here, without the checkout's credentials.
 */
function requirePresent(entries: readonly CommitEntry[], missing: ReadonlySet<string>): void {
  const absent = entries.filter((entry) => missing.has(entry.oid))
  if (absent.length > 0) {
    throw new Failure({
      code: 'E-SOURCE',
      reason: 'PartialCheckout',
      message: `The checkout is partial: ${absent.length} of the ${entries.length} files to read are missing.`,
      ...(absent[0] === undefined ? {} : { location: { file: absent[0].path } }),
      hint: hint`Check out without \`filter\` and \`sparse-checkout\`, or remove ${option('repository')} and the checkout step.`,
    })
  }
}

/**
 * Problems of files that differ from the commit. Does not use `git status`, which runs filters that the checkout
 * configures.
 */
async function findDifferences(
  git: Git,
  root: string,
  { commit, entries, files }: { commit: string; entries: readonly TreeEntry[]; files: ReadonlyMap<string, Buffer> },
  select: SelectFiles,
): Promise<Diagnostic[]> {
  const problem = (path: string, state: string): Diagnostic => ({
    code: 'E-SOURCE',
    reason: 'NotCommitted',
    message: `The file is ${state}, but a checkout is read at its commit (${commit.slice(0, 12)}).`,
    location: { file: path },
    hint: hint`Commit the change, or render into a folder outside the checkout and set ${option('repository')} to that folder.`,
  })
  const tracked = new Set(entries.map((entry) => entry.path))
  const submodules = entries.filter((entry) => entry.kind === 'submodule').map((entry) => `${entry.path}/`)
  const disk = (await listFolder(root)).filter((entry) => !submodules.some((folder) => entry.path.startsWith(folder)))
  const ignored = await findIgnored(
    git,
    disk.map((entry) => entry.path).filter((path) => !tracked.has(path)),
  )
  const onDisk = select(disk.filter((entry) => !ignored.has(entry.path)))
  const isSparse =
    (await git.text(['config', '--type=bool', '--default=false', '--get', 'core.sparseCheckout'])) === 'true'

  const problems: Diagnostic[] = []
  for (const path of onDisk.keys())
    if (isManifestPath(path) && !tracked.has(path)) problems.push(problem(path, 'not committed'))
  for (const [path, bytes] of files) {
    // Bytes that are not UTF-8 have been replaced in the name, so no file on disk matches it.
    if (!isManifestPath(path) || path.includes('\uFFFD')) continue
    if (!onDisk.has(path)) {
      if (!isSparse) problems.push(problem(path, 'deleted'))
    } else if (!sameText(bytes, await readFile(join(root, path)))) problems.push(problem(path, 'modified'))
  }
  return problems
}

async function findIgnored(git: Git, paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set()
  // Exit code 1 means that none is ignored; git prints nothing then.
  const listing = await git.text(['check-ignore', '--stdin', '-z'], `${paths.join('\0')}\0`)
  return new Set(listing.split('\0').filter((path) => path !== ''))
}

/** Whether two files are equal except for line endings, which a checkout may convert. */
function sameText(a: Buffer, b: Buffer): boolean {
  const unix = (bytes: Buffer) => bytes.toString('latin1').replaceAll('\r\n', '\n')
  return a.equals(b) || unix(a) === unix(b)
}
