import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLocation } from '../../src/diagnostics.ts'
import { readAllManifests } from '../../src/manifests/read-manifests.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'

const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n'

/** The problems of a set of plain and rendered files. */
async function problems(plain: Record<string, string>, rendered: Record<string, string> = {}): Promise<string[]> {
  const files = [
    ...Object.entries(plain).map(([file, text]) => ({ file, bytes: Buffer.from(text), hasSourceLines: true })),
    ...Object.entries(rendered).map(([file, text]) => ({ file, bytes: Buffer.from(text), hasSourceLines: false })),
  ]
  const reading = await readAllManifests(files, DEFAULT_LIMITS)
  return reading.problems.map(({ code, location, relatedLocation }) =>
    [code, location?.file, formatLocation(relatedLocation)].join(' ').trim(),
  )
}

test('problems of plain and rendered files are reported together, with both locations of duplicates', async () => {
  const found = await problems(
    { 'a.yaml': secret, 'b.yaml': 'a: [\n', 'c.yaml': `kind: X\n---\n${secret}` },
    { 'prod/kustomization.yaml': `kind: 1\nkind: 2\n---\n${secret}` },
  )
  assert.deepEqual(found, [
    'E-PARSE b.yaml',
    'E-OBJECT c.yaml',
    'E-PARSE prod/kustomization.yaml',
    'E-DUP c.yaml a.yaml:1',
    'E-DUP prod/kustomization.yaml a.yaml:1',
  ])
})

test('the name of a custom resource is validated if its CRD is in the set', async () => {
  const crd =
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {plural: things, kind: Thing}, scope: Cluster, versions: [{name: v1, served: true}]}\n'
  const thing = (name: string) => `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: "${name}"}\n`
  const [found, ...others] = await problems({ 'crd.yaml': crd, 'a.yaml': thing('a.b'), 'b.yaml': thing('B:c') })
  assert.equal(found, 'E-OBJECT b.yaml')
  assert.deepEqual([others, await problems({ 'b.yaml': thing('B:c') })], [[], []])
})
