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

const markOf = (yaml: string) => {
  const found = stampHooks(setOf(yaml)).find(({ id }) => id.name === 'migrate')
  return stringField(found?.object, 'metadata', 'annotations', 'fairlead.dev/ran-for') ?? ''
}

test('a hook is marked with what the set holds, whatever the order of its files', () => {
  const mark = markOf(job + map('x'))
  assert.match(mark, /^[0-9a-f]{32}$/)
  assert.equal(markOf(map('x') + job), mark)
  assert.notEqual(markOf(job + map('z')), mark)
  assert.notEqual(markOf(job), mark)
})

test('the mark says nothing about values of Secrets, and does about their keys', () => {
  assert.equal(markOf(job + secret('one')), markOf(job + secret('two')))
  assert.notEqual(markOf(job + secret('one')), markOf(job + secret('one', 'token')))
})

test('nothing but hooks that run to an end is touched', () => {
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
