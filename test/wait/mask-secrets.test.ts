import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskSecrets } from '../../src/wait/mask-secrets.ts'

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
  ['\x1b[36mpassword\x1b[0m=hunter2', 'password=***'],
  ['{"msg":"{\\"password\\":\\"hunter2\\"}"}', '{"msg":"{\\"password\\":***}"}'],
  ['{"password":"a\\"bcdefgh","user":"app"}', '{"password":***,"user":"app"}'],
  ['root:hunter2@tcp(db:3306)/app', 'root:***@tcp(db:3306)/app'],
  ['psql --password hunter2 --host db', 'psql --password *** --host db'],
  ['PASSWORD=hunter2,hunter3 next', 'PASSWORD=*** next'],
  ['DB_PASS=abc;def next', 'DB_PASS=*** next'],
  ['amqp://app:p@ss@host/', 'amqp://app:***@host/'],
  ['AccountKey=abc==', 'AccountKey=***'],
  ['used sk_live_0123456789abcdef', 'used ***'],
  ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7', '***'],
  [`image example.com/app@sha256:${'0a'.repeat(32)}`, `image example.com/app@sha256:${'0a'.repeat(32)}`],
  [
    'back-off 10s restarting failed container=app pod=web-5789bcfd8c-nzjvw_shop(87738e00-cb2f-4740-b64d-8e73a4a2700c)',
    'back-off 10s restarting failed container=app pod=web-5789bcfd8c-nzjvw_shop(87738e00-cb2f-4740-b64d-8e73a4a2700c)',
  ],
  ['secret "db" not found', 'secret "db" not found'],
  ['Back-off restarting failed container main', 'Back-off restarting failed container main'],
  ['listening on http://0.0.0.0:8080/', 'listening on http://0.0.0.0:8080/'],
]
for (const [text, expected] of cases) test(`masks secrets in ${text}`, () => assert.equal(maskSecrets(text), expected))

test('masking a long repetitive text takes bounded time', () => {
  const parts = ['-', 'a.', '://', 'password', 'pass:', ' ', '\\"', 'a:', 'aA1/', 'authorization ', '"\\']
  const texts = [...parts, ...parts.map((part) => `password="${part}`), ...parts.map((part) => `--${part}`)]
  for (const text of texts) assert.ok(maskSecrets(text.padEnd(32_000, text)).length < 100_000)
})
