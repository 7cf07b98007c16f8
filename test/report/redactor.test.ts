import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeRedactor } from '../../src/report/redactor.ts'
import { parseCommands } from '../../testbed/step.ts'

const redactor = makeRedactor()
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

test('no text becomes a workflow command, wherever it is in a line', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const line of [redactor.redact(text), `created     ${redactor.redact(text)}`, redactor.html(text)])
        assert.deepEqual(parseCommands(line), [])
    }),
    { numRuns: 2_000 },
  )
})

test('the redactor is idempotent, keeps printable text, and removes all control characters except line breaks', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const once = redactor.redact(text)
      assert.equal(redactor.redact(once), once)
      assert.doesNotMatch(once.replaceAll('\n', ''), /[\p{Cc}\u202A-\u202E]/u)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abc ÄöX-_/.,(){}"\'') }), (text) =>
      assert.equal(redactor.redact(text), text),
    ),
  )
})

test('Markdown and HTML in names are escaped', () => {
  const text = '<script>|```**_~[x](javascript:1)<!--@everyone #1 https://x.y & "\' \\'
  assert.doesNotMatch(redactor.html(text).replaceAll(/&#\d+;/g, ''), /[<>|*_~[\]!@\\"'#&`]|:\/\//)
})

test('only text in backticks becomes code', () => {
  assert.equal(redactor.html('write `path: a` or <b>'), 'write <code>path: a</code> or &#60;b&#62;')
  assert.equal(redactor.html('one ` alone'), 'one &#96; alone')
})

test('secrets are masked, plain and base64, line by line, the longest first', () => {
  const own = makeRedactor()
  own.addSecrets(['hunter2-long', 'hunter2-long-and-more', 'first line of a key\nsecond line of a key', 'short'])
  assert.equal(own.redact('x hunter2-long-and-more y hunter2-long z'), 'x *** y *** z')
  assert.equal(own.redact(Buffer.from('hunter2-long').toString('base64')), '***')
  assert.equal(own.redact('says second line of a key!'), 'says ***!')
  assert.equal(own.redact('a short word'), 'a short word')
  assert.equal(own.html('hunter2-long'), '&#42;&#42;&#42;')
  own.addSecrets(['pa"ss\\word-long'])
  assert.equal(own.redact('the server got "pa\\"ss\\\\word-long"'), 'the server got "***"')
})

test('the middle of a very long line is cut out only after secrets are masked, so that no half of one is left', () => {
  const gate = makeRedactor()
  gate.addSecrets(['correct-horse-battery'])
  for (let at = 1_990; at <= 2_010; at += 1) {
    const line = `${'x'.repeat(at)}correct-horse-battery${'y'.repeat(5_000)} ends`
    const [first, last, more] = gate.redact(`short\n${line}\nshort`).split('\n').slice(1)
    assert.equal(last, 'short')
    assert.equal(more, undefined)
    assert.match(first ?? '', /^x+[*y]* … y+ ends$/)
    assert.equal(first?.length, 4_003)
  }
  assert.equal(gate.redact('z'.repeat(4_000)).length, 4_000)
})
