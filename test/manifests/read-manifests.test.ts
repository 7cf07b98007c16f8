import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMessage } from '../../src/diagnostics.ts'
import { readAllManifests } from '../../src/manifests/read-manifests.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'

const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n'

/** What is wrong with a set of plain and rendered files. */
async function problems(plain: Record<string, string>, rendered: Record<string, string> = {}): Promise<string[]> {
  const files = [
    ...Object.entries(plain).map(([file, text]) => ({ file, bytes: Buffer.from(text), hasSourceLines: true })),
    ...Object.entries(rendered).map(([file, text]) => ({ file, bytes: Buffer.from(text), hasSourceLines: false })),
  ]
  const reading = await readAllManifests(files, DEFAULT_LIMITS)
  return reading.problems.map((problem) => `${problem.code} ${problem.location?.file} ${formatMessage(problem)}`)
}

test('problems of plain and rendered files are reported together, with both places of what stands twice (F079)', async () => {
  const found = await problems(
    { 'a.yaml': secret, 'b.yaml': 'a: [\n', 'c.yaml': `kind: X\n---\n${secret}` },
    { 'prod/kustomization.yaml': `kind: 1\nkind: 2\n---\n${secret}` },
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
