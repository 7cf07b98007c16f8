import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFieldPath } from '../../src/object/field-path.ts'

const object = {
  metadata: { annotations: { 'a.b/c': 'x' } },
  spec: {
    replica: 3,
    containers: [
      { name: 'a', image: 'i' },
      { name: 'b.c', ports: [{ containerPort: 80 }, { containerPort: 81, protocol: 'UDP' }], typo: 1 },
    ],
  },
}

test('a field is found by the path in a message of the server', () => {
  const cases: [string, (string | number)[]][] = [
    ['spec.replica', ['spec', 'replica']],
    ['.spec.replica', ['spec', 'replica']],
    ['spec.containers[1].ports[0].containerPort', ['spec', 'containers', 1, 'ports', 0, 'containerPort']],
    ['metadata.annotations[a.b/c]', ['metadata', 'annotations', 'a.b/c']],
    ['.spec.containers[name="b.c"].typo', ['spec', 'containers', 1, 'typo']],
    ['.spec.containers[name="b.c"].ports[containerPort=81,protocol="UDP"]', ['spec', 'containers', 1, 'ports', 1]],
    ['.spec.containers[name="none"].typo', ['spec', 'containers']],
    ['spec.template.spec', ['spec']],
    ['metadata.name', ['metadata']],
    ['', []],
    ['constructor.prototype', []],
  ]
  for (const [text, steps] of cases) assert.deepEqual(parseFieldPath(text, object), steps, text)
})

test('long messages of the server are parsed in linear time, and numbers of any length compare', () => {
  const ports = { spec: { ports: [{ port: 9007199254740993n }, { port: 80 }] } }
  assert.deepEqual(parseFieldPath('.spec.ports[port=80]', ports), ['spec', 'ports', 1])
  assert.deepEqual(parseFieldPath('.spec.ports[port=9007199254740993]', ports), ['spec', 'ports', 0])
  assert.deepEqual(parseFieldPath(`.spec.x[${'"'.repeat(10_001)}`, ports), ['spec'])
})
