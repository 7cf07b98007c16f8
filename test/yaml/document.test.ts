import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatHint } from '../../src/hint.ts'
import { serialise } from '../../src/json.ts'
import { DEFAULT_LIMITS, type ReadLimits } from '../../src/read-limits.ts'
import { isDocument, readDocuments } from '../../src/yaml/document.ts'
import { placesIn } from '../../src/yaml/place.ts'
import { runs } from '../runs.ts'

function read(text: string, limits: Partial<ReadLimits> = {}) {
  const all = [...readDocuments(text, { ...DEFAULT_LIMITS, ...limits })]
  return {
    documents: all.filter(isDocument).filter(({ issues }) => issues.length === 0),
    issues: all.flatMap((result) => (isDocument(result) ? result.issues : [result])),
  }
}

/** The documents of a text without issues, as canonical JSON. */
function values(text: string): string[] {
  const { documents, issues } = read(text)
  assert.deepEqual(issues, [], text)
  return documents.map(({ value }) => serialise(value))
}

/** The issues of a text: line, column and reason of each, and the place of an earlier duplicate. */
function issuesOf(text: string, limits: Partial<ReadLimits> = {}): string[] {
  const { issues } = read(text, limits)
  const placeOf = placesIn(text)
  const place = (offset: number) => `${placeOf(offset).line}:${placeOf(offset).column}`
  return issues.map(({ offset, reason, earlier }) => {
    return `${place(offset)} ${reason}${earlier === undefined ? '' : ` (${place(earlier)})`}`
  })
}

test('a file is split into documents where kubectl splits it', () => {
  assert.deepEqual(values('a: 1\n---\nb: 2\n--- # c\n---\n\n# d\n---\t\r\nc: "---"\n'), [
    '{"a":1}',
    '{"b":2}',
    '{"c":"---"}',
  ])
  assert.deepEqual(values('a: |\n  x\n  ---\n  y\n'), ['{"a":"x\\n---\\ny\\n"}'])
  assert.deepEqual(values('\uFEFF---\na: 1'), ['{"a":1}'])
  assert.deepEqual(values('a: 1\n...\n# nothing\n---\nb: 2\n'), ['{"a":1}', '{"b":2}'])
})

test('a byte order mark at the start of a file has no column', () => {
  assert.deepEqual(issuesOf('\uFEFFa: [\n'), issuesOf('a: [\n'))
  assert.deepEqual(issuesOf('\uFEFF{a: 1, a: 2}'), issuesOf('{a: 1, a: 2}'))
  assert.deepEqual(issuesOf('\uFEFFa: &x 1\n', { documents: 0 }), issuesOf('a: &x 1\n', { documents: 0 }))
  assert.deepEqual(read('\uFEFFa: 1').documents[0]?.at(['a']), { line: 1, column: 1 })
})

test('keys that JSON.parse confuses (nodejs/node#63785) are read correctly', () => {
  const texts = ['{"a":1,"\\\\":{}}', '{"a":2,"\\n":{}}']
  for (const text of texts) JSON.parse(text)
  assert.deepEqual(texts.flatMap(values), ['{"\\\\":{},"a":1}', '{"\\n":{},"a":2}'])
})

test('JSON is read in any layout, as several objects, and before YAML', () => {
  assert.deepEqual(values('{\n\t"a": [1,\n\t2],\r\n\t"b": "\\/\\ud83d\\ude00 \\u2028\u2028\u007F"\n}\n'), [
    '{"a":[1,2],"b":"/😀 \u2028\u2028\u007F"}',
  ])
  assert.deepEqual(values(' {"a":1}{"b":2}\n{"c":3} '), ['{"a":1}', '{"b":2}', '{"c":3}'])
  assert.deepEqual(values('{"a":1}\n---\nb: 2\n'), ['{"a":1}', '{"b":2}'])
  assert.deepEqual(values('{a: 1}\n---\nb: 2\n'), ['{"a":1}', '{"b":2}'])
})

const rejected: [name: string, text: string, issue: string][] = [
  ['a document after `...` without a separator', 'a: 1\n...\nb: 2\n', '2:1 TextAfterEnd'],
  ['text on the line of a separator', 'a: 1\n--- {b: 2}\n', '2:1 InvalidSeparator'],
  ['a separator with letters', '---foo\na: 1\n', '1:1 InvalidSeparator'],
  ['YAML after two JSON objects', '{"a":1}{"b":2}\n---\nc: 3\n', '2:1 InvalidSeparator'],
  ['a byte order mark in a later document', 'a: 1\n---\n\uFEFFb: 2\n', '3:1 InvalidCharacter'],
  ['a YAML directive', '%YAML 1.1\n---\na: 1\n', '1:1 DirectiveNotAllowed'],
  ['an unknown directive', '%FOO x\na: 1\n', '1:1 DirectiveNotAllowed'],
  ['a duplicate key', 'a:\n  b: 1\n  c: 2\n  b: 3\n', '4:3 DuplicateKey (2:3)'],
  ['a duplicate key in JSON', '{"a": 1,\n "b": 2, "a": 3}', '2:10 DuplicateKey (1:2)'],
  ['a number that is the same key as a string', '1: a\n"1": b\n', '2:1 DuplicateKey (1:1)'],
  ['a merge after a key that it changes', 'x: &x {a: 1}\ny:\n  a: 2\n  <<: *x\n', '4:3 MergeAfterKey (3:3)'],
  ['the key `__proto__` at any depth', 'a: [{b: {__proto__: {x: 1}}}]\n', '1:10 KeyNotAllowed'],
  ['the key `__proto__` in a merge', 'a: &a {"__proto__": {x: 1}}\nb: {<<: *a}\n', '1:8 KeyNotAllowed'],
  ['the key `__proto__` in JSON', '{"__proto__": {"x": 1}}', '1:2 KeyNotAllowed'],
  ['an alias without an anchor', 'a: *b\n', '1:4 UnknownAlias'],
  ['an alias to an anchor of another document', 'a: &a 1\n---\nb: *a\n', '3:4 UnknownAlias'],
  ['an alias inside the value of its anchor', 'a: &a [*a]\n', '1:8 RecursiveAlias'],
  ['an anchor that kubectl rejects', 'a: &a.b 1\n', '1:4 InvalidAnchor'],
  ['a merge of a list of scalars', 'a: {<<: [1]}\n', '1:5 InvalidMerge'],
  ['a merge of an alias to a list', 'x: &x [{a: 1}]\ny: {<<: *x}\n', '2:5 InvalidMerge'],
  ['infinity', 'a: .inf\n', '1:4 UnsupportedNumber'],
  ['an integer of more than 64 bits', 'a: 9223372036854775808\n', '1:4 UnsupportedNumber'],
  ['a JSON number that is not finite', '{"a": 1e400}', '1:7 NumberTooLarge'],
  ['null as a key', '{~: a}\n', '1:2 InvalidKey'],
  ['a list as a key', '? [a]\n: b\n', '1:3 InvalidKey'],
  ['a float as a key that Go formats differently', '1.10: a\n', '1:1 InvalidKey'],
  ['half of a surrogate pair in JSON', '{"a": "\\ud800"}', '1:7 InvalidCharacter'],
  ['a surrogate pair as two escapes in YAML', 'a: "x\\ud83d\\ude00"\n', '1:4 UnsupportedEscape'],
  ['an escape of a code point that does not exist', 'a: "\\U00110000"\n', '1:4 UnsupportedEscape'],
  ['a control character', 'a: x\u0007y\n', '1:5 InvalidCharacter'],
  ['a line break that YAML 1.2 does not have', 'a: x\u2028y\n', '1:5 InvalidCharacter'],
  ['a carriage return without a line feed', 'a: 1\rb: 2\n', '1:5 InvalidCharacter'],
  ['a tab as indentation', 'a:\n\tb: 1\n', '2:1 SyntaxError'],
  ['a colon in brackets that kubectl reads differently', 'a: {b:, c: d}\n', '1:5 QuotesRequired'],
  ['a question mark in brackets', 'a: [http://x/?y]\n', '1:5 QuotesRequired'],
  ['a key of two lines', 'a: {"b\n  c": d}\n', '1:5 KeyTooLong'],
]
for (const [name, text, issue] of rejected) {
  test(`${name} is rejected`, () => {
    assert.equal(issuesOf(text)[0], issue)
  })
}

test('tags other than those of YAML are rejected, and those of YAML are resolved as by kubectl', () => {
  for (const tag of ['!foo', '!!binary', '!!set', '!!omap', '!!timestamp', '!!js/function', '!!python/object:x', '!']) {
    assert.match(issuesOf(`a: ${tag} x\n`)[0] ?? tag, /^1:4 (UnsupportedTag|SyntaxError)/)
  }
  assert.match(issuesOf('a: !!set {b}\n')[0] ?? '', /UnsupportedTag/)
  assert.match(issuesOf('a: !!int x\n')[0] ?? '', /UnsupportedTag/)
  assert.deepEqual(
    values('a: !!str 5\nb: !!int "5"\nc: !!float 5\nd: !!bool "yes"\ne: !!null ""\nf: !!map {}\ng: !!seq []\n'),
    ['{"a":"5","b":5,"c":5,"d":true,"e":null,"f":{},"g":[]}'],
  )
})

test('the issues of all documents are reported together, and valid documents are read', () => {
  const found = issuesOf('a: 1\na: 2\nb: .inf\n---\nc: [\n---\nd: 1\n---\ne: *x\n')
  assert.deepEqual(
    found.map((text) => text.split(' ')[0]),
    ['2:1', '3:4', '6:1', '9:4'],
  )
  assert.equal(read('a: [\n---\nd: 1\n').documents.length, 1)
})

test('merges are resolved as by kubectl', () => {
  const [merged] = values('x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], c: 5}\nq: {"<<": 1}\n')
  assert.match(merged ?? '', /"z":{"a":1,"b":2,"c":5}/)
  assert.match(merged ?? '', /"q":{"<<":1}/)
})

test('names of JavaScript properties are ordinary keys', () => {
  const text = 'constructor: 1\ntoString: 2\nhasOwnProperty: 3\nvalueOf: {length: 4}\n"": 5\n'
  assert.deepEqual(values(text), ['{"":5,"constructor":1,"hasOwnProperty":3,"toString":2,"valueOf":{"length":4}}'])
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

test('brackets and quotes may continue at any column, and places refer to the file', () => {
  const text = 'a:\n  list: [\n    x,\n  w,\n z ]\n  text: "one\n two\n\n  three"\n  bad: *none\n'
  assert.deepEqual(issuesOf(text), ['10:8 UnknownAlias'])
  assert.deepEqual(values(text.replace('*none', 'good')), [
    '{"a":{"bad":"good","list":["x","w","z"],"text":"one two\\nthree"}}',
  ])
})

test('every field has a place: that of its key, of the member of a list, or of the value of an alias', () => {
  const text =
    '# c\n---\napiVersion: v1\nx: &x {deep: [1, {w: 2}]}\nlist:\n- a: 1\n-   "b":\n      c: |\n        text\n- *x\nz: *x\n'
  const [document] = read(text).documents
  const at = (...path: (string | number)[]) => {
    const { line = 0, column = 0 } = document?.at(path) ?? {}
    return `${line}:${column}`
  }
  assert.equal(at(), '3:1')
  assert.equal(at('list', 1), '7:5')
  assert.equal(at('list', 1, 'b', 'c'), '8:7')
  assert.equal(at('x', 'deep', 1, 'w'), '4:19')
  assert.equal(at('z', 'deep', 1, 'w'), '4:19')
  assert.equal(at('list', 2, 'deep'), '4:8')
  assert.equal(at('list', 7), '5:1')
  assert.equal(at('nowhere', 'at', 'all'), '3:1')
  assert.deepEqual(
    document?.members(['list']).map((locate) => `${locate([]).line}:${locate([]).column}`),
    ['6:3', '7:5', '10:3'],
  )
})

const aliasBomb = Array.from({ length: 9 }, (_, level) => {
  return `a${level}: &a${level} [${Array(9)
    .fill(level === 0 ? 'x' : `*a${level - 1}`)
    .join(', ')}]`
}).join('\n')
const overLimit: [string, string, keyof ReadLimits][] = [
  ['a bomb of aliases', aliasBomb, 'expanded-size'],
  [
    'a bomb of aliases in a list',
    `apiVersion: v1\nkind: List\nitems:\n- ${aliasBomb.replaceAll('\n', '\n  ')}`,
    'expanded-size',
  ],
  ['a long string with many aliases', `a: &a "${'x'.repeat(1_000_000)}"\nb: [${'*a, '.repeat(900)}]`, 'expanded-size'],
  ['a large number of aliases', `a: &a 1\nb: [${'*a, '.repeat(1_001)}]`, 'aliases'],
  ['a chain of merges', `a0: &a0 {k: v}\n${chain(500)}`, 'depth'],
  ['merges of many keys', `a: &a {${keys(200)}}\n${merges(60)}`, 'merge-keys'],
  ['nesting in brackets', `${'['.repeat(101)}${']'.repeat(101)}`, 'depth'],
  ['very deep nesting', '['.repeat(100_000), 'depth'],
  ['nesting by indentation', Array.from({ length: 110 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), 'depth'],
  [
    'nesting by aliases',
    `a0: &a0 [x]\n${Array.from({ length: 120 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}]`).join('\n')}`,
    'depth',
  ],
  ['a document with too many values', `[${'0,'.repeat(240_001)}]`, 'nodes'],
  ['a file with too many documents', '---\n'.repeat(50_001), 'documents'],
]
function chain(length: number): string {
  return Array.from({ length }, (_, n) => `a${n + 1}: &a${n + 1} {n: {<<: *a${n}}}`).join('\n')
}
function keys(length: number): string {
  return Array.from({ length }, (_, n) => `k${n}: 1`).join(', ')
}
function merges(length: number): string {
  return Array.from({ length }, (_, n) => `b${n}: {<<: *a}`).join('\n')
}
for (const [name, text, limit] of overLimit) {
  test(`${name} exceeds the limit ${limit}`, () => {
    const { documents, issues } = read(text)
    assert.deepEqual([documents.length, issues.length], [0, 1])
    assert.equal(issues[0]?.reason, 'LimitExceeded')
    assert.match(formatHint(issues[0]?.hint ?? ''), new RegExp(`\`read-limits: ${limit}=`))
  })
}

test('100 levels, 20,000 documents and 110,000 keys are within the limits', () => {
  assert.equal(read(`${'['.repeat(100)}${']'.repeat(100)}`).documents.length, 1)
  assert.equal(read('a: 1\n---\n'.repeat(20_000)).documents.length, 20_000)
  const [wide] = read(Array.from({ length: 110_000 }, (_, n) => `k${n}: v`).join('\n')).documents
  assert.equal(Object.keys(wide?.value ?? {}).length, 110_000)
  assert.equal(read(aliasBomb, { 'expanded-size': 2 ** 31 }).documents.length, 1)
})

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'yes',
    '0644',
    '1e3',
    '~',
    '=',
    '<<',
    '\uFEFF',
    '\u2028',
    '',
    ' ',
    'a\n',
    '---',
    '\n---\n',
    'a: b',
    '- x',
    '\u0000',
    '"',
    '\\',
  ),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).filter((n) => !Number.isSafeInteger(Number(n))),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.array(tie('any'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    tie('any'),
    { maxKeys: 5, noNullPrototype: true },
  ),
}))

test('property: any serialised value is read back unchanged', () => {
  fc.assert(
    fc.property(value.object, (object) => {
      const written = serialise(object as never)
      const { documents, issues } = read(written)
      const isValid = written.isWellFormed()
      assert.deepEqual([issues.length, documents.length], isValid ? [0, 1] : [1, 0], JSON.stringify(issues))
      if (isValid) assert.equal(serialise(documents[0]?.value ?? null), written)
    }),
    runs(300),
  )
})

test('property: any text gives documents or issues, never throws, and changes no prototype', () => {
  const token = fc.constantFrom(
    ...' \n\t:-,[]{}#&*!|>\'"%@`?.~<\\0aé\uFEFF',
    ': ',
    '- ',
    '\n  ',
    '---\n',
    '__proto__',
    '<<: *a',
    '&a ',
    '{{',
  )
  const tokens = fc.array(token, { maxLength: 60 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(tokens, fc.string({ unit: 'binary', maxLength: 60 })), (any) => {
      const { documents, issues } = read(any)
      for (const document of documents) serialise(document.value)
      const placeOf = placesIn(any)
      for (const { reason, message, hint, offset } of issues) {
        const { line, column } = placeOf(offset)
        assert.ok(reason && message && hint && line >= 1 && column >= 1 && offset <= any.length + 1)
      }
    }),
    runs(3_000),
  )
  assert.equal(Object.keys(Object.prototype).length, 0)
})

test('no issue quotes the text, which may contain a Secret', () => {
  for (const secret of [
    'pa55word\n bad: indentation',
    '*pa55word',
    '!pa55word x',
    '!<pa55word> x',
    '!pa55word!x y',
    '&pa55word &pa55word x',
    '"pa55word',
    "'pa55word",
    '[pa55word',
    '{pa55word: 1, pa55word: 2}',
    '%pa55word',
    '@pa55word',
    '`pa55word',
    '"pa55word\\q"',
    'pa55word: x: y',
  ]) {
    const { issues } = read(`apiVersion: v1\nkind: Secret\nstringData:\n  password: ${secret}\n`)
    assert.ok(issues.length > 0, secret)
    assert.doesNotMatch(JSON.stringify(issues), /pa55word/, secret)
  }
})

test('a tab before a bracket is rejected, and the preceding block scalar is not changed', () => {
  const text = 'note: |\n    text\nsecurity:\t{a: b}\n'
  assert.equal(issuesOf(text)[0], '3:12 SyntaxError')
  assert.deepEqual(values(text.replace('\t', ' ')), ['{"note":"text\\n","security":{"a":"b"}}'])
})

test('unindented brackets and quotes of many lines are read, and the following fields stay separate', () => {
  const list = Array.from({ length: 1_500 }, (_, n) => `x${n},`)
  const [value] = values(
    `a:\n  k: [\n${list.join('\n')}\n]\nb: |\n text\nc: "one\n${'two\n'.repeat(900)}three"\nd: 1\n`,
  )
  assert.match(value ?? '', /^\{"a":\{"k":\["x0",.*"x1499"\]\},"b":"text\\n","c":"one two .*two three","d":1\}$/)
})

test('an explicit key may be of any length', () => {
  const long = 'a'.repeat(2_000)
  assert.deepEqual(values(`? ${long}\n: b\n? "c"\n: d\n`), [`{"${long}":"b","c":"d"}`])
  assert.match(issuesOf('a: {b\n  : c}\n')[0] ?? '', /KeyTooLong/)
})

test('text after a value on the same line is not a key', () => {
  for (const text of ['- "" b: c\n', '- [x] b: y\n', '- &a x\n- *a b: c\n', 'k: &a b: c\n', '- "x"b: c\n']) {
    assert.match(issuesOf(`l:\n${text}`)[0] ?? text, /InvalidKey|SyntaxError/)
  }
})

test('an anchor that is redefined inside its own value refers to the inner value', () => {
  assert.deepEqual(values('a: &n [&n x]\nb: *n\n'), ['{"a":["x"],"b":"x"}'])
  assert.deepEqual(values('a: &n {c: &n {d: 1}}\nb: {<<: *n}\n'), ['{"a":{"c":{"d":1}},"b":{"d":1}}'])
})

test('the last line of a block scalar that keeps its line breaks has one, as in kubectl', () => {
  assert.deepEqual(values('k: |+\n  a\n '), ['{"k":"a\\n\\n"}'])
  assert.deepEqual(values('a: 1\r\n--- # web\r\nb: 2\r\n'), ['{"a":1}', '{"b":2}'])
})

test('keys are compared and found by their resolved text', () => {
  assert.equal(issuesOf('no: 1\noff: 2\n')[0], '2:1 DuplicateKey (1:1)')
  assert.equal(issuesOf('x: a\na: 1\na: 2\n')[0], '3:1 DuplicateKey (2:1)')
  const [document] = read('labels: {on: yes}\n').documents
  assert.deepEqual(document?.at(['labels', 'true']), { line: 1, column: 10 })
})
