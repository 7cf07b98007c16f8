import { messageOf } from '../object/api-status.ts'
import { stringField } from '../json.ts'
import { deletePoliciesOf } from '../object/annotations/ordering.ts'
import { isRun } from '../object/annotations/hooks.ts'
import { describe } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { indexOf, type Run } from './apply-session.ts'

/** Deletes hooks that have ended in the way in which they are to go, with what depends on them. */
export async function dismissHooks(hooks: readonly PlacedManifest[], run: Run): Promise<void> {
  const { cluster, holds, options } = run
  await Promise.all(
    hooks.filter(isRun).map(async (hook) => {
      const end = holds.hasFailed(indexOf(hook, run)) ? 'HookFailed' : 'HookSucceeded'
      if (!deletePoliciesOf(hook.object).includes(end)) return
      const { status, body } = await cluster.api.get(hook.path ?? '')
      const uid = stringField(body, 'metadata', 'uid')
      if (status !== 200 || uid === undefined) return
      const answer = await cluster.api.remove(hook.path ?? '', { uid })
      const name = describe(hook.id)
      if (answer.status < 300) options.log(`Deleting ${name}, which has ended, as its policy ${end} says.`)
      else options.log(`${name} could not be deleted, as its policy ${end} says: ${messageOf(answer)}`)
    }),
  )
}
