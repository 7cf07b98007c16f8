import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretParts } from '../../src/object/secret.ts'

const cases: [string, string, string[]][] = [
  ['a plain value', 'hunter2', ['hunter2']],
  ['a value that a URL writes otherwise', 'a/b c', ['a%2Fb%20c']],
  ['settings', 'USER=app\nexport DB_PASSWORD="hunter2"\nHOST=db', ['hunter2']],
  ['YAML', 'user: app\npassword: hunter2', ['hunter2']],
  ['a URL', 'postgres://app:p%40ss@db/app', ['p%40ss', 'p@ss']],
  ['JSON', '{"user": "app", "auth": {"token": "abcdef", "list": ["x"]}}', ['abcdef']],
]
for (const [what, value, expected] of cases)
  test(`what is secret by itself in ${what}`, () => {
    const parts = secretParts(value)
    for (const part of expected) assert.ok(parts.includes(part), `${part} in ${parts}`)
    for (const plain of ['app', 'db', 'x']) assert.ok(!parts.includes(plain), `${plain} in ${parts}`)
  })
