import { type Diagnostic, Failure, throwIfAny } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { ReadLimits } from '../read-limits.ts'
import { checkSizes } from '../size-limits.ts'
import type { CommitSha } from './commit-sha.ts'
import type { Git } from './git.ts'
import type { Ref } from './source-config.ts'
import type { SourceEvent } from './source-event.ts'
import type { FilePurpose, SourceTree, TreeEntry } from './source-tree.ts'

/** A file, link or submodule of a commit. */
export interface CommitEntry extends TreeEntry {
  /** The id of the object with the content; for a submodule, that of a commit in another repository. */
  readonly oid: string
}

/** The name of the only remote of a clone. */
export const REMOTE = 'origin'

/** Initialises an empty bare repository in the folder of `git`, with `url` as its remote. */
export async function initialise(git: Git, url: string): Promise<void> {
  await git.text(['init', '--bare', '--quiet'])
  await git.text(['remote', 'add', REMOTE, '--', url])
}

/**
 * A commit and the branch that it is the tip of, as a full name or `HEAD`; the branch is undefined for any other ref.
 */
export interface FetchedCommit {
  readonly commit: CommitSha
  readonly branch: string | undefined
}

/**
 * Fetches the commit that `ref` names on the remote, without history, and returns it. With `blobless`, file contents are
 * not fetched until `fetchMissing`, which requires a server with version 2 of git's protocol. Emits `fetched`. Raises
 * E-GIT-REF if the remote has no such commit, or `ref` is ambiguous.
 */
export async function fetchCommit(
  git: Git,
  ref: Ref,
  blobless: boolean,
  emit: (event: SourceEvent) => void,
): Promise<FetchedCommit> {
  const target =
    ref.kind === 'commit' ? { source: ref.sha, sha: ref.sha, name: 'commit' } : await resolveRemote(git, ref)
  const branch = /^(HEAD$|refs\/heads\/)/.test(target.source) ? target.source : undefined
  const local = `refs/fairlead/${target.name}`
  const before = await commitAt(git, local)
  if (before === target.sha) {
    emit({ type: 'fetched', commit: before, previous: before })
    return { commit: before, branch }
  }
  const options = ['--progress', '--depth=1', '--no-tags', '--no-write-fetch-head', '--recurse-submodules=no']
  if (blobless) options.push('--filter=blob:none')
  await git.text(['fetch', ...options, REMOTE, `+${target.source}:${local}`])
  const after = await commitAt(git, local)
  if (after === undefined) {
    throw new Failure({
      code: 'E-GIT-REF',
      reason: 'NotACommit',
      message: `${target.source} is not a commit.`,
      hint: hint`Check ${option('ref')}.`,
    })
  }
  emit({ type: 'fetched', commit: after, ...(before === undefined ? {} : { previous: before }) })
  return { commit: after, branch }
}

/** Returns the commit that `revision` names in the local repository; undefined if there is none. */
export async function commitAt(git: Git, revision: string): Promise<CommitSha | undefined> {
  const sha = await git
    .text(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`])
    .catch((error: unknown) => {
      if (error instanceof Failure) return ''
      throw error
    })
  return sha === '' ? undefined : (sha as CommitSha)
}

/** The maximum number of branches in the hint about an unknown ref. */
const MAX_BRANCHES = 10

async function resolveRemote(
  git: Git,
  ref: Exclude<Ref, { kind: 'commit' }>,
): Promise<{ source: string; sha: CommitSha; name: string }> {
  if (ref.kind === 'default') return resolveDefault(git)
  const fullNames = ref.name.startsWith('refs/') ? [ref.name] : [`refs/heads/${ref.name}`, `refs/tags/${ref.name}`]
  const remote = await listRemote(
    git,
    fullNames.flatMap((name) => [name, `${name}^{}`]),
  )
  const [source, other] = fullNames.filter((name) => remote.has(name))
  if (source === undefined) {
    const branches = [...(await listRemote(git, ['refs/heads/*'])).keys()].map((name) =>
      name.slice('refs/heads/'.length),
    )
    const examples = branches.slice(0, MAX_BRANCHES).join(', ') || 'none'
    throw new Failure({
      code: 'E-GIT-REF',
      reason: 'RefNotFound',
      message: `The repository has no branch or tag \`${ref.name}\`.`,
      hint: hint`Check ${option('ref')}. Branches of the repository: ${examples}${branches.length > MAX_BRANCHES ? ', ...' : ''}.`,
    })
  }
  if (other !== undefined) {
    throw new Failure({
      code: 'E-GIT-REF',
      reason: 'RefAmbiguous',
      message: `\`${ref.name}\` is both a branch and a tag.`,
      hint: hint`Set ${option('ref', source)} or ${option('ref', other)}.`,
    })
  }
  const sha = remote.get(`${source}^{}`) ?? remote.get(source)
  if (sha === undefined) throw new Error(`The remote lists no commit for ${source}.`)
  return { source, sha, name: source.slice('refs/'.length) }
}

async function resolveDefault(git: Git): Promise<{ source: string; sha: CommitSha; name: string }> {
  const remote = await listRemote(git, ['HEAD'])
  const sha = remote.get('HEAD')
  if (sha === undefined) {
    throw new Failure({
      code: 'E-GIT-REF',
      reason: 'NoDefaultBranch',
      message: 'The repository has no default branch: it is empty, or its HEAD names a branch that does not exist.',
      hint: hint`Push a commit, or set ${option('ref')} to a branch.`,
    })
  }
  return { source: 'HEAD', sha, name: 'default' }
}

/** Returns the refs of the remote that match patterns, with their commits. */
export async function listRemote(git: Git, patterns: readonly string[]): Promise<Map<string, CommitSha>> {
  const lines = (await git.text(['ls-remote', '--', REMOTE, ...patterns])).split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const [sha, name] = line.split('\t')
      return [name ?? '', sha as CommitSha]
    }),
  )
}

/** Lists the files, links and submodules of a commit, in byte order of the paths. Raises E-SOURCE for unsafe paths. */
export async function listTree(git: Git, commit: CommitSha): Promise<CommitEntry[]> {
  const listing = await git.text(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit])
  const entries = listing
    .split('\0')
    .filter((record) => record !== '')
    .map((record): CommitEntry => {
      const tab = record.indexOf('\t')
      const [mode, , oid] = record.slice(0, tab).split(' ')
      const kind = mode === '120000' ? 'link' : mode === '160000' ? 'submodule' : 'file'
      return { path: record.slice(tab + 1), kind, oid: oid ?? '' }
    })
  throwIfAny(entries.filter(({ path }) => isUnsafe(path)).map(({ path }) => unsafePath(path)))
  return entries
}

/** Whether a path could lead outside its folder or into `.git`. Git creates no such trees, but transfers them. */
function isUnsafe(path: string): boolean {
  return path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')
}

function unsafePath(path: string): Diagnostic {
  const message = 'The commit contains a path that git does not allow in a checkout.'
  const hint = 'Find out who created this commit: git does not create such paths by itself.'
  return { code: 'E-SOURCE', reason: 'UnsafePath', message, location: { file: path }, hint }
}

/**
 * Fetches the missing contents of entries of a commit in one request. Otherwise git would fetch each one when it is read.
 */
export async function fetchMissing(git: Git, commit: CommitSha, entries: readonly CommitEntry[]): Promise<void> {
  const missing = await missingObjects(git, commit)
  const oids = [...new Set(entries.map((entry) => entry.oid))].filter((oid) => missing.has(oid))
  if (oids.length === 0) return
  const options = [
    '--progress',
    '--no-tags',
    '--no-write-fetch-head',
    '--recurse-submodules=no',
    '--filter=blob:none',
    '--stdin',
  ]
  await git.text(['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', ...options, REMOTE], `${oids.join('\n')}\n`)
}

/** Returns the ids of the objects of a commit that the local repository lacks, without fetching any. */
export async function missingObjects(git: Git, commit: CommitSha): Promise<Set<string>> {
  const options = ['--objects', '--missing=print', '--no-object-names', '--max-count=1', '--end-of-options']
  const listing = await git.text(['rev-list', ...options, commit])
  return new Set(listing.split('\n').flatMap((line) => (line.startsWith('?') ? [line.slice(1)] : [])))
}

/**
 * Reads the contents of the selected entries of a commit. Manifests that exceed a limit are not read, and reported as
 * problems. Raises E-SOURCE if a content is missing.
 */
export async function readEntries(
  git: Git,
  entries: readonly CommitEntry[],
  selected: ReadonlyMap<string, FilePurpose>,
  limits: ReadLimits,
): Promise<Pick<SourceTree, 'files' | 'problems'>> {
  const manifests = entries.filter(({ path }) => selected.get(path) === 'manifest')
  const { paths, problems } = checkSizes(await sizesOf(git, manifests), limits)
  const readable = entries.filter(({ path }) => paths.has(path) || selected.get(path) === 'build')
  const objects = await readObjects(git, new Set(readable.map(({ oid }) => oid)))
  return { files: new Map(readable.map(({ path, oid }) => [path, objects.get(oid) ?? Buffer.alloc(0)])), problems }
}

/** Returns the entries of a commit, with the targets of links. The target of a link is at most as long as a path. */
export async function withTargets(git: Git, entries: readonly CommitEntry[]): Promise<CommitEntry[]> {
  const links = entries.filter(({ kind }) => kind === 'link')
  const sizes = await sizesOf(git, links)
  const targets = await readObjects(
    git,
    new Set(links.filter(({ path }) => (sizes.get(path) ?? 0) <= MAX_PATH_BYTES).map(({ oid }) => oid)),
  )
  return entries.map((entry) => {
    const target = entry.kind === 'link' ? targets.get(entry.oid) : undefined
    return target === undefined ? entry : { ...entry, target: target.toString('utf8') }
  })
}

/** The longest path on Linux, in bytes. */
const MAX_PATH_BYTES = 4096

/** Returns the sizes of files in bytes, by path, without reading them. */
async function sizesOf(git: Git, entries: readonly CommitEntry[]): Promise<Map<string, number>> {
  if (entries.length === 0) return new Map()
  const oids = [...new Set(entries.map(({ oid }) => oid))]
  const listing = await git.text(['cat-file', '--batch-check=%(objectname) %(objectsize)'], `${oids.join('\n')}\n`)
  const sizes = new Map(listing.split('\n').map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]))
  return new Map(entries.map(({ path, oid }) => [path, sizes.get(oid) || 0]))
}

/** Reads objects with `git cat-file --batch`, which prints a line with id, type and size before each content. */
async function readObjects(git: Git, oids: ReadonlySet<string>): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>()
  if (oids.size === 0) return contents
  const batch = await git.catFile(`${[...oids].join('\n')}\n`)
  for (let position = 0; position < batch.length; ) {
    const lineEnd = batch.indexOf('\n', position)
    const [oid = '', type, size] = batch.toString('latin1', position, lineEnd).split(' ')
    if (type === 'missing' || size === undefined) {
      throw new Failure({
        code: 'E-SOURCE',
        reason: 'ObjectMissing',
        message: `The repository lacks the object ${oid}.`,
      })
    }
    const start = lineEnd + 1
    contents.set(oid, batch.subarray(start, start + Number(size)))
    position = start + Number(size) + 1
  }
  return contents
}
