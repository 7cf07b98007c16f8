import type { Environment } from '../process.ts'

/** What options are read from, and what their defaults depend on: a plain value that any entry point can make. */
export interface RunnerFacts {
  /** The text given for an option; undefined where none was. */
  readonly input: (name: string) => string | undefined
  /** The URL of the GitHub server. */
  readonly serverUrl: string
  /** The workflow's own repository, as `owner/name`; empty outside of a workflow, like all that follow. */
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
  /** The folder against which relative folders are resolved; absolute. */
  readonly workspace: string
  /** A folder for temporary files. */
  readonly tempDir: string
  /** The environment of this process. */
  readonly environment: Environment
}
