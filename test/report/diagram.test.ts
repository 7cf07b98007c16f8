import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortForApply } from '../../src/graph/apply-order.ts'
import { drawGraph, renderMermaid } from '../../src/report/diagram.ts'
import { makeRedactor } from '../../src/report/redactor.ts'
import { setOf } from '../graph/sets.ts'

const draw = (yaml: string) => {
  const drawn = drawGraph(sortForApply(setOf(yaml)).graph)
  return drawn === undefined ? undefined : { by: drawn.by, diagram: renderMermaid(drawn, makeRedactor()) }
}
const map = (name: string, namespace: string) =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\n`
const pod = (name: string, namespace: string, reads: string, kind = 'Pod') =>
  `---\napiVersion: ${kind === 'Pod' ? 'v1' : 'example.com/v1'}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: ${reads}}}]}]}\n`
const space = (name: string) => `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join('')

test('a small graph has a node for each object, in the frame of its Namespace', () => {
  assert.deepEqual(draw(space('shop') + map('env', 'shop') + pod('web', 'shop', 'env')), {
    by: 'object',
    diagram: [
      'flowchart LR',
      '  subgraph f0["Namespace shop"]',
      '  n0["Namespace shop"]',
      '  n1["ConfigMap env"]',
      '  n2["Pod web"]',
      '  end',
      '  n1 -.-> n2',
    ].join('\n'),
  })
})

test('a larger graph has a node for each kind, with the numbers of objects and edges', () => {
  const drawn = draw(
    space('shop') + many(50, (index) => map(`m-${index}`, 'shop') + pod(`p-${index}`, 'shop', `m-${index}`)),
  )
  assert.equal(drawn?.by, 'kind')
  assert.equal(
    drawn?.diagram,
    [
      'flowchart LR',
      '  n0["Namespace"]',
      '  n1["50 ConfigMap"]',
      '  n2["50 Pod"]',
      '  n0 -->|50| n1',
      '  n0 -->|50| n2',
      '  n1 -.->|50| n2',
    ].join('\n'),
  )
})

test('a graph with many kinds has a node for each namespace', () => {
  const drawn = draw(
    map('a', 'red') +
      many(50, (index) => pod('x', 'red', 'a', `Kind${String.fromCharCode(65 + (index % 26))}${index}`)) +
      '---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: blue}\nsubjects: [{kind: ServiceAccount, name: default, namespace: red}]\n',
  )
  assert.equal(drawn?.by, 'namespace')
  assert.match(drawn?.diagram ?? '', /\["51 in red"\]/)
})

test('a graph without edges, or with too many, has no diagram', () => {
  assert.equal(draw(map('a', 'red') + map('b', 'blue')), undefined)
  assert.equal(
    draw(many(60, (index) => map('a', `ns-${index}`) + pod('x', `ns-${index}`, 'a', `Kind${'A'.repeat(index + 1)}`))),
    undefined,
  )
})

test('names cannot break out of a diagram', () => {
  const drawn = draw(
    `---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "a\\"]\\n\`\`\`<b>::error::x"}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "a\\"]\\n\`\`\`<b>::error::x"}\n`,
  )
  const line = drawn?.diagram.split('\n')[1] ?? ''
  assert.match(line, /^ {2}n0\["ClusterRole a#34;#93;#10;#96;#96;#96;#60;b#62;#58;#58;error#58;#58;x"\]$/)
})
