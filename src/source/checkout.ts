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

/** Whether the folder is the root of a git checkout (a linked work tree has a file named `.git`). */
export async function isRepositoryRoot(folder: string): Promise<boolean> {
  return lstat(join(folder, '.git')).then(
    () => true,
    () => false,
  )
}

/**
 * Reads a checkout at its commit, never its work tree: what runs is what can be named. A file under the selected paths
 * that differs from the commit is an error, because somebody expects it to be applied.
 */
export async function readCheckout(
  config: LocalConfig,
  select: SelectFiles,
  options: SourceOptions,
): Promise<SourceTree> {
  const git = openGit(config.path, options)
  const commit = await resolve(git, config)
  options.emit({ type: 'checkout-read', path: config.path, commit })
  const listed = await listTree(git, commit)
  const missing = await missingObjects(git, commit)
  const present = await withTargets(
    git,
    listed.filter(({ oid }) => !missing.has(oid)),
  )
  const found = new Map(present.map((entry) => [entry.path, entry]))
  const entries = listed.map((entry) => found.get(entry.path) ?? entry)
  const selected = select(entries)
  const wanted = entries.filter((entry) => selected.has(entry.path))
  refuseAbsent(wanted, missing)
  const { files, problems } = await readEntries(git, wanted, selected, options.limits)
  const source = { commit, branch: config.upstream?.branch, entries, files, problems }
  // Somebody who names another commit than the checked-out one does not expect the work tree to be read.
  if (config.ref.kind === 'default') throwIfAny(await differences(git, config.path, source, select))
  return source
}

async function resolve(git: Git, { path, ref }: LocalConfig): Promise<CommitSha> {
  for (const revision of revisionsOf(ref)) {
    const commit = await commitAt(git, revision)
    if (commit !== undefined) return commit
  }
  const wanted = ref.kind === 'name' ? `\`${ref.name}\`` : ref.kind === 'commit' ? ref.sha : 'yet'
  throw new Failure({
    code: 'E-GIT-REF',
    message: `The checkout ${path} has no commit ${wanted}.`,
    hint: hint`Check ${option('ref')}; a shallow checkout holds one commit only (\`fetch-depth: 0\` on actions/checkout fetches all).`,
  })
}

/** What a ref may mean here. A name is never tried as it stands: git would take an abbreviated commit id for one. */
function revisionsOf(ref: Ref): string[] {
  if (ref.kind === 'default') return ['HEAD']
  if (ref.kind === 'commit') return [ref.sha]
  if (ref.name.startsWith('refs/')) return [ref.name]
  return ['refs/heads/', 'refs/tags/', 'refs/remotes/origin/'].map((prefix) => `${prefix}${ref.name}`)
}

/** A partial checkout holds some of its files only, and what it lacks could not be fetched here: its login is not ours. */
function refuseAbsent(entries: readonly CommitEntry[], missing: ReadonlySet<string>): void {
  const absent = entries.filter((entry) => missing.has(entry.oid))
  if (absent.length > 0) {
    throw new Failure({
      code: 'E-SOURCE',
      message: `The checkout is partial: it lacks ${absent.length} of the ${entries.length} files to read.`,
      ...(absent[0] === undefined ? {} : { location: { file: absent[0].path } }),
      hint: hint`Check out without \`filter\` and \`sparse-checkout\`, or leave ${option('repository')} out: no checkout step is needed then.`,
    })
  }
}

/** Files of the work tree that differ from the commit. Not `git status`: that runs filters which the checkout configures. */
async function differences(
  git: Git,
  root: string,
  { commit, entries, files }: { commit: string; entries: readonly TreeEntry[]; files: ReadonlyMap<string, Buffer> },
  select: SelectFiles,
): Promise<Diagnostic[]> {
  const problem = (path: string, what: string): Diagnostic => ({
    code: 'E-SOURCE',
    message: `The file is ${what}, and a checkout is read at its commit (${commit.slice(0, 12)}).`,
    location: { file: path },
    hint: hint`Commit the change, or render into a folder outside the checkout and give that folder as ${option('repository')}.`,
  })
  const tracked = new Set(entries.map((entry) => entry.path))
  const submodules = entries.filter((entry) => entry.kind === 'submodule').map((entry) => `${entry.path}/`)
  const disk = (await listFolder(root)).filter((entry) => !submodules.some((below) => entry.path.startsWith(below)))
  const ignored = await ignoredAmong(
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
    // Bytes that are no UTF-8 are lost from a name by now, and no file has what stands for them.
    if (!isManifestPath(path) || path.includes('\uFFFD')) continue
    if (!onDisk.has(path)) {
      if (!isSparse) problems.push(problem(path, 'deleted'))
    } else if (!sameText(bytes, await readFile(join(root, path)))) problems.push(problem(path, 'modified'))
  }
  return problems
}

async function ignoredAmong(git: Git, paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set()
  // Exit code 1 says that none is ignored; git prints nothing then.
  const listing = await git.text(['check-ignore', '--stdin', '-z'], `${paths.join('\0')}\0`)
  return new Set(listing.split('\0').filter((path) => path !== ''))
}

/** Equal but for the line ends that a checkout may convert. */
function sameText(a: Buffer, b: Buffer): boolean {
  const unix = (bytes: Buffer) => bytes.toString('latin1').replaceAll('\r\n', '\n')
  return a.equals(b) || unix(a) === unix(b)
}
