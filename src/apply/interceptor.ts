import { diagnosticsOf } from '../diagnostics.ts'
import type { ApiClient } from '../kube/client.ts'
import { statusMessage } from '../object/api-status.ts'
import {
  deployerFields,
  type ManagedFieldsMigration,
  migrationPatch,
  timestamp,
} from '../object/managed-fields/migration.ts'
import { apiVersionOf } from '../object/manifest.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { ObjectPlan } from '../plan/object-plan.ts'
import { howItFailed } from './apply-result.ts'
import { type ApplySession, indexOf } from './apply-session.ts'
import type { Interceptor, NotSent } from './kubectl-stream.ts'
import { deleteForRecreate } from './recreate.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * Opens the checkpoint of a stream. Nothing passes before its turn; what depends on a failure is held back; and what has to
 * come before an apply, such as making way for what is made anew, comes when its turn is there, so that nothing is deleted
 * for nothing.
 */
export function makeInterceptor(
  objects: readonly ObjectPlan[],
  scheduler: Scheduler,
  session: ApplySession,
): Interceptor {
  const positions = new Map(objects.map((plan, place) => [plan.manifest.path ?? '', { plan, place }]))
  const asPlanned = (place: number) => {
    const plan = objects[place]
    if (plan !== undefined) scheduler.done(indexOf(plan.manifest, session))
  }
  let passed = 0
  return {
    onResponse: (answer) => {
      const found = positions.get(answer.path)
      const failure = howItFailed(answer)
      if (found === undefined) return
      const index = indexOf(found.plan.manifest, session)
      if (failure !== undefined) session.dependencyFailures.recordFailure(index, failure)
      else session.written.set(index, answer.body)
      session.progress.step()
      asPlanned(found.place)
    },
    reasonNotToSend: async (path) => {
      const found = positions.get(path)
      if (found === undefined) return undefined
      // kubectl passes over what it cannot map: nobody may wait for that.
      for (; passed < found.place; passed += 1) asPlanned(passed)
      const index = indexOf(found.plan.manifest, session)
      await scheduler.of(index)
      // One that kubectl sends again has been prepared, and must not be deleted once more.
      if (session.written.has(index)) return undefined
      const skipMessage = session.dependencyFailures.skipMessage(index)
      const notSent: NotSent | undefined =
        skipMessage === undefined ? await prepare(found.plan, session) : { result: 'skipped', message: skipMessage }
      if (notSent !== undefined) {
        if (notSent.result === 'failed') session.dependencyFailures.recordFailure(index, 'was not applied')
        asPlanned(found.place)
      }
      return notSent
    },
    shouldRetry: async (answer, attempt) => {
      const manifest = positions.get(answer.path)?.plan.manifest
      return manifest !== undefined && session.patience(manifest, indexOf(manifest, session), answer, attempt)
    },
  }
}

/** Does what has to be done before the apply. */
async function prepare(plan: ObjectPlan, session: ApplySession): Promise<NotSent | undefined> {
  const { cluster, options, problems } = session
  const { manifest, result, migration } = plan
  try {
    if (result === 'recreated') {
      const error = await deleteForRecreate(manifest, cluster.api, options)
      return error === undefined ? undefined : { result: 'failed', reason: 'RecreateFailed', message: error }
    }
    if (migration === undefined) return undefined
    const refusal = await prepareFields(migration, manifest, cluster.api)
    if (refusal === undefined) return undefined
    const { reason, message } = refusal
    return { result: 'failed', reason, message: `its fields could not be taken over: ${message}` }
  } catch (error) {
    options.signal.throwIfAborted()
    problems.push(...diagnosticsOf(error))
    return { result: 'failed', reason: 'NotPrepared', message: 'it could not be prepared' }
  }
}

const CHANGED_SINCE_PLAN = {
  reason: 'ChangedSincePlan',
  message: 'its deployer has written it since the plan was made; run again',
}

/** A controller may write the status at any moment, and then the patch has to be made anew. */
const ATTEMPTS = 5

/** Prepares an object's `managedFields`. Returns why that is not possible, or undefined once it is done. */
async function prepareFields(
  migration: ManagedFieldsMigration,
  manifest: ResolvedManifest,
  api: ApiClient,
): Promise<Pick<Extract<NotSent, { result: 'failed' }>, 'reason' | 'message'> | undefined> {
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
    if (answer.status !== 409 || attempt === ATTEMPTS)
      return { reason: 'MigrationRejected', message: statusMessage(answer) }
  }
}
