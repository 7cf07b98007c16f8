import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadAll, YAMLException } from 'js-yaml'
import { isObject, serialise } from '../../src/json.ts'
import { flattenList } from '../../src/manifests/lists.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { withoutServerFields } from '../../src/manifests/server-fields.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { isDocument, readDocuments } from '../../src/yaml/document.ts'
import { splitDocuments } from '../../src/yaml/stream.ts'
import { corpus, unlessPresent } from '../corpora.ts'
import { oracle, parseExactly, withoutMark } from '../oracle.ts'
import { runs } from '../runs.ts'

/** The objects that Fairlead reads from a text, as canonical JSON, or the reasons why it does not. */
function read(text: string): { readonly objects: string[] } | { readonly rejected: string[] } {
  const { manifests, skipped, problems } = readManifests('f.yaml', Buffer.from(text), DEFAULT_LIMITS)
  const reasons = [...problems.map(({ reason = '' }) => reason), ...skipped.map(({ reason }) => reason)]
  const isEmpty = reasons.every((reason) => /it is empty|neither apiVersion/.test(reason))
  if (reasons.length > 0 && !(isEmpty && manifests.length === 0)) return { rejected: reasons }
  return { objects: manifests.map(({ object }) => serialise(withoutMark(object))) }
}

/** The objects that kubectl read, without the fields that only the server writes. */
function withoutServerData(objects: readonly string[]): string[] {
  return objects.map((text) => {
    const object = parseExactly(text)
    assert.ok(isObject(object))
    return serialise(withoutMark(withoutServerFields(object).object))
  })
}

/** The reasons why a document of the corpora may be rejected although kubectl reads it. */
const LISTED = [
  /^DuplicateKey$/,
  /^GenerateName$/,
  /^NameMissing$/,
  /^UnrenderedTemplate$/,
  /it configures (kustomize|Skaffold)/,
]

test('every document of the corpora that kubectl reads is read to the identical JSON, or rejected for a listed reason', {
  skip: unlessPresent('tekton'),
}, async (context) => {
  const files = readdirSync(corpus('.'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
  // Whole files and single documents, since kubectl reads no document after one that it rejects.
  const texts = [
    ...files,
    ...files.flatMap((file) => splitDocuments(file, Number.POSITIVE_INFINITY).parts.map(({ text }) => text)),
  ]
  const theirs = await oracle(texts)
  const refusals = new Map<string, number>()
  let identical = 0
  texts.forEach((text, index) => {
    const expected = theirs[index]
    if (expected === undefined || expected.length === 0) return
    const ours = read(text)
    if ('objects' in ours) {
      assert.deepEqual(ours.objects, withoutServerData(expected), text.slice(0, 300))
      identical += 1
      return
    }
    for (const reason of ours.rejected) {
      const listed = LISTED.find((pattern) => pattern.test(reason))
      assert.ok(listed, `${reason}\n${text.slice(0, 300)}`)
      refusals.set(listed.source, (refusals.get(listed.source) ?? 0) + 1)
    }
  })
  context.diagnostic(
    `${files.length} files, ${texts.length - files.length} documents: ${identical} texts read identically`,
  )
  for (const [reason, count] of refusals) context.diagnostic(`rejected ${count} times: ${reason}`)
  assert.ok(identical > 3_800)
})

test('the fourteen files of tekton whose brackets js-yaml rejects are read as kubectl reads them', {
  skip: unlessPresent('tekton'),
}, async () => {
  const texts = readdirSync(corpus('tekton'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    .filter((text) => jsYamlError(text) === 'deficient indentation')
  assert.equal(texts.length, 14)
  const theirs = await oracle(texts)
  texts.forEach((text, index) => {
    const values = [...readDocuments(text, DEFAULT_LIMITS)].flatMap((document) => {
      assert.ok(isDocument(document))
      return flattenList(document.value) ?? [document.value]
    })
    assert.deepEqual(
      values.map((value) => serialise(withoutMark(value))),
      theirs[index],
      text.slice(0, 300),
    )
  })
})

function jsYamlError(text: string): string | undefined {
  try {
    loadAll(text)
    return undefined
  } catch (error) {
    return error instanceof YAMLException ? error.reason : 'something else'
  }
}

const seeds = [
  `apiVersion: v1
kind: ConfigMap
metadata:
  name: x
  labels: {a: b, "c": 'd'}
data:
  one: |
    text
      more

    end
  two: >-
    folded
    text

     deep
  three: "a b
    c"
  four: [1, two, "3", {x: y}]
`,
  `apiVersion: v1
kind: Pod
metadata: {name: p, annotations: {x: "y"}}
spec:
  containers:
  - name: a
    args: [
      "-a", # comment
      -b,
    ]
    env:
    - {name: A, value: "1"}
    - name: B
      value: it's
  - &c
    name: b
    image: foo:1.2
  x: *c
  <<: {m: n}
`,
  `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"},
 "data": {"a": "b\\n\\u00e9", "c": [1, 2.5e3, true, null]}}
`,
  `# comment
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: s}
  stringData:
    k: 'it''s'
    ? complex
    : value
    note: |
      text
    more: [a, b]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: second
data:
  k: plain text
    continued # c
`,
  `apiVersion: v1
kind: ConfigMap
metadata:
  name: &n anchored
x-common: &common
  a: 1
  b: [x, w]
spec:
  <<: *common
  b: over
  list:
    - *n
    - <<: [*common, {c: 3}]
      d: !!str 5
  t: !!int "7"
  u: "multi
    line

    dq \\
    esc"
  v: 'single
    multi'
  lit: |2-
      keep indent
    less
  keep: |+
    x

  empty:
  url: http://x/?a=b#c
`,
]
const piece = fc.constantFrom(
  ...[
    '',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '\t',
    ':',
    ': ',
    '-',
    '- ',
    '#',
    ' #',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ',',
    '|',
    '>',
    '|-',
  ],
  ...[
    '>+',
    '|2',
    '&a',
    '*a',
    '!',
    '!!str ',
    '%',
    '@',
    '`',
    '?',
    '? ',
    '<<',
    '<<: ',
    '...',
    '---',
    '\n---\n',
    '\n...\n',
  ],
  ...['\r', '\r\n', '\\', '\\n', '\\x41', '\\u0041', '\\/', '~', '0', '0x1f', '1e3', '.5', 'on', 'null', 'é', '\u00a0'],
  ...['\u0085', '\u2028', '\ufeff', '=', 'a: b', '- a', 'x'],
)
/** An offset (modulo the length), the number of characters to delete there, and a text to insert. */
const edit = fc.record({ at: fc.nat(10_000), drop: fc.nat(3), insert: piece })
const mutant = fc
  .tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 2 }))
  .map(([seed, edits]) =>
    edits.reduce((text, { at, drop, insert }) => {
      const start = at % (text.length + 1)
      return text.slice(0, start) + insert + text.slice(start + drop)
    }, seed),
  )

test('property: a randomly edited document is read as by kubectl, or rejected', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(fc.array(mutant, { minLength: 1, maxLength: 100, size: 'max' }), async (texts) => {
      const theirs = await oracle(texts)
      for (const [index, text] of texts.entries()) {
        const ours = read(text)
        if (!('objects' in ours)) continue
        compared += 1
        // White space that only kubectl rejects is harmless (docs/explanation/manifests.md).
        if (theirs[index] === undefined && /\t|^ ---|\n---\s*$/.test(text)) continue
        assert.deepEqual(ours.objects, withoutServerData(theirs[index] ?? []), text)
      }
      // kubectl reads the JSON that is sent to it to the same objects.
      const sent = texts.flatMap((text) => {
        const ours = read(text)
        return 'objects' in ours && ours.objects.length > 0 ? [ours.objects] : []
      })
      const received = await oracle(sent.map((objects) => objects.join('\n')))
      assert.deepEqual(received, sent)
    }),
    runs(8),
  )
  assert.ok(compared > 50, `only ${compared} documents could be compared`)
})

test('property: any bytes give objects or problems, and never throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        mutant.map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        const { manifests, skipped, problems } = readManifests('f.yaml', Buffer.from(bytes), DEFAULT_LIMITS)
        assert.ok(manifests.length + skipped.length + problems.length > 0)
        for (const { code } of problems) assert.match(code, /^E-(PARSE|OBJECT|SOURCE)$/)
      },
    ),
    runs(500),
  )
})
