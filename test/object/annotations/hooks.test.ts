import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serialise, stringField } from '../../../src/json.ts'
import { stampHooks } from '../../../src/object/annotations/hooks.ts'
import { setOf } from '../../graph/sets.ts'

const job = `---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync}}
`
const secret = (value: string, key = 'password') =>
  `---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {${key}: ${value}}\n`
const map = (value: string) => `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: ${value}}\n`

const stampOf = (yaml: string) => {
  const found = stampHooks(setOf(yaml)).find(({ id }) => id.name === 'migrate')
  return stringField(found?.object, 'metadata', 'annotations', 'fairlead.dev/ran-for') ?? ''
}

test('a hook is stamped with a digest of the set, regardless of the order of files', () => {
  const stamp = stampOf(job + map('x'))
  assert.match(stamp, /^[0-9a-f]{32}$/)
  assert.equal(stampOf(map('x') + job), stamp)
  assert.notEqual(stampOf(job + map('z')), stamp)
  assert.notEqual(stampOf(job), stamp)
})

test('the stamp of a hook covers the keys of Secrets, but not their values', () => {
  assert.equal(stampOf(job + secret('one')), stampOf(job + secret('two')))
  assert.notEqual(stampOf(job + secret('one')), stampOf(job + secret('one', 'token')))
})

test('only hooks that run to completion are stamped', () => {
  const set = setOf(
    job.replace('batch/v1', 'v1').replace('Job', 'ConfigMap') +
      map('x') +
      job.replace('PreSync', 'Sync').replace('migrate', 'sync'),
  )
  const stamped = stampHooks(set)
  assert.deepEqual(
    stamped.map(({ object }, index) => serialise(object) === serialise(set[index]?.object ?? null)),
    [true, true, false],
  )
})
