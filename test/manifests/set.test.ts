import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../../src/config/limits.ts'
import { readManifests } from '../../src/manifests/file.ts'
import { secretValues } from '../../src/manifests/set.ts'

const secretsIn = (...texts: string[]) =>
  secretValues(
    texts.flatMap((text, index) => [
      ...readManifests(`deploy/file-${index}.yaml`, Buffer.from(text), DEFAULT_LIMITS).manifests,
    ]),
  )

const secret = (data: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n${data}\n`

test('values of Secrets are secrets: as they stand, decoded, line by line, and whatever their type', () => {
  const encoded = Buffer.from('decoded-password').toString('base64')
  const found = secretsIn(
    secret(`data: {a: ${encoded}, b: 123456789, c: [nested-1]}\nstringData: {d: "first line\\nsecond line"}`),
  )
  for (const value of [encoded, 'decoded-password', '123456789', 'nested-1', 'first line', 'second line'])
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
