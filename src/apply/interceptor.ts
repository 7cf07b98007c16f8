import { messageOf } from '../object/api-status.ts'
import type { Api } from '../kube/client.ts'
import { problemsOf } from '../diagnostics.ts'
import { deployersText, type Preparation, preparationPatch, timestamp } from '../object/managed-fields/migration.ts'
import { apiVersionOf } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import type { Action } from '../plan/object-plan.ts'
import { failureOf } from './apply-result.ts'
import { makeWay } from './recreate.ts'
import { indexOf, type Run } from './apply-session.ts'
import type { Checkpoint, Held } from './kubectl-stream.ts'
import type { Turns } from './scheduler.ts'

/**
 * Opens the checkpoint of a stream. Nothing passes before its turn; what depends on a failure is held back; and what has to
 * come before an apply, such as making way for what is made anew, comes when its turn is there, so that nothing is deleted
 * for nothing.
 */
export function openCheckpoint(actions: readonly Action[], turns: Turns, run: Run): Checkpoint {
  const places = new Map(actions.map((action, place) => [action.manifest.path ?? '', { action, place }]))
  const settled = (place: number) => {
    const action = actions[place]
    if (action !== undefined) turns.done(indexOf(action.manifest, run))
  }
  let reached = 0
  return {
    applied: (answer) => {
      const found = places.get(answer.path)
      const failure = failureOf(answer)
      if (found === undefined) return
      const index = indexOf(found.action.manifest, run)
      if (failure !== undefined) run.holds.fail(index, failure)
      else run.written.set(index, answer.body)
      run.progress.step()
      settled(found.place)
    },
    holds: async (path) => {
      const found = places.get(path)
      if (found === undefined) return undefined
      // kubectl passes over what it cannot map: nobody may wait for that.
      for (; reached < found.place; reached += 1) settled(reached)
      const index = indexOf(found.action.manifest, run)
      await turns.of(index)
      // One that kubectl sends again has been prepared, and must not be deleted once more.
      if (run.written.has(index)) return undefined
      const reason = run.holds.reason(index)
      const held: Held | undefined =
        reason === undefined ? await prepare(found.action, run) : { result: 'held back', reason }
      if (held !== undefined) {
        if (held.result === 'failed') run.holds.fail(index, 'was not applied')
        settled(found.place)
      }
      return held
    },
    again: async (answer, attempt) => {
      const manifest = places.get(answer.path)?.action.manifest
      return manifest !== undefined && run.patience(manifest, indexOf(manifest, run), answer, attempt)
    },
  }
}

/** Does what has to be done before the apply. */
async function prepare(action: Action, run: Run): Promise<Held | undefined> {
  const { cluster, options, problems } = run
  const { manifest, result, preparation } = action
  try {
    if (result === 'replaced') {
      const obstacle = await makeWay(manifest, cluster.api, options)
      return obstacle === undefined ? undefined : { result: 'failed', message: obstacle }
    }
    if (preparation === undefined) return undefined
    const refusal = await prepareFields(preparation, manifest, cluster.api)
    return refusal === undefined
      ? undefined
      : { result: 'failed', message: `its fields could not be taken over: ${refusal}` }
  } catch (error) {
    options.signal.throwIfAborted()
    problems.push(...problemsOf(error))
    return { result: 'failed', message: 'it could not be prepared' }
  }
}

/** A controller may write the status at any moment, and then the patch has to be made anew. */
const ATTEMPTS = 5

/** Prepares an object's `managedFields`. Returns why that is not possible. */
async function prepareFields(
  preparation: Preparation,
  manifest: PlacedManifest,
  api: Api,
): Promise<string | undefined> {
  const { path = '' } = manifest
  for (let attempt = 1; ; attempt += 1) {
    const { status, body } = await api.get(path)
    const isOther =
      preparation.kind === 'hand over' && deployersText(body, apiVersionOf(manifest)) !== preparation.deployers
    if (status === 200 && isOther) return 'its deployer has written it since the plan was made; run again'
    const patch = status === 200 ? preparationPatch(preparation, body, apiVersionOf(manifest), timestamp()) : undefined
    if (patch === undefined) return undefined
    const answer = await api.patch(path, patch)
    if (answer.status < 300) return undefined
    if (answer.status !== 409 || attempt === ATTEMPTS) return messageOf(answer)
  }
}
