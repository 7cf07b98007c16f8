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
  /** The branch of a `ref` that is a commit, as a full name; absent if it is not known. */
  readonly branch?: string
  /** The authorization header for the origin of the URL; absent if there are no credentials. */
  readonly authorization?: string
  /** A private key for ssh; if absent, the ssh agent of the runner is used. */
  readonly sshKey?: string
  /** Lines of a known_hosts file that replace the built-in ones. */
  readonly sshKnownHosts?: string
  /** The folder in which bare clones are kept between runs; absent if none are kept. */
  readonly cacheDir?: string
}

/** A folder on this machine. */
export interface LocalConfig {
  readonly kind: 'local'
  /** An absolute path. */
  readonly path: string
  /** Only the default is valid unless the folder is the root of a repository. */
  readonly ref: Ref
  /** The path relative to the workspace of the job; absent if the folder is outside. */
  readonly workspacePath?: string
  /** The workflow's own repository at the workflow's own commit, of which the folder may be a checkout. */
  readonly upstream?: RemoteConfig
}
