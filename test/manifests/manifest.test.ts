import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { serialise } from '../../src/json.ts'
import { describe, readManifests } from '../../src/manifests/manifest.ts'
import { run } from '../../src/process.ts'
import { binaries } from '../../testbed/binaries.ts'
import { temporaryFolder } from '../../testbed/repository.ts'
import { corpus, unlessPresent } from '../corpora.ts'

let kubectl: string
before(async () => {
  kubectl = join(await binaries(() => {}), 'kubectl')
})

/** What kubectl reads from a text, as one object or the items of a list; undefined where it refuses. */
async function oracle(text: string): Promise<unknown[] | undefined> {
  const args = ['annotate', '--local', '--filename=-', '--output=json', 'oracle=x']
  const exit = await run(kubectl, args, { env: { PATH: '/bin', HOME: temporaryFolder() }, stdin: text })
  if (exit.code !== 0) return undefined
  const stream = String(exit.stdout).trim().replaceAll(/^}\n{/gm, '}\n,{')
  return JSON.parse(`[${stream}]`).map((object: { metadata: { annotations?: Record<string, string> } }) => {
    const { oracle: _, ...annotations } = object.metadata.annotations ?? {}
    delete object.metadata.annotations
    return Object.keys(annotations).length > 0 ? { ...object, metadata: { ...object.metadata, annotations } } : object
  })
}

function ours(text: string) {
  return readManifests('f.yaml', Buffer.from(text))
}

const wrap = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  k: ${value}\n`

test('plain scalars mean what kubectl reads', async () => {
  const scalars = [
    '0644',
    '-0644',
    '010',
    '08',
    '0o644',
    '0b101',
    '0x1F',
    '1_000',
    '+5',
    '-0',
    'yes',
    'No',
    'on',
    'OFF',
    'y',
    'N',
    'true',
    'True',
    '~',
    'null',
    'NULL',
    '1:30',
    '22:22:22',
    '2021-01-01',
    '2001-12-14t21:59:43.10-05:00',
    '1e3',
    '6.02E+23',
    '1.',
    '.5',
    '1.50',
    '123e456',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    '0.1',
    '1e-7',
    '1e21',
    "'0644'",
    '"yes"',
    'a b',
    '12345678901234567890123',
    '0x',
    '1e',
    '_1',
    '1__0',
    '0_7',
    '-0x1f',
    '- 1',
    '=',
    '<<',
  ]
  for (const scalar of scalars) {
    const [read] = ours(wrap(scalar)).manifests
    const [expected] = (await oracle(wrap(scalar))) ?? []
    assert.deepEqual(read === undefined ? undefined : JSON.parse(serialise(read.object)), expected, scalar)
  }
})

test('integers beyond 2^53 are sent digit by digit', () => {
  const [read] = ours(wrap('9223372036854775807')).manifests
  assert.match(serialise(read?.object ?? null), /"k":9223372036854775807/)
})

test('real manifests are read as kubectl reads them', { skip: unlessPresent('microservices-demo') }, async () => {
  const files = readdirSync(corpus('microservices-demo/release'), { withFileTypes: true }).filter((entry) =>
    entry.name.endsWith('.yaml'),
  )
  for (const { parentPath, name } of files) {
    const text = readFileSync(join(parentPath, name), 'utf8')
    assert.deepEqual(
      ours(text).manifests.map(({ object }) => JSON.parse(serialise(object))),
      await oracle(text),
      name,
    )
  }
})

test('documents and members of lists are found with their lines', () => {
  const text =
    '# comment\n---\n\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n--- # next\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: b}\n\n- {apiVersion: v1, kind: Secret, metadata: {name: c}}\n'
  const found = ours(text).manifests.map(({ id, location }) => `${describe(id)} ${location.line}`)
  assert.deepEqual(found, ['ConfigMap a 4', 'Secret b 11', 'Secret c 15'])
})

test('members of a typed list may leave out their type', () => {
  const { manifests } = ours(
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems:\n- metadata: {name: r, namespace: team}\n',
  )
  assert.deepEqual(
    manifests.map(({ id }) => describe(id)),
    ['Role team/r'],
  )
})

test('anchors, aliases and merge keys are resolved', () => {
  const { manifests } = ours(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nx: &x {a: "1", b: "2"}\ndata: {<<: *x, b: "3"}\n',
  )
  assert.equal(serialise(manifests[0]?.object.data ?? null), '{"a":"1","b":"3"}')
})

test('empty and comment-only files are passed over with a reason (F070)', () => {
  for (const text of ['', '# nothing\n', '---\n---\n', 'null\n']) {
    const { manifests, skipped, problems } = ours(text)
    assert.deepEqual(
      [manifests.length, skipped[0]?.reason, problems.length],
      [0, 'it holds no document', 0],
      JSON.stringify(text),
    )
  }
})

const refused: [string, string, RegExp][] = [
  ['a kind without an apiVersion (F073)', 'kind: X\nmetadata: {name: x}\n', /E-OBJECT 1 `apiVersion` must be/],
  ['an apiVersion without a kind', 'apiVersion: v1\nmetadata: {name: x}\n', /E-OBJECT 1 `kind` must be/],
  [
    'an object without a name',
    'apiVersion: v1\nkind: Pod\nmetadata: {}\n',
    /E-OBJECT 1 This Pod has no `metadata.name`/,
  ],
  [
    'a name that YAML reads as a boolean (F074)',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: n}\n',
    /E-OBJECT 1 .* quote it/,
  ],
  ['a name that YAML reads as a number', 'apiVersion: v1\nkind: Pod\nmetadata: {name: 5}\n', /E-OBJECT 1 .* quote it/],
  [
    'generateName (F075)',
    'apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n',
    /E-OBJECT 1 .*every run would create one more/,
  ],
  ['broken YAML, with its line', 'apiVersion: v1\nkind: Pod\n  x: y\n', /E-PARSE 3 /],
  ['a duplicate key (F054)', 'apiVersion: v1\nkind: Pod\nkind: Pod\n', /E-PARSE 3 .*duplicated/],
  ['a template', 'apiVersion: v1\nkind: {{ .Values.kind }}\n', /E-PARSE \d This looks like a template/],
  ['a second document without a separator', 'a: 1\n...\nb: 2\n', /E-PARSE 1 .*second document/],
  [
    'names that would lead elsewhere in the API (F077)',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: ".."}\n',
    /E-OBJECT 1 .*no object may have/,
  ],
  ['a name with a slash', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a/b}\n', /E-OBJECT 1 .*no object may have/],
  [
    'a name with half a character',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: "a\\ud800b"}\n',
    /E-OBJECT 1 .*no object may have/,
  ],
  [
    'a namespace that leads elsewhere',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ../../x}\n',
    /E-OBJECT 1 .*no name of a namespace/,
  ],
  [
    'a list inside a list',
    'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{a: b}]}]\n',
    /E-OBJECT 3 .*inside another list/,
  ],
  ['infinity', wrap('.inf'), /E-PARSE \d .*cannot be written as JSON/],
]
for (const [what, text, expected] of refused) {
  test(`refused: ${what}`, () => {
    const { manifests, problems } = ours(text)
    assert.equal(manifests.length, 0)
    const [problem] = problems
    assert.match(`${problem?.class} ${problem?.location?.line} ${problem?.message} ${problem?.next}`, expected)
  })
}

test('a file that is not UTF-8 is refused (F015, F016)', () => {
  for (const bytes of [Buffer.from([0x61, 0xff]), Buffer.from('a: 1', 'utf16le').subarray(0, 3)]) {
    const { problems, manifests } = readManifests('x.yaml', Buffer.concat([Buffer.from([0xff, 0xfe]), bytes]))
    assert.deepEqual([problems[0]?.class, manifests.length], ['E-PARSE', 0])
  }
})

test('a problem never quotes the file, which may hold a Secret', () => {
  for (const value of [
    'hunter2\n bad: indentation',
    '*hunter2',
    '!hunter2 x',
    '!<hunter2> x',
    '&hunter2 &hunter2 x',
    '"hunter2',
    '[hunter2',
    '{hunter2: 1, hunter2: 2}',
    '%hunter2',
    '@hunter2',
    '`hunter2',
  ]) {
    const { problems } = ours(`apiVersion: v1\nkind: Secret\nstringData:\n  password: ${value}\n`)
    assert.equal(problems.length, 1, value)
    assert.doesNotMatch(JSON.stringify(problems), /hunter2/, value)
  }
})

test('continued brackets and quotes may be indented as kubectl allows', async () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n  - args: [\n    "-a",\n  "-b"\n  ]\n    command: ["c"]\n'
  const shallow =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  list: [\n    a,\n  b\n  ]\n  text: "one\n two\n\n  three"\n'
  for (const each of [shallow, text.replace('    command: ["c"]\n', '')]) {
    assert.deepEqual(
      ours(each).manifests.map(({ object }) => JSON.parse(serialise(object))),
      await oracle(each),
    )
  }
})

test('whatever has items is a list, as for kubectl: nothing is applied that was not read', async () => {
  const text =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: outer}\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: inner}}\n'
  const { manifests } = ours(text)
  assert.deepEqual(
    manifests.map(({ id }) => describe(id)),
    ['Secret inner'],
  )
  assert.deepEqual(
    manifests.map(({ object }) => JSON.parse(serialise(object))),
    await oracle(text),
  )
})

test('an empty list is passed over, and a list inside a list is refused (F072)', () => {
  for (const items of ['[]', 'null', '']) {
    assert.equal(ours(`apiVersion: v1\nkind: List\nitems: ${items}\n`).skipped[0]?.reason, 'it is an empty list')
  }
})

test('every real manifest is read as kubectl reads it, or refused for a reason that is listed here', {
  skip: unlessPresent('tekton'),
}, async () => {
  const listed = /duplicated mapping key|generateName|no `metadata.name`/
  for (const folder of ['tekton/config', 'cloudnative-pg/docs', 'seed-config', 'podinfo/kustomize']) {
    for (const { parentPath, name } of readdirSync(corpus(folder), { recursive: true, withFileTypes: true }).filter(
      (entry) => /\.ya?ml$/.test(entry.name),
    )) {
      const text = readFileSync(join(parentPath, name), 'utf8')
      const { manifests, problems } = ours(text)
      for (const { message } of problems) assert.match(message, listed, `${folder}/${name}`)
      if (problems.length > 0 || manifests.length === 0) continue
      assert.deepEqual(
        manifests.map(({ object }) => JSON.parse(serialise(object))),
        await oracle(text),
        name,
      )
    }
  }
})

test('what is valid in a file is read although the rest of it is not', () => {
  const { manifests, problems } = ours(`${wrap('a')}---\na: [\n---\n${wrap('b')}`)
  assert.deepEqual([manifests.length, problems.length], [2, 1])
})

test('a pointer to git LFS is no manifest, and no reason for a green run (F019)', () => {
  const { problems } = ours('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')
  assert.equal(problems[0]?.class, 'E-SOURCE')
})
