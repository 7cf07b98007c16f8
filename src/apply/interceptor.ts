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

/** An interceptor of one stream, and what it has heard and decided so far. */
export interface StreamInterceptor extends Pick<StreamResult, 'responses' | 'notSent'> {
  readonly interceptor: ApplyInterceptor
}

/**
 * Makes the interceptor of a stream. No object is sent before its turn; what depends on a failure is skipped; and what has to
 * be done before an apply, such as the deletion of an object that is recreated, is done when its turn comes, so that nothing
 * is deleted in vain.
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
    onResponse: (answer) => {
      responses.set(answer.path, answer)
      const found = positions.get(answer.path)
      if (found === undefined) return
      recordResponse(answer, indexOf(found.plan.manifest, session), session)
      finish(found.position)
    },
    reasonNotToSend: async (path) => {
      const found = positions.get(path)
      if (found === undefined) return undefined
      // kubectl leaves out what it cannot map: no object may wait for that.
      for (; passed < found.position; passed += 1) finish(passed)
      await scheduler.of(indexOf(found.plan.manifest, session))
      const decision = await decideToSend(found.plan, session)
      if (decision === undefined) return undefined
      notSent.set(path, decision)
      finish(found.position)
      return decision.message
    },
    shouldRetry: async (answer, attempt) => {
      const manifest = positions.get(answer.path)?.plan.manifest
      return manifest !== undefined && session.shouldRetry(manifest, indexOf(manifest, session), answer, attempt)
    },
  }
  return { interceptor, responses, notSent }
}

function recordResponse(answer: ApplyResponse, index: number, session: ApplySession): void {
  const failure = howItFailed(answer)
  if (failure !== undefined) session.dependencyFailures.recordFailure(index, failure)
  else session.written.set(index, answer.body)
  session.progress.step()
}

/** What becomes of an object whose turn has come and that is not sent; undefined where it is. */
async function decideToSend(plan: ObjectPlan, session: ApplySession): Promise<NotSent | undefined> {
  const index = indexOf(plan.manifest, session)
  // One that kubectl sends again has been prepared, and must not be deleted once more.
  if (session.written.has(index)) return undefined
  const skipMessage = session.dependencyFailures.skipMessage(index)
  if (skipMessage !== undefined) return { result: 'skipped', message: skipMessage }
  const notSent = await prepare(plan, session)
  if (notSent?.result === 'failed') session.dependencyFailures.recordFailure(index, 'was not applied')
  return notSent
}

/** Does what has to be done before the apply; undefined where it may be sent. */
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
    return { result: 'failed', reason, message: `its fields could not be migrated: ${message}` }
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

/** A controller may write the status at any moment; then the patch is made again, at most so many times in all. */
const MAX_PATCH_ATTEMPTS = 5

/** Migrates an object's `managedFields`. Returns why that is not possible; undefined where it is done. */
async function migrateFields(
  migration: ManagedFieldsMigration,
  manifest: ResolvedManifest,
  api: Pick<WriteSession, 'get' | 'patch'>,
): Promise<Pick<NotPrepared, 'reason' | 'message'> | undefined> {
  const { path = '' } = manifest
  for (let attempt = 1; ; attempt += 1) {
    const { status, body } = await api.get(path)
    const isOther =
      migration.kind === 'hand over' && deployerFields(body, apiVersionOf(manifest)) !== migration.deployers
    if (status === 200 && isOther) return CHANGED_SINCE_PLAN
    const patch = status === 200 ? migrationPatch(migration, body, apiVersionOf(manifest), timestamp()) : undefined
    if (patch === undefined) return undefined
    const answer = await api.patch(path, patch)
    if (answer.status < 300) return undefined
    if (answer.status !== 409 || attempt === MAX_PATCH_ATTEMPTS)
      return { reason: 'MigrationRejected', message: statusMessage(answer) }
  }
}
