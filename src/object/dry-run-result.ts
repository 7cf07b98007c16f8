import type { Json, JsonObject } from '../json.ts'
import type { ApiRejection } from './api-rejection.ts'
import type { ApplyPayload } from './managed-fields/apply-payload.ts'

/**
 * Who judged what an apply would do: the server, by a dry run of the object itself (`server`) or of a copy in a namespace
 * that exists already (`copy`); or nobody yet, because the server does not know the kind (`kind`), may not be asked
 * (`forbidden`), or has no namespace in which a copy can be tried (`nobody`).
 */
export type CheckedBy = 'server' | 'copy' | 'kind' | 'forbidden' | 'nobody'

/** What applying a manifest would do. */
export type DryRunResult = DryRunAnswer & (AbsentObject | ExistingObject)

/** There is no object yet. */
export interface AbsentObject {
  readonly live: undefined
  /** The object as the server would create it; undefined where it refuses, or was not asked about the object itself. */
  readonly predicted: Json | undefined
  readonly isPredictedByServer: boolean
}

/** There is an object, and this is what an apply would make of it. */
export interface ExistingObject {
  /** The object as it is. */
  readonly live: Json
  /** The object as it would be. */
  readonly predicted: Json
  /** Whether the server predicted that; otherwise it is merged locally, without defaults and webhooks, and proves nothing. */
  readonly isPredictedByServer: boolean
}

/** What is sent, and what the server says about it. */
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
