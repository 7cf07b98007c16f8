import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeGate } from '../../src/report/redactor.ts'
import { parseCommands } from '../../testbed/step.ts'

const gate = makeGate()
const pieces = fc.constantFrom(
  '::',
  '##[',
  '##',
  '[',
  ':',
  ' ',
  '\t',
  '\n',
  '\r',
  '\u00a0',
  '\u2028',
  '\u0085',
  'error',
  'set-output name=x',
  ']',
  'a',
  '<',
  '|',
  '`',
  '@',
  '\u001b[2J',
  '\u202e',
)
const hostile = fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(''))

test('I-28: no text becomes a workflow command, wherever a line of ours puts it', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const line of [gate.plain(text), `created     ${gate.plain(text)}`, gate.html(text)])
        assert.deepEqual(parseCommands(line), [])
    }),
    { numRuns: 2_000 },
  )
})

test('I-29: the gate changes nothing twice, keeps printable text, and lets no control character but line breaks through', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const once = gate.plain(text)
      assert.equal(gate.plain(once), once)
      assert.doesNotMatch(once.replaceAll('\n', ''), /[\p{Cc}\u202A-\u202E]/u)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abc ÄöX-_/.,(){}"\'') }), (text) =>
      assert.equal(gate.plain(text), text),
    ),
  )
})

test('F092: Markdown and HTML in names stay letters', () => {
  const text = '<script>|```**_~[x](javascript:1)<!--@everyone #1 https://x.y & "\' \\'
  assert.doesNotMatch(gate.html(text).replaceAll(/&#\d+;/g, ''), /[<>|*_~[\]!@\\"'#&`]|:\/\//)
})

test('what stands in backticks becomes code, and only there', () => {
  assert.equal(gate.html('write `path: a` or <b>'), 'write <code>path: a</code> or &#60;b&#62;')
  assert.equal(gate.html('one ` alone'), 'one &#96; alone')
})

test('secrets are blanked out, plain and base64, line by line, the longest first', () => {
  const own = makeGate()
  own.protect(['hunter2-long', 'hunter2-long-and-more', 'first line of a key\nsecond line of a key', 'short'])
  assert.equal(own.plain('x hunter2-long-and-more y hunter2-long z'), 'x *** y *** z')
  assert.equal(own.plain(Buffer.from('hunter2-long').toString('base64')), '***')
  assert.equal(own.plain('says second line of a key!'), 'says ***!')
  assert.equal(own.plain('a short word'), 'a short word')
  assert.equal(own.html('hunter2-long'), '&#42;&#42;&#42;')
  own.protect(['pa"ss\\word-long'])
  assert.equal(own.plain('the server got "pa\\"ss\\\\word-long"'), 'the server got "***"')
})
