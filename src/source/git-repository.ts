import { type Diagnostic, Failure, throwIfAny } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { checkSizes } from '../manifests/size-limits.ts'
import type { ReadLimits } from '../read-limits.ts'
import type { CommitSha } from './commit-sha.ts'
import type { Git } from './git.ts'
import type { Ref } from './source-config.ts'
import type { SourceEvent } from './source-event.ts'
import type { FilePurpose, SourceTree, TreeEntry } from './source-tree.ts'

/** A file, link or submodule of a commit. */
export interface CommitEntry extends TreeEntry {
  /** The object that holds the content; a submodule's is a commit elsewhere. */
  readonly oid: string
}

/** What the one remote of a repository of ours is called. */
export const REMOTE = 'origin'

/** Makes an empty bare repository of git's folder, with `url` as its remote. */
export async function initialise(git: Git, url: string): Promise<void> {
  await git.text(['init', '--bare', '--quiet'])
  await git.text(['remote', 'add', REMOTE, '--', url])
}

/** A commit, and the branch that it is the tip of, as a full name or `HEAD`; undefined for any other ref. */
export interface FetchedCommit {
  readonly commit: CommitSha
  readonly branch: string | undefined
}

/**
 * Fetches the one commit that `ref` means on the remote, without history, and returns it. With `blobless` file contents
 * stay behind until `fetchMissing` asks for them, which takes a server that speaks version 2 of git's protocol.
 * Emits whether anything moved. Raises E-GIT-REF when the remote has no such commit, or has it twice.
 */
export async function fetchCommit(
  git: Git,
  ref: Ref,
  blobless: boolean,
  emit: (event: SourceEvent) => void,
): Promise<FetchedCommit> {
  const wanted =
    ref.kind === 'commit' ? { source: ref.sha, sha: ref.sha, name: 'commit' } : await resolveRemote(git, ref)
  const branch = /^(HEAD$|refs\/heads\/)/.test(wanted.source) ? wanted.source : undefined
  const local = `refs/fairlead/${wanted.name}`
  const before = await commitAt(git, local)
  if (before === wanted.sha) {
    emit({ type: 'fetched', commit: before, previous: before })
    return { commit: before, branch }
  }
  const options = ['--progress', '--depth=1', '--no-tags', '--no-write-fetch-head', '--recurse-submodules=no']
  if (blobless) options.push('--filter=blob:none')
  await git.text(['fetch', ...options, REMOTE, `+${wanted.source}:${local}`])
  const after = await commitAt(git, local)
  if (after === undefined) {
    throw new Failure({
      code: 'E-GIT-REF',
      message: `${wanted.source} is no commit.`,
      hint: hint`Check ${option('ref')}.`,
    })
  }
  emit({ type: 'fetched', commit: after, ...(before === undefined ? {} : { previous: before }) })
  return { commit: after, branch }
}

/** The commit that `revision` means in the repository itself; undefined where there is none. */
export async function commitAt(git: Git, revision: string): Promise<CommitSha | undefined> {
  const sha = await git
    .text(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`])
    .catch((error: unknown) => {
      if (error instanceof Failure) return ''
      throw error
    })
  return sha === '' ? undefined : (sha as CommitSha)
}

async function resolveRemote(
  git: Git,
  ref: Exclude<Ref, { kind: 'commit' }>,
): Promise<{ source: string; sha: CommitSha; name: string }> {
  if (ref.kind === 'default') return resolveDefault(git)
  const full = ref.name.startsWith('refs/') ? [ref.name] : [`refs/heads/${ref.name}`, `refs/tags/${ref.name}`]
  const remote = await listRemote(
    git,
    full.flatMap((name) => [name, `${name}^{}`]),
  )
  const [source, other] = full.filter((name) => remote.has(name))
  if (source === undefined) {
    const branches = [...(await listRemote(git, ['refs/heads/*'])).keys()].map((name) =>
      name.slice('refs/heads/'.length),
    )
    const some = branches.slice(0, 10).join(', ') || 'none'
    throw new Failure({
      code: 'E-GIT-REF',
      message: `The repository has no branch or tag \`${ref.name}\`.`,
      hint: hint`Check ${option('ref')}. Branches there: ${some}${branches.length > 10 ? ', ...' : ''}.`,
    })
  }
  if (other !== undefined) {
    throw new Failure({
      code: 'E-GIT-REF',
      message: `\`${ref.name}\` is a branch and a tag.`,
      hint: hint`Write ${option('ref', source)} or ${option('ref', other)}.`,
    })
  }
  const sha = remote.get(`${source}^{}`) ?? remote.get(source)
  if (sha === undefined) throw new Error(`no commit for ${source}`)
  return { source, sha, name: source.slice('refs/'.length) }
}

async function resolveDefault(git: Git): Promise<{ source: string; sha: CommitSha; name: string }> {
  const remote = await listRemote(git, ['HEAD'])
  const sha = remote.get('HEAD')
  if (sha === undefined) {
    throw new Failure({
      code: 'E-GIT-REF',
      message: 'The repository has no default branch: it is empty, or its HEAD points nowhere.',
      hint: hint`Push a first commit, or name a branch with ${option('ref')}.`,
    })
  }
  return { source: 'HEAD', sha, name: 'default' }
}

/** The refs of the remote that match patterns, each with its commit. */
export async function listRemote(git: Git, patterns: readonly string[]): Promise<Map<string, CommitSha>> {
  const lines = (await git.text(['ls-remote', '--', REMOTE, ...patterns])).split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const [sha, name] = line.split('\t')
      return [name ?? '', sha as CommitSha]
    }),
  )
}

/** Every file, link and submodule of a commit, in git's own order (by bytes of the path). Raises E-SOURCE for unsafe paths. */
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
  throwIfAny(entries.filter(({ path }) => isUnsafe(path)).map(({ path }) => unsafe(path)))
  return entries
}

/** Whether a path leads elsewhere than it says. Git itself makes no such trees, but carries them. */
function isUnsafe(path: string): boolean {
  return path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')
}

function unsafe(path: string): Diagnostic {
  const message = 'The commit holds a path that no checkout may have.'
  const hint = 'Nobody makes such a commit by accident: look at who did.'
  return { code: 'E-SOURCE', message, location: { file: path }, hint }
}

/**
 * Fetches, in one request, the contents of those of a commit's files that the repository does not hold yet. Without it
 * git would fetch each one by itself at the moment it is read.
 */
export async function fetchMissing(git: Git, commit: CommitSha, entries: readonly CommitEntry[]): Promise<void> {
  const missing = await missingObjects(git, commit)
  const wanted = [...new Set(entries.map((entry) => entry.oid))].filter((oid) => missing.has(oid))
  if (wanted.length === 0) return
  const options = [
    '--progress',
    '--no-tags',
    '--no-write-fetch-head',
    '--recurse-submodules=no',
    '--filter=blob:none',
    '--stdin',
  ]
  await git.text(['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', ...options, REMOTE], `${wanted.join('\n')}\n`)
}

/** The objects of a commit that the repository does not hold; nothing is fetched to find out. */
export async function missingObjects(git: Git, commit: CommitSha): Promise<Set<string>> {
  const options = ['--objects', '--missing=print', '--no-object-names', '--max-count=1', '--end-of-options']
  const listing = await git.text(['rev-list', ...options, commit])
  return new Set(listing.split('\n').flatMap((line) => (line.startsWith('?') ? [line.slice(1)] : [])))
}

/**
 * Reads the contents of those of a commit's entries that are selected, byte for byte; manifests that pass a limit are
 * problems and stay unread. Raises E-SOURCE when one is missing.
 */
export async function readEntries(
  git: Git,
  entries: readonly CommitEntry[],
  selected: ReadonlyMap<string, FilePurpose>,
  limits: ReadLimits,
): Promise<Pick<SourceTree, 'files' | 'problems'>> {
  const manifests = entries.filter(({ path }) => selected.get(path) === 'manifest')
  const { paths, problems } = checkSizes(await sizesOf(git, manifests), limits)
  const within = entries.filter(({ path }) => paths.has(path) || selected.get(path) === 'build')
  const objects = await readObjects(git, new Set(within.map(({ oid }) => oid)))
  return { files: new Map(within.map(({ path, oid }) => [path, objects.get(oid) ?? Buffer.alloc(0)])), problems }
}

/** The entries of a commit, its links with what they point to. What a link points to is at most a path long. */
export async function withTargets(git: Git, entries: readonly CommitEntry[]): Promise<CommitEntry[]> {
  const links = entries.filter(({ kind }) => kind === 'link')
  const sizes = await sizesOf(git, links)
  const targets = await readObjects(
    git,
    new Set(links.filter(({ path }) => (sizes.get(path) ?? 0) <= LONGEST_PATH).map(({ oid }) => oid)),
  )
  return entries.map((entry) => {
    const target = entry.kind === 'link' ? targets.get(entry.oid) : undefined
    return target === undefined ? entry : { ...entry, target: target.toString('utf8') }
  })
}

/** As long as a path may be on Linux, in bytes. */
const LONGEST_PATH = 4096

/** The sizes of files in bytes, by path, without reading them. */
async function sizesOf(git: Git, entries: readonly CommitEntry[]): Promise<Map<string, number>> {
  if (entries.length === 0) return new Map()
  const oids = [...new Set(entries.map(({ oid }) => oid))]
  const listing = await git.text(['cat-file', '--batch-check=%(objectname) %(objectsize)'], `${oids.join('\n')}\n`)
  const sizes = new Map(listing.split('\n').map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]))
  return new Map(entries.map(({ path, oid }) => [path, sizes.get(oid) || 0]))
}

/** Parses what `git cat-file --batch` prints: a line with id, type and size before each content. */
async function readObjects(git: Git, oids: ReadonlySet<string>): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>()
  if (oids.size === 0) return contents
  const batch = await git.catFile(`${[...oids].join('\n')}\n`)
  for (let position = 0; position < batch.length; ) {
    const lineEnd = batch.indexOf('\n', position)
    const [oid = '', type, size] = batch.toString('latin1', position, lineEnd).split(' ')
    if (type === 'missing' || size === undefined) {
      throw new Failure({ code: 'E-SOURCE', message: `The repository lacks the object ${oid}.` })
    }
    const start = lineEnd + 1
    contents.set(oid, batch.subarray(start, start + Number(size)))
    position = start + Number(size) + 1
  }
  return contents
}
