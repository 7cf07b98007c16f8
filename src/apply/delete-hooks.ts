import { stringField } from '../json.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { statusMessage } from '../object/api-status.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { type ApplySession, indexOf } from './apply-session.ts'

/** Deletes hooks that have ended in the way in which they are to go, with what depends on them. */
export async function deleteFinishedHooks(hooks: readonly ResolvedManifest[], session: ApplySession): Promise<void> {
  const { api, dependencyFailures, options } = session
  await Promise.all(
    hooks.filter(runsToCompletion).map(async (hook) => {
      const end = dependencyFailures.hasFailed(indexOf(hook, session)) ? 'HookFailed' : 'HookSucceeded'
      if (!hook.options.hook.deletePolicies.includes(end)) return
      const { status, body } = await api.get(hook.path ?? '')
      const uid = stringField(body, 'metadata', 'uid')
      if (status !== 200 || uid === undefined) return
      const answer = await api.remove(hook.path ?? '', { uid })
      const failure = answer.status < 300 ? {} : { message: statusMessage(answer) }
      options.emit({ type: 'hook-delete', id: hook.id, policy: end, ...failure })
    }),
  )
}
