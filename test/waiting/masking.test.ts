import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masked } from '../../src/waiting/masking.ts'

const cases: [string, string][] = [
  ['DB_PASSWORD=hunter2 user=app', 'DB_PASSWORD=*** user=app'],
  ['{"password": "hun ter2", "user": "app"}', '{"password": ***, "user": "app"}'],
  ["api_key: 'abc' and more", 'api_key: *** and more'],
  ['Authorization: Bearer abcdefghijk', 'Authorization: Bearer ***'],
  ['authorization=abc', 'authorization=***'],
  ['sent Bearer abcdefghijk', 'sent Bearer ***'],
  ['dial postgres://app:hunter2@db:5432/app failed', 'dial postgres://app:***@db:5432/app failed'],
  ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln back', 'got *** back'],
  [`used ghp_${'a'.repeat(36)}`, 'used ***'],
  ['secret "db" not found', 'secret "db" not found'],
  ['Back-off restarting failed container main', 'Back-off restarting failed container main'],
  ['listening on http://0.0.0.0:8080/', 'listening on http://0.0.0.0:8080/'],
]
for (const [text, expected] of cases) test(`masks secrets in ${text}`, () => assert.equal(masked(text), expected))
