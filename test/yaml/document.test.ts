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
    unreadable: all.flatMap((each) => (isDocument(each) ? each.issues : [each])),
  }
}

/** The documents of a text that can be read, as canonical JSON. */
function values(text: string): string[] {
  const { documents, unreadable } = read(text)
  assert.deepEqual(unreadable, [], text)
  return documents.map(({ value }) => serialise(value))
}

/** What is said of a text that cannot be read: line, column and message of each. */
function complaints(text: string, limits: Partial<ReadLimits> = {}): string[] {
  const { unreadable } = read(text, limits)
  const placeOf = placesIn(text)
  const place = (offset: number) => `${placeOf(offset).line}:${placeOf(offset).column}`
  return unreadable.map(({ offset, message, earlier }) => {
    return `${place(offset)} ${message}${earlier === undefined ? '' : ` (${place(earlier)})`}`
  })
}

test('a file is cut where kubectl cuts it', () => {
  assert.deepEqual(values('a: 1\n---\nb: 2\n--- # c\n---\n\n# d\n---\t\r\nc: "---"\n'), [
    '{"a":1}',
    '{"b":2}',
    '{"c":"---"}',
  ])
  assert.deepEqual(values('a: |\n  x\n  ---\n  y\n'), ['{"a":"x\\n---\\ny\\n"}'])
  assert.deepEqual(values('\uFEFF---\na: 1'), ['{"a":1}'])
  assert.deepEqual(values('a: 1\n...\n# nothing\n---\nb: 2\n'), ['{"a":1}', '{"b":2}'])
})

test('a byte order mark before a file takes no column', () => {
  assert.deepEqual(complaints('\uFEFFa: [\n'), complaints('a: [\n'))
  assert.deepEqual(complaints('\uFEFF{a: 1, a: 2}'), complaints('{a: 1, a: 2}'))
  assert.deepEqual(complaints('\uFEFFa: &x 1\n', { documents: 0 }), complaints('a: &x 1\n', { documents: 0 }))
  assert.deepEqual(read('\uFEFFa: 1').documents[0]?.at(['a']), { line: 1, column: 1 })
})

test('keys of JSON are read as they are, also where JSON.parse takes them for another (nodejs/node#63785)', () => {
  const texts = ['{"a":1,"\\\\":{}}', '{"a":2,"\\n":{}}']
  for (const text of texts) JSON.parse(text)
  assert.deepEqual(texts.flatMap(values), ['{"\\\\":{},"a":1}', '{"\\n":{},"a":2}'])
})

test('JSON is read as JSON, however it is laid out, one object after the other or before YAML (F051)', () => {
  assert.deepEqual(values('{\n\t"a": [1,\n\t2],\r\n\t"b": "\\/\\ud83d\\ude00 \\u2028\u2028\u007F"\n}\n'), [
    '{"a":[1,2],"b":"/😀 \u2028\u2028\u007F"}',
  ])
  assert.deepEqual(values(' {"a":1}{"b":2}\n{"c":3} '), ['{"a":1}', '{"b":2}', '{"c":3}'])
  assert.deepEqual(values('{"a":1}\n---\nb: 2\n'), ['{"a":1}', '{"b":2}'])
  assert.deepEqual(values('{a: 1}\n---\nb: 2\n'), ['{"a":1}', '{"b":2}'])
})

const refused: [string, string, RegExp][] = [
  ['a bare document behind `...` (F050)', 'a: 1\n...\nb: 2\n', /^2:1 .*kubectl would silently drop it/],
  ['text on the line of a separator (F051)', 'a: 1\n--- {b: 2}\n', /^2:1 This line begins as a separator/],
  ['a separator with letters (F051)', '---foo\na: 1\n', /^1:1 This line begins as a separator/],
  ['YAML behind two JSON objects (F051)', '{"a":1}{"b":2}\n---\nc: 3\n', /^2:1 This line begins as a separator/],
  ['a byte order mark in a later document (F052)', 'a: 1\n---\n\uFEFFb: 2\n', /^3:1 .*U\+FEFF/],
  ['directives (F053)', '%YAML 1.1\n---\na: 1\n', /^1:1 kubectl takes no directives/],
  ['an unknown directive (F053)', '%FOO x\na: 1\n', /^1:1 kubectl takes no directives/],
  ['a key twice, with both places (F054)', 'a:\n  b: 1\n  c: 2\n  b: 3\n', /^4:3 .*stands twice.* \(2:3\)$/],
  ['a key twice in JSON (F054)', '{"a": 1,\n "b": 2, "a": 3}', /^2:10 .*stands twice.* \(1:2\)$/],
  ['a number and a text that are the same key (F054)', '1: a\n"1": b\n', /^2:1 .*stands twice.* \(1:1\)$/],
  ['a merge behind a key that it changes (F054)', 'x: &x {a: 1}\ny:\n  a: 2\n  <<: *x\n', /^4:3 .*merge.* \(3:3\)$/],
  ['the key `__proto__`, at any depth (F055)', 'a: [{b: {__proto__: {x: 1}}}]\n', /^1:10 .*`__proto__` is refused/],
  ['the key `__proto__` in a merge (F055)', 'a: &a {"__proto__": {x: 1}}\nb: {<<: *a}\n', /^1:8 .*`__proto__`/],
  ['the key `__proto__` in JSON (F055)', '{"__proto__": {"x": 1}}', /^1:2 .*`__proto__`/],
  ['an alias without an anchor (F062)', 'a: *b\n', /^1:4 .*no anchor/],
  ['an alias to another document (F062)', 'a: &a 1\n---\nb: *a\n', /^3:4 .*no anchor/],
  ['an alias inside of its anchor (F062)', 'a: &a [*a]\n', /^1:8 .*inside of what it refers to/],
  ['an anchor that kubectl does not take', 'a: &a.b 1\n', /^1:4 .*name of an anchor/],
  ['a merge of something else', 'a: {<<: [1]}\n', /^1:5 .*takes a mapping/],
  ['a merge of an alias to a list', 'x: &x [{a: 1}]\ny: {<<: *x}\n', /^2:5 .*takes a mapping/],
  ['infinity (F066)', 'a: .inf\n', /^1:4 Infinity/],
  ['more than 64 bits (F065)', 'a: 9223372036854775808\n', /^1:4 .*fit into 64 bits/],
  ['a JSON number that is no finite one (F066)', '{"a": 1e400}', /^1:7 .*too large/],
  ['null as a key (F067)', '{~: a}\n', /^1:2 .*no such key/],
  ['a list as a key (F067)', '? [a]\n: b\n', /^1:3 .*no such key/],
  ['a float as a key that Go writes otherwise (F067)', '1.10: a\n', /^1:1 .*no such key/],
  ['half a character (F068)', '{"a": "\\ud800"}', /^1:7 .*half a character/],
  ['half a character in YAML (F068)', 'a: "x\\ud83d\\ude00"\n', /^1:4 .*escape that kubectl does not take/],
  ['an escape of no character (F068)', 'a: "\\U00110000"\n', /^1:4 .*escape/],
  ['a control character (F068)', 'a: x\u0007y\n', /^1:5 .*U\+0007/],
  ['a line break that YAML 1.2 does not know (F068)', 'a: x\u2028y\n', /^1:5 .*U\+2028/],
  ['a carriage return alone (F069)', 'a: 1\rb: 2\n', /^1:5 .*U\+000D/],
  ['a tab as indentation (F069)', 'a:\n\tb: 1\n', /^2:\d+ The file cannot be read/],
  ['a colon in brackets that kubectl reads otherwise', 'a: {b:, c: d}\n', /^1:5 In brackets/],
  ['a question mark in brackets', 'a: [http://x/?y]\n', /^1:5 In brackets/],
  ['a key over two lines', 'a: {"b\n  c": d}\n', /^1:5 .*longer than a line/],
]
for (const [what, text, expected] of refused) {
  test(`refused: ${what}`, () => {
    assert.match(complaints(text)[0] ?? 'nothing was refused', expected)
  })
}

test('tags beyond those of YAML itself are refused, and those are what kubectl makes of them (F063)', () => {
  for (const tag of ['!foo', '!!binary', '!!set', '!!omap', '!!timestamp', '!!js/function', '!!python/object:x', '!']) {
    assert.match(complaints(`a: ${tag} x\n`)[0] ?? tag, /^1:4 (kubectl drops this tag|The file cannot be read)/)
  }
  assert.match(complaints('a: !!set {b}\n')[0] ?? '', /tag/)
  assert.match(complaints('a: !!int x\n')[0] ?? '', /tag/)
  assert.deepEqual(
    values('a: !!str 5\nb: !!int "5"\nc: !!float 5\nd: !!bool "yes"\ne: !!null ""\nf: !!map {}\ng: !!seq []\n'),
    ['{"a":"5","b":5,"c":5,"d":true,"e":null,"f":{},"g":[]}'],
  )
})

test('all troubles of all documents are told at once, and what is valid is read all the same', () => {
  const found = complaints('a: 1\na: 2\nb: .inf\n---\nc: [\n---\nd: 1\n---\ne: *x\n')
  assert.deepEqual(
    found.map((text) => text.split(' ')[0]),
    ['2:1', '3:4', '6:1', '9:4'],
  )
  assert.equal(read('a: [\n---\nd: 1\n').documents.length, 1)
})

test('merges mean what kubectl makes of them', () => {
  const [merged] = values('x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], c: 5}\nq: {"<<": 1}\n')
  assert.match(merged ?? '', /"z":{"a":1,"b":2,"c":5}/)
  assert.match(merged ?? '', /"q":{"<<":1}/)
})

test('names that JavaScript knows are keys like any other (F056)', () => {
  const text = 'constructor: 1\ntoString: 2\nhasOwnProperty: 3\nvalueOf: {length: 4}\n"": 5\n'
  assert.deepEqual(values(text), ['{"":5,"constructor":1,"hasOwnProperty":3,"toString":2,"valueOf":{"length":4}}'])
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

test('brackets and quotes may go on at any column, and places are those of the file', () => {
  const text = 'a:\n  list: [\n    x,\n  w,\n z ]\n  text: "one\n two\n\n  three"\n  bad: *none\n'
  assert.deepEqual(complaints(text), ['10:8 This alias has no anchor before it in its document.'])
  assert.deepEqual(values(text.replace('*none', 'good')), [
    '{"a":{"bad":"good","list":["x","w","z"],"text":"one two\\nthree"}}',
  ])
})

test('every field can be found: pairs at their keys, members of lists where they start, aliases where they lead', () => {
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

const bomb = Array.from({ length: 9 }, (_, level) => {
  return `a${level}: &a${level} [${Array(9)
    .fill(level === 0 ? 'x' : `*a${level - 1}`)
    .join(', ')}]`
}).join('\n')
const beyond: [string, string, keyof ReadLimits][] = [
  ['a bomb of aliases (F057)', bomb, 'expanded-size'],
  [
    'a bomb in a list (F057)',
    `apiVersion: v1\nkind: List\nitems:\n- ${bomb.replaceAll('\n', '\n  ')}`,
    'expanded-size',
  ],
  ['a long text, many times (F057)', `a: &a "${'x'.repeat(1_000_000)}"\nb: [${'*a, '.repeat(900)}]`, 'expanded-size'],
  ['aliases without end (F057)', `a: &a 1\nb: [${'*a, '.repeat(1_001)}]`, 'aliases'],
  ['a chain of merges (F058)', `a0: &a0 {k: v}\n${chain(500)}`, 'depth'],
  ['merges of many keys (F058)', `a: &a {${keys(200)}}\n${merges(60)}`, 'merge-keys'],
  ['nesting, in brackets (F059)', `${'['.repeat(101)}${']'.repeat(101)}`, 'depth'],
  ['nesting, far deeper (F059)', '['.repeat(100_000), 'depth'],
  ['nesting, by indentation (F059)', Array.from({ length: 110 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), 'depth'],
  [
    'nesting by aliases (F059)',
    `a0: &a0 [x]\n${Array.from({ length: 120 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}]`).join('\n')}`,
    'depth',
  ],
  ['more values than one document may have (F061)', `[${'0,'.repeat(240_001)}]`, 'nodes'],
  ['more documents than one file may have (F061)', '---\n'.repeat(50_001), 'documents'],
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
for (const [what, text, limit] of beyond) {
  test(`bounded: ${what}`, () => {
    const { documents, unreadable } = read(text)
    assert.deepEqual([documents.length, unreadable.length], [0, 1])
    assert.match(unreadable[0]?.message ?? '', new RegExp(`: the limit \`${limit}\` is \\d`))
    assert.match(
      formatHint(unreadable[0]?.hint ?? ''),
      new RegExp(`raise it with \`read-limits\`, for instance \`read-limits: ${limit}=`),
    )
  })
}

test('limits are no more than that: a hundred levels, 20,000 documents, 110,000 keys are read (F061)', () => {
  assert.equal(read(`${'['.repeat(100)}${']'.repeat(100)}`).documents.length, 1)
  assert.equal(read('a: 1\n---\n'.repeat(20_000)).documents.length, 20_000)
  const [wide] = read(Array.from({ length: 110_000 }, (_, n) => `k${n}: v`).join('\n')).documents
  assert.equal(Object.keys(wide?.value ?? {}).length, 110_000)
  assert.equal(read(bomb, { 'expanded-size': 2 ** 31 }).documents.length, 1)
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

test('property: what is serialised is read back, whatever its texts hold and however large its integers (I-07)', () => {
  fc.assert(
    fc.property(value.object, (object) => {
      const written = serialise(object as never)
      const { documents, unreadable } = read(written)
      const isWhole = written.isWellFormed()
      assert.deepEqual([unreadable.length, documents.length], isWhole ? [0, 1] : [1, 0], JSON.stringify(unreadable))
      if (isWhole) assert.equal(serialise(documents[0]?.value ?? null), written)
    }),
    runs(300),
  )
})

test('property: any text is read or refused, never a throw, and no prototype changes (I-09)', () => {
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
  const soup = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(''))
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 60 })), (any) => {
      const { documents, unreadable } = read(any)
      for (const { value: each } of documents) serialise(each)
      const placeOf = placesIn(any)
      for (const { message, hint: next, offset } of unreadable) {
        const { line, column } = placeOf(offset)
        assert.ok(message && next && line >= 1 && column >= 1 && offset <= any.length + 1)
      }
    }),
    runs(3_000),
  )
  assert.equal(Object.keys(Object.prototype).length, 0)
})

test('nothing that is said of a text quotes it, which may hold a Secret', () => {
  for (const secret of [
    'hunter2\n bad: indentation',
    '*hunter2',
    '!hunter2 x',
    '!<hunter2> x',
    '!hunter2!x y',
    '&hunter2 &hunter2 x',
    '"hunter2',
    "'hunter2",
    '[hunter2',
    '{hunter2: 1, hunter2: 2}',
    '%hunter2',
    '@hunter2',
    '`hunter2',
    '"hunter2\\q"',
    'hunter2: x: y',
  ]) {
    const { unreadable } = read(`apiVersion: v1\nkind: Secret\nstringData:\n  password: ${secret}\n`)
    assert.ok(unreadable.length > 0, secret)
    assert.doesNotMatch(JSON.stringify(unreadable), /hunter2/, secret)
  }
})

test('what stands before a tab and a bracket keeps to itself, and such a tab is refused', () => {
  const text = 'note: |\n    text\nsecurity:\t{a: b}\n'
  assert.match(complaints(text)[0] ?? '', /^3:12 .*nor may a tab stand before it/)
  assert.deepEqual(values(text.replace('\t', ' ')), ['{"note":"text\\n","security":{"a":"b"}}'])
})

test('brackets and quotes at the margin are read however many lines they have, and what follows stays apart', () => {
  const list = Array.from({ length: 1_500 }, (_, n) => `x${n},`)
  const [value] = values(
    `a:\n  k: [\n${list.join('\n')}\n]\nb: |\n text\nc: "one\n${'two\n'.repeat(900)}three"\nd: 1\n`,
  )
  assert.match(value ?? '', /^\{"a":\{"k":\["x0",.*"x1499"\]\},"b":"text\\n","c":"one two .*two three","d":1\}$/)
})

test('a key may be explicit, and then as long as it likes', () => {
  const long = 'a'.repeat(2_000)
  assert.deepEqual(values(`? ${long}\n: b\n? "c"\n: d\n`), [`{"${long}":"b","c":"d"}`])
  assert.match(complaints('a: {b\n  : c}\n')[0] ?? '', /longer than a line/)
})

test('more text behind a value on its line is no key', () => {
  for (const text of ['- "" b: c\n', '- [x] b: y\n', '- &a x\n- *a b: c\n', 'k: &a b: c\n', '- "x"b: c\n']) {
    assert.match(complaints(`l:\n${text}`)[0] ?? text, /behind another text on its line|cannot be read/)
  }
})

test('an anchor that is defined again inside of its own value means the inner one behind it', () => {
  assert.deepEqual(values('a: &n [&n x]\nb: *n\n'), ['{"a":["x"],"b":"x"}'])
  assert.deepEqual(values('a: &n {c: &n {d: 1}}\nb: {<<: *n}\n'), ['{"a":{"c":{"d":1}},"b":{"d":1}}'])
})

test('the last line of a text that keeps its line breaks has one, as for kubectl', () => {
  assert.deepEqual(values('k: |+\n  a\n '), ['{"k":"a\\n\\n"}'])
  assert.deepEqual(values('a: 1\r\n--- # web\r\nb: 2\r\n'), ['{"a":1}', '{"b":2}'])
})

test('keys that mean another text are found, and both places of a clash among them', () => {
  assert.match(complaints('no: 1\noff: 2\n')[0] ?? '', /^2:1 .* \(1:1\)$/)
  assert.match(complaints('x: a\na: 1\na: 2\n')[0] ?? '', /^3:1 .* \(2:1\)$/)
  const [document] = read('labels: {on: yes}\n').documents
  assert.deepEqual(document?.at(['labels', 'true']), { line: 1, column: 10 })
})
