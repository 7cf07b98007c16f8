import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../src/json.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { DEFAULT_OPTIONS } from '../../src/object/annotations/manifest-options.ts'
import { parseCrd } from '../../src/object/crd.ts'
import { validateAgainstCrd } from '../../src/object/crd-schema.ts'
import { formatFieldPath } from '../../src/object/field-path.ts'
import type { Manifest } from '../../src/object/manifest.ts'
import { formatGroupKind, formatId } from '../../src/object/object-id.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { corpus, unlessPresent } from '../corpora.ts'

const properties = {
  size: { type: 'integer', minimum: 1 },
  mode: { type: 'string', default: 'x', enum: ['x', 'y'] },
  port: { 'x-kubernetes-int-or-string': true },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  list: { type: 'array', items: { type: 'object', properties: { name: { type: 'string', pattern: '^[a-z]+$' } } } },
  map: { type: 'object', additionalProperties: { type: 'string' } },
  goes: { type: 'string', nullable: true },
  posix: { type: 'string', pattern: '^[[:digit:]]+$' },
}
const spec = { type: 'object', required: ['size', 'mode'], properties }
const openAPIV3Schema = { type: 'object', required: ['spec'], properties: { spec } }
const id = { group: 'example.com', kind: 'Thing', namespace: '', name: 'a' }
const location = { file: 'f' }
const definition: Manifest = {
  ...{ id, location, version: 'v1', options: DEFAULT_OPTIONS },
  object: { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema } }] } },
}

const cases: [what: string, object: JsonObject, says: string][] = [
  [
    'a valid resource',
    { spec: { size: 1, port: '5%', free: { a: { b: 1 } }, map: { k: 'v' }, goes: null, posix: 'x' } },
    '',
  ],
  ['a required field', {}, ': Instance does not have required property "spec".'],
  ['a type', { spec: { size: 'a' } }, 'spec.size: Instance type "string" is invalid. Expected "integer".'],
  ['a bound', { spec: { size: 0 } }, 'spec.size: 0 is less than'],
  ['an enumeration', { spec: { size: 1, mode: 'z' } }, 'spec.mode: Instance does not match any of ["x","y"].'],
  ['an unknown field', { spec: { size: 1, sise: 2 } }, 'spec.sise: this field is not declared in the schema'],
  ['an unknown field in a list', { spec: { size: 1, list: [{ nme: 'a' }] } }, 'spec.list[0].nme: this field is not'],
  ['a pattern', { spec: { size: 1, list: [{ name: 'A' }] } }, 'spec.list[0].name: String does not match pattern.'],
  ['a member of a map', { spec: { size: 1, map: { k: 1 } } }, 'spec.map.k: Instance type "number" is invalid.'],
]
for (const [what, object, says] of cases) {
  test(`the schema of a CRD validates a custom resource: ${what}`, () => {
    const found = validateAgainstCrd(definition, {
      ...{ id, location, version: 'v1', options: DEFAULT_OPTIONS },
      object: { metadata: { name: 'a' }, ...object },
    })
    const text = found === undefined ? '' : `${formatFieldPath(found.field)}: ${found.message}`
    assert.ok(says === '' ? text === '' : text.startsWith(says), text)
  })
}

test('a version without a schema accepts everything', () => {
  assert.equal(
    validateAgainstCrd(definition, { id, location, version: 'v2', object: {}, options: DEFAULT_OPTIONS }),
    undefined,
  )
})

/** The files of each corpus, and the expected violations: fields that a webhook would default. */
const sets: Record<string, { files: RegExp; filled?: RegExp }> = {
  'kube-prometheus/manifests': { files: /./ },
  'gateway-api': { files: /./ },
  // Three samples are for another version than the release.
  'cloudnative-pg': {
    files: /cnpg-1\.30\.0|samples/,
    filled: /groupSnapshot: this field|podFailureDomainKeys: this field|spec\.tablespaces: Instance type "object"/,
  },
  tekton: { files: /./, filled: /spec\.steps\[0\]: Instance does not have required property "name"/ },
}
for (const [path, { files: wanted, filled = /^$/ }] of Object.entries(sets)) {
  test(`the custom resources of a corpus match its CRDs: ${path}`, { skip: unlessPresent(path) }, () => {
    const root = corpus(path)
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ya?ml$/.test(file))
    const manifests = files.flatMap((file) => {
      const place = join(root, file)
      if (!statSync(place).isFile() || !wanted.test(file) || /kustomization|invalid/.test(file)) return []
      return readManifests(file, readFileSync(place), DEFAULT_LIMITS).manifests
    })
    const definitions = new Map(
      manifests.flatMap((manifest) => {
        const defined = parseCrd(manifest)
        return defined === undefined ? [] : [[defined.groupKind, manifest] as const]
      }),
    )
    const judged = manifests.flatMap((manifest) => {
      const defines = definitions.get(formatGroupKind(manifest.id))
      return defines === undefined ? [] : [{ manifest, violation: validateAgainstCrd(defines, manifest) }]
    })
    const refused = judged.flatMap(({ manifest, violation }) =>
      violation === undefined
        ? []
        : [
            `${manifest.location.file} ${formatId(manifest.id)} ${formatFieldPath(violation.field)}: ${violation.message}`,
          ],
    )
    assert.ok(judged.length > 20, `${judged.length} resources`)
    assert.deepEqual(
      refused.filter((line) => !filled.test(line)),
      [],
    )
  })
}
