import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMessage } from '../../src/diagnostics.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { readAll, secretValues } from '../../src/manifests/read-manifests.ts'
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

/** What is wrong with a set of plain and rendered files. */
async function problems(plain: Record<string, string>, rendered: Record<string, string> = {}): Promise<string[]> {
  const files = [
    ...Object.entries(plain).map(([file, text]) => ({ file, bytes: Buffer.from(text), hasSourceLines: true })),
    ...Object.entries(rendered).map(([file, text]) => ({ file, bytes: Buffer.from(text), hasSourceLines: false })),
  ]
  const reading = await readAll(files, DEFAULT_LIMITS)
  return reading.problems.map((problem) => `${problem.code} ${problem.location?.file} ${formatMessage(problem)}`)
}

test('problems of plain and rendered files are reported together, with both places of what stands twice (F079)', async () => {
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
