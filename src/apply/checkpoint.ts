import type { Applied } from '../cluster/gateway.ts'
import { problemsOf } from '../errors.ts'
import { isRun } from '../manifests/hooks.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import type { Sequence } from '../order/sequence.ts'
import { makeWay } from './hooks.ts'
import { changed, liveOf } from './observe.ts'
import { failureOf } from './outcome.ts'
import { indexOf, type Run, settle } from './run.ts'
import type { Checkpoint, Held } from './stream.ts'

/**
 * Opens the checkpoint of a stream. It holds back what depends on a failure, and makes way for hooks: when their turn
 * comes, so that none is deleted for nothing. They run again when this run has changed anything before them.
 */
export function openCheckpoint(manifests: Sequence, run: Run): Checkpoint {
  const { live, holds, awaited, pending, changes } = run
  const places = new Map(manifests.map((manifest) => [manifest.path ?? '', manifest]))
  const rerun = new Set<number>()
  let last: Applied | undefined
  return {
    applied: (answer) => {
      last = answer
      const before = live.get(answer.path)
      const isChange = before !== undefined && changed(before, liveOf(answer.body, 0))
      if (answer.status === 201 || (answer.status === 200 && isChange)) changes.add(answer.path)
    },
    holds: async (path) => {
      const manifest = places.get(path)
      if (manifest === undefined || last?.path === path) return undefined
      // kubectl has gone on, so what it was told last is how that object ended.
      const previous = last === undefined ? undefined : places.get(last.path)
      const failure = last === undefined ? undefined : failureOf(last)
      if (previous !== undefined && failure !== undefined) holds.fail(indexOf(previous, run), failure)
      await settle([...rerun], run)
      rerun.clear()
      const index = indexOf(manifest, run)
      const reason = holds.reason(index)
      if (reason !== undefined) return { result: 'skipped', reason }
      if (!isRun(manifest)) return undefined
      const way = await clear(manifest, run)
      if ('result' in way) holds.fail(index, 'was not applied')
      // Others may stand behind it in this stream, because nobody knew that it would run again.
      else if (way.isCleared && awaited.has(index) && !pending.has(index)) rerun.add(index)
      return 'result' in way ? way : undefined
    },
  }
}

async function clear(manifest: PlacedManifest, run: Run): Promise<Held | { readonly isCleared: boolean }> {
  const { cluster, options, changes, problems } = run
  try {
    const way = await makeWay(manifest, changes.size > 0, cluster.api, options)
    return 'obstacle' in way ? { result: 'failed', message: way.obstacle } : way
  } catch (error) {
    options.signal.throwIfAborted()
    problems.push(...problemsOf(error))
    return { result: 'failed', message: 'nobody can say whether it has run' }
  }
}
