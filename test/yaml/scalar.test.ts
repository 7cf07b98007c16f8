import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { serialise } from '../../src/json.ts'
import { resolveScalar } from '../../src/yaml/scalar.ts'
import { oracle } from '../oracle.ts'
import { runs } from '../runs.ts'

/** An object with a text as a plain value. */
const wrap = (scalar: string) => `apiVersion: v1\nkind: X\nmetadata: {name: x}\nk: ${scalar}\n`

/** The object with the value that `resolveScalar` returns, as JSON; undefined if it is unsupported. */
function ours(scalar: string): string | undefined {
  const resolved = resolveScalar(scalar)
  if (resolved.type === 'unsupported') return undefined
  return serialise({ apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, k: resolved.value })
}

test('plain scalars are resolved as by kubectl, or unsupported', async () => {
  const scalars = `
    0644 -0644 010 08 -08 00 0o644 0O17 0b101 -0b101 0b+01 0B11 0x1F 0x_1f -0x1f +0x10 0x 0b 0o8 0b2
    1_000 1__0 _1 1_ 0_7 1_0.5 .5_2 ._5 +5 -0 -0.0 +.5 5-
    yes Yes YES yEs no on On ON off OFF y Y n N t f true True TRUE tRue false
    ~ null Null NULL nULL nil none
    1:30 22:22:22 190:20:30 2021-01-01 2001-12-14t21:59:43.10-05:00 2021-99-99
    1e3 1E3 6.02E+23 1. .5 1.50 1.0 123e456 1e400 .5e400 1e 1e- e3 0.1 1e-7 1e21 1e20 1e18 1.7976931348623157e308
    9007199254740993 9223372036854775807 -9223372036854775808 0x7fffffffffffffff
    9223372036854775808 -9223372036854775809 18446744073709551615 0xffffffffffffffff 12345678901234567890123 10000000000000000000 -9223372036854776000
    0xfffffffffffffffff 0777777777777777777777777 -0x8000000000000001 089007199254740993
    .inf -.inf +.INF .Inf .nan .NaN .NAN .iNf inf nan
    = << a b@c ==`
    .trim()
    .split(/\s+/)
  const theirs = await oracle(scalars.map(wrap))
  scalars.forEach((scalar, index) => {
    const resolved = ours(scalar)
    if (resolved !== undefined) assert.equal(resolved, theirs[index]?.[0], scalar)
  })
  const unsupported = scalars.filter((scalar) => ours(scalar) === undefined)
  assert.equal(unsupported.length, 14, unsupported.join(' '))
})

test('property: any word of the characters of numbers and booleans is resolved as by kubectl', async () => {
  const word = fc.string({
    unit: fc.constantFrom(...'0123456789abefoxyntrinlu_+-.eEOXBYN~'),
    minLength: 1,
    maxLength: 12,
  })
  const words = fc.array(word, { minLength: 1, maxLength: 100, size: 'max' })
  await fc.assert(
    fc.asyncProperty(words, async (scalars) => {
      const theirs = await oracle(scalars.map(wrap))
      scalars.forEach((scalar, index) => {
        const read = ours(scalar)
        const isPlain = !/^(-$|---)/.test(scalar)
        if (isPlain && read !== undefined) assert.equal(read, theirs[index]?.[0], scalar)
      })
    }),
    { ...runs(10), examples: [[['0b+01', '.5_2', '-0b1', '0_', '1_e3']]] },
  )
})
