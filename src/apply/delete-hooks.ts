import { stringField } from '../json.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { statusMessage } from '../object/api-status.ts'
import { formatId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { type ApplySession, indexOf } from './apply-session.ts'

/** Deletes hooks that have ended in the way in which they are to go, with what depends on them. */
export async function deleteFinishedHooks(hooks: readonly ResolvedManifest[], session: ApplySession): Promise<void> {
  const { cluster, dependencyFailures, options } = session
  await Promise.all(
    hooks.filter(runsToCompletion).map(async (hook) => {
      const end = dependencyFailures.hasFailed(indexOf(hook, session)) ? 'HookFailed' : 'HookSucceeded'
      if (!hook.options.hook.deletePolicies.includes(end)) return
      const { status, body } = await cluster.api.get(hook.path ?? '')
      const uid = stringField(body, 'metadata', 'uid')
      if (status !== 200 || uid === undefined) return
      const answer = await cluster.api.remove(hook.path ?? '', { uid })
      const name = formatId(hook.id)
      if (answer.status < 300) options.log(`Deleting ${name}, which has ended, as its policy ${end} says.`)
      else options.log(`${name} could not be deleted, as its policy ${end} says: ${statusMessage(answer)}`)
    }),
  )
}
