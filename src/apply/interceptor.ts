import { timestamp } from '../clock.ts'
import { diagnosticsOf } from '../diagnostics.ts'
import type { WriteSession } from '../kube/client.ts'
import type { ApplyInterceptor, ApplyResponse } from '../kube/write-proxy.ts'
import { statusMessage } from '../object/api-status.ts'
import { deployerFields, type ManagedFieldsMigration, migrationPatch } from '../object/managed-fields/migration.ts'
import { apiVersionOf } from '../object/manifest.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { ObjectPlan } from '../plan/object-plan.ts'
import { howItFailed, type NotPrepared, type NotSent, type StreamResult } from './apply-result.ts'
import { type ApplySession, indexOf } from './apply-session.ts'
import { deleteForRecreate } from './recreate.ts'
import type { Scheduler } from './scheduler.ts'

/** The interceptor of one stream, with the responses it has received and its decisions not to send an object. */
export interface StreamInterceptor extends Pick<StreamResult, 'responses' | 'notSent'> {
  readonly interceptor: ApplyInterceptor
}

/**
 * Makes the interceptor of a stream. An object is sent once the scheduler lets it pass; objects that depend on a failed one
 * are skipped. Steps before an apply, such as deleting an object that is recreated, are done right before it is sent, so that
 * no object is deleted that is not applied.
 */
export function interceptStream(
  objects: readonly ObjectPlan[],
  scheduler: Scheduler,
  session: ApplySession,
): StreamInterceptor {
  const positions = new Map(objects.map((plan, position) => [plan.manifest.path ?? '', { plan, position }]))
  const responses = new Map<string, ApplyResponse>()
  const notSent = new Map<string, NotSent>()
  const finish = (position: number) => {
    const plan = objects[position]
    if (plan !== undefined) scheduler.done(indexOf(plan.manifest, session))
  }
  let passed = 0
  const interceptor: ApplyInterceptor = {
    onResponse: (response) => {
      responses.set(response.path, response)
      const found = positions.get(response.path)
      if (found === undefined) return
      recordResponse(response, indexOf(found.plan.manifest, session), session)
      finish(found.position)
    },
    reasonNotToSend: async (path) => {
      const found = positions.get(path)
      if (found === undefined) return undefined
      // kubectl leaves out objects that it cannot map; no other object may wait for them.
      for (; passed < found.position; passed += 1) finish(passed)
      await scheduler.of(indexOf(found.plan.manifest, session))
      const decision = await decideToSend(found.plan, session)
      if (decision === undefined) return undefined
      notSent.set(path, decision)
      finish(found.position)
      return decision.message
    },
    shouldRetry: async (response, attempt) => {
      const manifest = positions.get(response.path)?.plan.manifest
      return manifest !== undefined && session.shouldRetry(manifest, indexOf(manifest, session), response, attempt)
    },
  }
  return { interceptor, responses, notSent }
}

function recordResponse(response: ApplyResponse, index: number, session: ApplySession): void {
  const failure = howItFailed(response)
  if (failure !== undefined) session.dependencyFailures.recordFailure(index, failure)
  else session.written.set(index, response.body)
  session.progress.step()
}

/** Returns the result of an object that is not sent; undefined if it is to be sent. */
async function decideToSend(plan: ObjectPlan, session: ApplySession): Promise<NotSent | undefined> {
  const index = indexOf(plan.manifest, session)
  // If kubectl sends an object again, it is already prepared and must not be deleted a second time.
  if (session.written.has(index)) return undefined
  const skipMessage = session.dependencyFailures.skipMessage(index)
  if (skipMessage !== undefined) return { result: 'skipped', message: skipMessage }
  const notSent = await prepare(plan, session)
  if (notSent?.result === 'failed') session.dependencyFailures.recordFailure(index, 'was not applied')
  return notSent
}

/** Deletes an object that is recreated, or migrates its fields. Returns a result if that fails; otherwise undefined. */
async function prepare(plan: ObjectPlan, session: ApplySession): Promise<NotSent | undefined> {
  const { api, options, problems } = session
  const { manifest, result, migration } = plan
  try {
    if (result === 'recreated') {
      const error = await deleteForRecreate(manifest, api, options)
      return error === undefined ? undefined : { result: 'failed', reason: 'RecreateFailed', message: error }
    }
    if (migration === undefined) return undefined
    const error = await migrateFields(migration, manifest, api)
    if (error === undefined) return undefined
    const { reason, message } = error
    return { result: 'failed', reason, message: `its managed fields could not be migrated: ${message}` }
  } catch (error) {
    options.signal.throwIfAborted()
    problems.push(...diagnosticsOf(error))
    return { result: 'failed', reason: 'NotPrepared', message: 'its `managedFields` could not be updated' }
  }
}

const CHANGED_SINCE_PLAN = {
  reason: 'ChangedSincePlan',
  message: 'another deployer changed it after the plan was made; run again',
}

/** How often the patch is attempted: it conflicts if a controller writes the status at the same time. */
const MAX_PATCH_ATTEMPTS = 5

/** Migrates an object's `managedFields`. Returns why that failed; undefined if it succeeded or was not needed. */
async function migrateFields(
  migration: ManagedFieldsMigration,
  manifest: ResolvedManifest,
  api: Pick<WriteSession, 'get' | 'patch'>,
): Promise<Pick<NotPrepared, 'reason' | 'message'> | undefined> {
  const { path = '' } = manifest
  for (let attempt = 1; ; attempt += 1) {
    const { status, body } = await api.get(path)
    const hasChanged =
      migration.kind === 'hand over' && deployerFields(body, apiVersionOf(manifest)) !== migration.deployers
    if (status === 200 && hasChanged) return CHANGED_SINCE_PLAN
    const patch = status === 200 ? migrationPatch(migration, body, apiVersionOf(manifest), timestamp()) : undefined
    if (patch === undefined) return undefined
    const response = await api.patch(path, patch)
    if (response.status < 300) return undefined
    if (response.status !== 409 || attempt === MAX_PATCH_ATTEMPTS)
      return { reason: 'MigrationRejected', message: statusMessage(response) }
  }
}
