import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readManifests } from '../../src/manifests/read-file.ts'
import { secretParts, secretValues } from '../../src/object/secret.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'

const cases: [string, string, string[]][] = [
  ['a plain value', 'hunter2', ['hunter2']],
  ['a value with characters that URLs encode', 'a/b c', ['a%2Fb%20c']],
  ['settings', 'USER=app\nexport DB_PASSWORD="hunter2"\nHOST=db', ['hunter2']],
  ['YAML', 'user: app\npassword: hunter2', ['hunter2']],
  ['a URL', 'postgres://app:p%40ss@db/app', ['p%40ss', 'p@ss']],
  ['JSON', '{"user": "app", "auth": {"token": "abcdef", "list": ["x"]}}', ['abcdef']],
]
for (const [what, value, expected] of cases)
  test(`the secret parts of ${what}`, () => {
    const parts = secretParts(value)
    for (const part of expected) assert.ok(parts.includes(part), `${part} in ${parts}`)
    for (const plain of ['app', 'db', 'x']) assert.ok(!parts.includes(plain), `${plain} in ${parts}`)
  })

const secretsIn = (...texts: string[]) =>
  secretValues(
    texts.flatMap((text, index) => [
      ...readManifests(`deploy/file-${index}.yaml`, Buffer.from(text), DEFAULT_LIMITS).manifests,
    ]),
  )

const secret = (data: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n${data}\n`

test('values of Secrets are secrets: verbatim, decoded, and line by line', () => {
  const encoded = Buffer.from('decoded-password').toString('base64')
  const found = secretsIn(secret(`data: {a: ${encoded}}\nstringData: {d: "first line\\nsecond line"}`))
  for (const value of [encoded, 'decoded-password', 'first line', 'second line'])
    assert.ok(found.includes(value), value)
})

test('a line that is also a word in a name, kind or path is not a secret; a password that contains one is', () => {
  const found = secretsIn(
    secret('stringData: {user: postgres, kind: ConfigMap, password: postgres-2024, place: "default\\nshop"}'),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: postgres-settings}\n',
  )
  for (const word of ['postgres', 'ConfigMap', 'default', 'shop']) assert.ok(!found.includes(word), word)
  assert.ok(found.includes('postgres-2024'))
})

test('values of live Secrets are secrets too, except words from the manifests', () => {
  const data = {
    password: Buffer.from('from-the-cluster').toString('base64'),
    user: Buffer.from('shop').toString('base64'),
  }
  const manifests = readManifests('a.yaml', Buffer.from(secret('')), DEFAULT_LIMITS).manifests
  const found = secretValues(manifests, [
    { kind: 'Secret', data },
    { kind: 'ConfigMap', data: { key: 'no-secret' } },
  ])
  assert.ok(found.includes('from-the-cluster'))
  for (const word of ['shop', 'no-secret']) assert.ok(!found.includes(word), word)
})
