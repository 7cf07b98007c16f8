import type { Json, JsonObject } from '../json.ts'
import type { ApiRejection } from './api-rejection.ts'
import type { ApplyPayload } from './managed-fields/apply-payload.ts'

/**
 * How a planned change was checked: by a dry run of the object itself (`server`), or of a copy in an existing namespace (`copy`). Or
 * not yet, because the server does not serve the kind (`kind`), the credentials may not dry-run (`forbidden`), or there is no
 * namespace in which a copy can be tried (`none`).
 */
export type CheckedBy = 'server' | 'copy' | 'kind' | 'forbidden' | 'none'

/** The effect of applying a manifest. */
export type DryRunResult = DryRunAnswer & (AbsentObject | ExistingObject)

/** There is no object yet. */
export interface AbsentObject {
  readonly live: undefined
  /** The object as the server would create it; undefined if it rejects it, or was not asked about the object itself. */
  readonly predicted: Json | undefined
  readonly isPredictedByServer: boolean
}

/** There is an object, and an apply would change it like this. */
export interface ExistingObject {
  /** The object as it is. */
  readonly live: Json
  /** The object as it would be. */
  readonly predicted: Json
  /** Whether the server predicted that; otherwise it is merged locally, without defaults and webhooks, and proves nothing. */
  readonly isPredictedByServer: boolean
}

/** The payload, and the server's answer to its dry run. */
export interface DryRunAnswer extends ApplyPayload {
  readonly checkedBy: CheckedBy
  /** Whether the fields of another deployer are migrated to our field manager first. */
  readonly migratesManagedFields?: boolean
  /** What would be sent to recreate the object, and why that is rejected; only for objects that may be recreated. */
  readonly recreate?: { readonly object: JsonObject; readonly rejection?: ApiRejection }
  readonly warnings: readonly string[]
  /** The server's answer where it rejects the apply. */
  readonly rejection?: ApiRejection
}
