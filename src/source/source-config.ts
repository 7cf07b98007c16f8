import type { CommitSha } from './commit-sha.ts'

/** How to read the repository. */
export type SourceConfig = RemoteConfig | LocalConfig

/** Which commit of a repository to read. */
export type Ref =
  | { readonly kind: 'commit'; readonly sha: CommitSha }
  /** A branch or tag by its short name, or a full `refs/...` name. */
  | { readonly kind: 'name'; readonly name: string }
  /** The default branch of the remote. */
  | { readonly kind: 'default' }

/** A repository on a git server. */
export interface RemoteConfig {
  readonly kind: 'remote'
  readonly transport: 'https' | 'ssh'
  readonly url: string
  readonly ref: Ref
  /** The branch of a `ref` that is a commit, as a full name; absent where it is not known. */
  readonly branch?: string
  /** The one authorization header for this URL's origin; absent where there is nothing to send. */
  readonly authorization?: string
  /** A private key for ssh; the runner's own agent is asked where it is absent. */
  readonly sshKey?: string
  /** Lines of a known_hosts file, used instead of the built-in ones. */
  readonly sshKnownHosts?: string
  /** The folder in which bare clones are kept between runs; absent where none should be. */
  readonly cacheDir?: string
}

/** A folder of this machine. */
export interface LocalConfig {
  readonly kind: 'local'
  /** Absolute. */
  readonly path: string
  /** Anything but the default only where the folder is a repository's root. */
  readonly ref: Ref
  /** The folder's path in the job's workspace; absent where it lies elsewhere. */
  readonly workspacePath?: string
  /** Where a checkout of the workflow's own commit comes from, with that commit as its ref. */
  readonly upstream?: RemoteConfig
}
