import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { Clock } from '../../../src/clock.ts'
import { Failure } from '../../../src/diagnostics.ts'
import { acquireLease } from '../../../src/inventory/lock/lease.ts'
import { LEASE_DURATION_MS } from '../../../src/inventory/lock/lease-object.ts'
import { field, type Json, stringField } from '../../../src/json.ts'
import type { ApiResponse } from '../../../src/object/api-status.ts'
import { makeInventory } from '../../../src/object/inventory.ts'
import { runs } from '../../runs.ts'

const inventory = makeInventory('fairlead', 'set')

/** A clock that advances only when all runs wait, and a server that stores one Lease with optimistic locking. */
function simulation(random: () => number) {
  let now = 0
  let stored: Json | undefined
  let version = 0
  const events: { at: number; resume: () => void }[] = []
  const pause = (time: number) => new Promise<void>((resume) => events.push({ at: now + time, resume }))
  const answer = (status: number, body: Json): ApiResponse => ({
    ...{ status, body, text: '', contentType: '', warnings: [], date: 0 },
  })
  const store = (object: Json): ApiResponse => {
    version += 1
    const metadata = { ...Object(field(object, 'metadata')), resourceVersion: String(version) }
    stored = { ...Object(object), metadata }
    return answer(200, stored ?? null)
  }
  const apply = (work: () => ApiResponse) => async () => {
    await pause(random() * 500)
    const result = work()
    await pause(random() * 500)
    return result
  }
  /** The clock and the API of one run: after each wait, `stall` delays it as if its process were suspended. */
  const connect = (stall: () => number, offset: number) => {
    let isCrashed = false
    const never = () => new Promise<never>(() => {})
    const delayed = async <T>(work: () => Promise<T>): Promise<T> => {
      if (isCrashed) return never()
      const result = await work()
      await pause(stall())
      return isCrashed ? never() : result
    }
    const clock: Clock = {
      steady: () => now,
      wall: () => now + offset,
      sleep: async (time, signal) => {
        await delayed(() => pause(time))
        signal?.throwIfAborted()
      },
    }
    const api = {
      get: () => delayed(apply(() => (stored === undefined ? answer(404, null) : answer(200, stored)))),
      create: (_: string, object: Json) =>
        delayed(apply(() => (stored === undefined ? store(object) : answer(409, null)))),
      replace: (_: string, object: Json) =>
        delayed(
          apply(() => {
            const given = stringField(object, 'metadata', 'resourceVersion')
            return stored !== undefined && given === String(version) ? store(object) : answer(409, null)
          }),
        ),
      apply: async () => answer(200, null),
    }
    const crash = () => {
      isCrashed = true
    }
    return { clock, api, crash }
  }
  const until = async (done: () => boolean) => {
    for (let idle = 0; !done(); ) {
      await turn()
      events.sort((a, b) => a.at - b.at)
      const next = events.shift()
      idle = next === undefined ? idle + 1 : 0
      if (idle > 50) throw new Error('all runs wait, and no event is scheduled')
      if (next === undefined) continue
      now = Math.max(now, next.at)
      next.resume()
    }
  }
  return { connect, until, pause, now: () => now }
}

const options = (runName: string, clock: Clock) => ({
  ...{ timeout: 3_600_000, signal: new AbortController().signal, emit: () => {}, runName, clock },
})

test('property: despite suspended and crashed runs, no run writes after its successor has written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 40, maxLength: 40 }),
      fc.integer({ min: 2, max: 4 }),
      async (numbers, actors) => {
        let count = 0
        const random = () => {
          count += 1
          return numbers[count % numbers.length] ?? 0
        }
        const { connect, until, pause } = simulation(random)
        const writes: string[] = []
        const counts: number[] = []
        const failures: unknown[] = []
        let ended = 0
        const actor = async (name: string) => {
          // About one wait in ten takes longer than a lease is valid.
          const { clock, api, crash } = connect(
            () => (random() > 0.9 ? random() * 3 * LEASE_DURATION_MS : 0),
            (random() - 0.5) * 1e9,
          )
          const lease = await acquireLease(inventory, api, options(name, clock))
          counts.push(lease.count)
          for (let write = 0; write < 5; write += 1) {
            await pause(random() * LEASE_DURATION_MS)
            try {
              await lease.check()
            } catch (error) {
              assert.ok(error instanceof Failure && error.problems[0]?.code === 'E-LOCK')
              return
            }
            await pause((random() * LEASE_DURATION_MS) / 3) // a request in progress arrives in time
            writes.push(name)
          }
          // Some runs crash: they neither release the lease nor renew it.
          if (random() > 0.3) await lease.release()
          else crash()
        }
        for (let index = 0; index < actors; index += 1)
          actor(`run-${index}`)
            .catch((error) => failures.push(error))
            .finally(() => {
              ended += 1
            })
        await until(() => ended === actors)
        assert.deepEqual(failures, [])
        const turns = writes.filter((name, index) => name !== writes[index - 1])
        assert.equal(turns.length, new Set(turns).size, `two runs wrote in turn: ${writes.join(' ')}`)
        assert.equal(new Set(counts).size, counts.length, `counts ${counts.join(' ')}`)
      },
    ),
    runs(100),
  )
})
