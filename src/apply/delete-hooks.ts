import { stringField } from '../json.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { statusMessage } from '../object/api-status.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { type ApplySession, indexOf } from './apply-session.ts'

/** Deletes hooks whose delete policy matches how they ended, with their dependents. */
export async function deleteFinishedHooks(hooks: readonly ResolvedManifest[], session: ApplySession): Promise<void> {
  const { api, dependencyFailures, options } = session
  await Promise.all(
    hooks.filter(runsToCompletion).map(async (hook) => {
      const outcome = dependencyFailures.hasFailed(indexOf(hook, session)) ? 'HookFailed' : 'HookSucceeded'
      if (!hook.options.hook.deletePolicies.includes(outcome)) return
      const { status, body } = await api.get(hook.path ?? '')
      const uid = stringField(body, 'metadata', 'uid')
      if (status !== 200 || uid === undefined) return
      const response = await api.remove(hook.path ?? '', { uid })
      const failure = response.status < 300 ? {} : { message: statusMessage(response) }
      options.emit({ type: 'hook-delete', id: hook.id, policy: outcome, ...failure })
    }),
  )
}
