import type { ClusterConfig } from '../kube/cluster-config.ts'
import type { Environment } from '../process.ts'
import type { ReadLimits } from '../read-limits.ts'
import type { SourceConfig } from '../source/source-config.ts'
import type { SetConfig } from './set-config.ts'

/** The validated configuration of a run. Nothing else in a run reads options or the environment. */
export interface Config {
  readonly source: SourceConfig
  readonly readLimits: ReadLimits
  readonly cluster: ClusterConfig
  /** The sets to reconcile, all from this source and in this cluster. */
  readonly sets: readonly [SetConfig, ...SetConfig[]]
  /** The workflow's own repository, as `owner/name`; empty outside of a workflow. */
  readonly ownRepository: string
  /** The environment of this process, from which those of child processes are derived. */
  readonly environment: Environment
  /** The name of this run in the inventory and in the lock: its URL, if it has one. */
  readonly runName: string
  /** The folder in which the run creates its private folder and its report. */
  readonly tempDir: string
  /** Values of options that must not appear in any output. */
  readonly secrets: readonly string[]
}
