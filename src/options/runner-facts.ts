import type { Environment } from '../process.ts'

/** What options are read from, and what their defaults depend on. */
export interface RunnerFacts {
  /** The text of an option; undefined if it is not set. */
  readonly input: (name: string) => string | undefined
  /** The URL of the GitHub server. */
  readonly serverUrl: string
  /**
   * The workflow's own repository, as `owner/name`; empty outside a workflow, like the following ones up to `runUrl`.
   */
  readonly repository: string
  /** The commit that started the run. */
  readonly sha: string
  /** The branch or tag that started the run, as a full name. */
  readonly ref: string
  /** The name of the event that started the run. */
  readonly event: string
  readonly runUrl: string
  /** A folder that is kept between jobs. */
  readonly toolCache: string
  /** The absolute path against which relative folders are resolved. */
  readonly workspace: string
  /** A folder for temporary files. */
  readonly tempDir: string
  /** The environment of this process. */
  readonly environment: Environment
}
