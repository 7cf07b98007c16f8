import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMessage } from '../../src/diagnostics.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { readAllManifests, secretValues } from '../../src/manifests/read-manifests.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'

const secretsIn = (...texts: string[]) =>
  secretValues(
    texts.flatMap((text, index) => [
      ...readManifests(`deploy/file-${index}.yaml`, Buffer.from(text), DEFAULT_LIMITS).manifests,
    ]),
  )

const secret = (data: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n${data}\n`

test('values of Secrets are secrets: as they stand, decoded, and line by line', () => {
  const encoded = Buffer.from('decoded-password').toString('base64')
  const found = secretsIn(secret(`data: {a: ${encoded}}\nstringData: {d: "first line\\nsecond line"}`))
  for (const value of [encoded, 'decoded-password', 'first line', 'second line'])
    assert.ok(found.includes(value), value)
})

test('a line that is also a word of a name, a kind or a path is no secret; a password that merely contains one is', () => {
  const found = secretsIn(
    secret('stringData: {user: postgres, kind: ConfigMap, password: postgres-2024, place: "default\\nshop"}'),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: postgres-settings}\n',
  )
  for (const word of ['postgres', 'ConfigMap', 'default', 'shop']) assert.ok(!found.includes(word), word)
  assert.ok(found.includes('postgres-2024'))
})

/** What is wrong with a set of files and builds. */
async function problems(files: Record<string, string>, builds: Record<string, string> = {}): Promise<string[]> {
  const contents = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]))
  const built = Object.entries(builds).map(([file, text]) => ({ file, yaml: Buffer.from(text) }))
  const reading = await readAllManifests([...contents.keys()], contents, built, DEFAULT_LIMITS)
  return reading.problems.map((problem) => `${problem.code} ${problem.location?.file} ${formatMessage(problem)}`)
}

test('problems of all files and builds are told together, with both places of what stands twice (F079)', async () => {
  const found = await problems(
    { 'a.yaml': secret(''), 'b.yaml': 'a: [\n', 'c.yaml': `kind: X\n---\n${secret('')}` },
    { 'prod/kustomization.yaml': `kind: 1\nkind: 2\n---\n${secret('')}` },
  )
  assert.deepEqual(found, [
    'E-PARSE b.yaml The file cannot be read. A bracket is never closed.',
    'E-OBJECT c.yaml `apiVersion` must be there, and is not.',
    'E-PARSE prod/kustomization.yaml This key stands twice in one mapping, and kubectl would silently take the last one.',
    'E-DUP c.yaml The repository has this object twice; the other one is in a.yaml:1.',
    'E-DUP prod/kustomization.yaml The repository has this object twice; the other one is in a.yaml:1.',
  ])
})

test('a custom resource whose definition is in the set is named as the server wants it', async () => {
  const definition =
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {plural: things, kind: Thing}, scope: Cluster, versions: [{name: v1, served: true}]}\n'
  const thing = (name: string) => `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: "${name}"}\n`
  const [found, ...others] = await problems({ 'crd.yaml': definition, 'a.yaml': thing('a.b'), 'b.yaml': thing('B:c') })
  assert.match(found ?? '', /^E-OBJECT b\.yaml The name of this Thing is one that the server refuses/)
  assert.deepEqual([others, await problems({ 'b.yaml': thing('B:c') })], [[], []])
})

test('a build beyond the limit is refused', async () => {
  const found = await problems({}, { 'prod/kustomization.yaml': `a: ${'x'.repeat(6 * 2 ** 20)}` })
  assert.match(found.join(), /^E-SOURCE prod\/kustomization\.yaml The file has .*: the limit `file-size` is 5 MiB\.$/)
})
