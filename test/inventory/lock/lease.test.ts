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

/** Time that passes only when everybody waits, and a server that stores one Lease by compare-and-swap. */
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
  /** A run's view: `stall` may hold it up, as if the process were stopped, before it goes on after any wait. */
  const view = (stall: () => number, offset: number) => {
    let isDead = false
    const never = () => new Promise<never>(() => {})
    const held = async <T>(work: () => Promise<T>): Promise<T> => {
      if (isDead) return never()
      const result = await work()
      await pause(stall())
      return isDead ? never() : result
    }
    const clock: Clock = {
      steady: () => now,
      wall: () => now + offset,
      sleep: async (time, signal) => {
        await held(() => pause(time))
        signal?.throwIfAborted()
      },
    }
    const api = {
      get: () => held(apply(() => (stored === undefined ? answer(404, null) : answer(200, stored)))),
      create: (_: string, object: Json) =>
        held(apply(() => (stored === undefined ? store(object) : answer(409, null)))),
      replace: (_: string, object: Json) =>
        held(
          apply(() => {
            const given = stringField(object, 'metadata', 'resourceVersion')
            return stored !== undefined && given === String(version) ? store(object) : answer(409, null)
          }),
        ),
      apply: async () => answer(200, null),
    }
    const die = () => {
      isDead = true
    }
    return { clock, api, die }
  }
  const until = async (done: () => boolean) => {
    for (let idle = 0; !done(); ) {
      await turn()
      events.sort((a, b) => a.at - b.at)
      const next = events.shift()
      idle = next === undefined ? idle + 1 : 0
      if (idle > 50) throw new Error('everybody waits for nothing')
      if (next === undefined) continue
      now = Math.max(now, next.at)
      next.resume()
    }
  }
  return { view, until, pause, now: () => now }
}

const options = (who: string, clock: Clock) => ({
  ...{ timeout: 3_600_000, signal: new AbortController().signal, emit: () => {}, who, clock },
})

test('property I-21, I-23: whatever stalls and crashes, nobody writes after a successor has written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 40, maxLength: 40 }),
      fc.integer({ min: 2, max: 4 }),
      async (numbers, actors) => {
        let drawn = 0
        const random = () => {
          drawn += 1
          return numbers[drawn % numbers.length] ?? 0
        }
        const { view, until, pause } = simulation(random)
        const writes: string[] = []
        const counts: number[] = []
        const failures: unknown[] = []
        let ended = 0
        const actor = async (name: string) => {
          // One wait in ten or so takes much longer than a lease holds.
          const { clock, api, die } = view(
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
            await pause((random() * LEASE_DURATION_MS) / 3) // what is under way arrives in time
            writes.push(name)
          }
          // Some crash: they neither release it nor go on renewing it.
          if (random() > 0.3) await lease.release()
          else die()
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
        assert.equal(turns.length, new Set(turns).size, `they took turns: ${writes.join(' ')}`)
        assert.equal(new Set(counts).size, counts.length, `counts ${counts.join(' ')}`)
      },
    ),
    runs(100),
  )
})
