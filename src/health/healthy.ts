import type { Api } from '../cluster/api.ts'
import type { Location, Problem } from '../errors.ts'
import { field } from '../json.ts'
import { isRun } from '../manifests/hooks.ts'
import { describe, type ObjectId } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { takesTime } from './readiness.ts'
import { untilSettled, type WaitOptions } from './wait.ts'

/** Waits until all objects of a set are ready that take time, but for hooks. Returns a problem for each that is not. */
export async function untilHealthy(
  manifests: readonly PlacedManifest[],
  api: Pick<Api, 'get'>,
  options: WaitOptions,
): Promise<readonly Problem[]> {
  const since = Date.now()
  const awaited = manifests.flatMap((manifest) => {
    const { id, path, object } = manifest
    // One with a lifetime may have ended and be gone at any moment.
    const isMortal = field(object, 'spec', 'ttlSecondsAfterFinished') !== undefined
    const isWaitedFor = path !== undefined && takesTime(id) && !isRun(manifest) && !isMortal
    return isWaitedFor ? [{ id, path, object, since, location: manifest.location }] : []
  })
  const settled = await untilSettled(awaited, api, options)
  return [...settled].flatMap(([object, reason]) =>
    reason === undefined ? [] : [unready(object, reason, 'nothing is deleted as long as it is not')],
  )
}

/** That an object is not ready, as a problem of a run, with what follows from it. */
export function unready(
  { id, location }: { readonly id: ObjectId; readonly location: Location | undefined },
  reason: string,
  consequence: string,
): Problem {
  return {
    ...{ class: 'E-HEALTH', message: `It is not ready: ${reason}.`, object: describe(id) },
    next: `Look at its events and its logs, then run again; ${consequence}.`,
    ...(location === undefined ? {} : { location }),
  }
}
