import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMessage, placeOf } from '../../src/diagnostics.ts'
import { formatHint } from '../../src/hint.ts'
import { serialise } from '../../src/json.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { formatId } from '../../src/object/object-id.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { oracle } from '../oracle.ts'

const read = (text: string | Buffer) => readManifests('f.yaml', Buffer.from(text), DEFAULT_LIMITS)

/** What is wrong with a file: class, place, message and next step of each problem. */
function problems(text: string | Buffer): string[] {
  return read(text).problems.map((problem) => {
    return `${problem.code} ${placeOf(problem.location)} ${formatMessage(problem)} ${formatHint(problem.hint ?? '')}`
  })
}

const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${more}`

test('objects are found with line and column, in documents and in lists', () => {
  const text = `# comment\n---\n\n${configMap('a')}--- # next\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: b}\n\n- {apiVersion: v1, kind: Secret, metadata: {name: c}}\n`
  const found = read(text).manifests.map(({ id, location }) => `${formatId(id)} ${placeOf(location)}`)
  assert.deepEqual(found, ['ConfigMap a f.yaml:4', 'Secret b f.yaml:11:3', 'Secret c f.yaml:15:3'])
})

test('members of a list that is an alias are found too', () => {
  const text = 'x: &x [{apiVersion: v1, kind: Secret, metadata: {name: a}}]\napiVersion: v1\nkind: List\nitems: *x\n'
  assert.equal(placeOf(read(text).manifests[0]?.location), 'f.yaml:1:8')
})

test('members of a typed list may leave out their type (F072)', () => {
  const text =
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems:\n- metadata: {name: r, namespace: team}\n'
  assert.deepEqual(
    read(text).manifests.map(({ id }) => formatId(id)),
    ['Role team/r'],
  )
})

test('whatever has items is a list, as for kubectl: nothing is applied that was not read', async () => {
  const text = `${configMap('outer')}items:\n- {apiVersion: v1, kind: Secret, metadata: {name: inner}}\n`
  const { manifests } = read(text)
  assert.deepEqual(
    manifests.map(({ id }) => formatId(id)),
    ['Secret inner'],
  )
  assert.deepEqual([manifests.map(({ object }) => serialise(object))], await oracle([text]))
})

test('an empty list, an empty file and one with comments alone are passed over with a reason (F070, F072)', () => {
  for (const items of ['[]', 'null', '']) {
    assert.equal(read(`apiVersion: v1\nkind: List\nitems: ${items}\n`).skipped[0]?.reason, 'it is an empty list')
  }
  for (const text of ['', '# nothing\n', '---\n---\n', 'null\n', '~']) {
    const { manifests, skipped, problems: found } = read(text)
    assert.deepEqual([manifests.length, skipped[0]?.reason, found.length], [0, 'it holds no document', 0], text)
  }
})

test('what is no object of a cluster is passed over, with its place and the reason (F082)', () => {
  const cases: [string, string][] = [
    ['replicas: 3\nimage: {tag: 1.2}\n', 'it has neither apiVersion nor kind'],
    ['{"title": "a dashboard", "panels": []}', 'it has neither apiVersion nor kind'],
    ['on: push\njobs: {}\n', 'it has neither apiVersion nor kind'],
    ['apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n', 'it configures kustomize'],
    ['apiVersion: skaffold/v4beta1\nkind: Config\n', 'it configures Skaffold'],
    ['apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n', 'it configures kind'],
    ['apiVersion: v1\nkind: Config\nclusters: []\n', 'it is a kubeconfig'],
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {config.kubernetes.io/local-config: "true"}}\n',
      'its annotation `config.kubernetes.io/local-config` says so',
    ],
  ]
  for (const [text, reason] of cases) {
    const { manifests, skipped } = read(`---\n${text}`)
    assert.deepEqual([manifests.length, skipped], [0, [{ location: { file: 'f.yaml', line: 2, column: 1 }, reason }]])
  }
})

const refused: [string, string, RegExp][] = [
  ['a list at the top (F071)', '- a: 1\n', /E-OBJECT f.yaml:1 This document is not a mapping/],
  ['a text at the top (F071)', 'apiVersion:v1 kind:Pod\n', /E-OBJECT f.yaml:1 This document is not a mapping/],
  ['a JSON array at the top (F071)', '[{"kind": "Pod"}]', /E-OBJECT f.yaml:1 This document is not a mapping/],
  [
    'a kind without an apiVersion (F073)',
    'kind: X\nmetadata: {name: x}\n',
    /E-OBJECT f.yaml:1 `apiVersion` must be there/,
  ],
  [
    'an apiVersion without a kind (F073)',
    'apiVersion: v1\nmetadata: {name: x}\n',
    /E-OBJECT f.yaml:1 `kind` must be there/,
  ],
  ['a kind that is no word (F073)', 'apiVersion: v1\nkind: a/b\n', /E-OBJECT f.yaml:2 `kind` must be/],
  ['an empty kind (F073)', 'apiVersion: v1\nkind:\n', /E-OBJECT f.yaml:2 `kind` must be/],
  [
    'an apiVersion of three parts (F073)',
    'apiVersion: x/y/z\nkind: X\n',
    /E-OBJECT f.yaml:1 `apiVersion` must be a version/,
  ],
  [
    'an object without a name (F073)',
    'apiVersion: v1\nkind: Pod\nmetadata: {}\n',
    /E-OBJECT f.yaml:3 This Pod has no `metadata.name`/,
  ],
  ['a name that YAML reads as a boolean (F074)', configMap('n'), /E-OBJECT f.yaml:3:12 .* quote it/],
  ['a name that YAML reads as a number (F074)', configMap('5'), /E-OBJECT f.yaml:3:12 .* quote it/],
  ['a name that is null (F074)', configMap('null'), /E-OBJECT f.yaml:3:12 .* quote it/],
  ['a name of a million characters (F074)', configMap('a'.repeat(1_000_000)), /E-OBJECT f.yaml:3:12 .*at most 253/],
  [
    'generateName (F075)',
    'apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n',
    /E-OBJECT f.yaml:3:12 .*every run would create one more/,
  ],
  ['a name that would lead elsewhere in the API (F076)', configMap('".."'), /E-OBJECT f.yaml:3:12 .*server refuses/],
  ['a name with a slash (F076)', configMap('a/b'), /E-OBJECT f.yaml:3:12 .*server refuses/],
  ['a name in capitals', configMap('Web'), /E-OBJECT f.yaml:3:12 The name of this ConfigMap .*lower-case letters/],
  [
    'a namespace that leads elsewhere (F077)',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ../../kube-system}\n',
    /E-OBJECT f.yaml:3:21 .*no name of a namespace/,
  ],
  [
    'a namespace in capitals (F077)',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: Team}\n',
    /E-OBJECT f.yaml:3:21 .*no name of a namespace/,
  ],
  [
    'a list inside a list (F072)',
    'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{a: b}]}]\n',
    /E-OBJECT f.yaml:3:9 .*inside another list/,
  ],
  [
    'a bad member of a list (F072)',
    `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret}\n`,
    /E-OBJECT f.yaml:5:3 This Secret has no/,
  ],
  [
    'a label that is no string',
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    enabled: true\n',
    /E-OBJECT f.yaml:6:5 `metadata.labels.enabled` must be a string. Put it into quotes./,
  ],
  [
    'a label that says whose an object is (F080)',
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    applyset.kubernetes.io/part-of: x\n',
    /E-OBJECT f.yaml:6:5 .*which inventory owns an object/,
  ],
  [
    'a definition whose name is not that of what it defines',
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {plural: widgets, kind: Widget}}\n',
    /E-OBJECT f.yaml:3:12 .*must be `widgets\.example\.com`/,
  ],
  [
    'a template (F081)',
    'apiVersion: v1\nkind: {{ .Values.kind }}\n{{- end }}\n',
    /E-PARSE f.yaml:\d+:\d+ This looks like a template/,
  ],
  [
    'a template that is YAML (F081)',
    configMap('"{{ .Release.Name }}-x"'),
    /E-OBJECT f.yaml:3:12 This looks like a template/,
  ],
  [
    'a Jinja template (F081)',
    'apiVersion: v1\n{% if x %}\nkind: Pod\n{% endif %}\n',
    /E-PARSE f.yaml:2:\d+ This looks like a template/,
  ],
  [
    'a merge conflict (F081)',
    `${configMap('a', 'data:\n<<<<<<< HEAD\n  k: a\n=======\n  k: b\n>>>>>>> topic\n')}`,
    /E-PARSE f.yaml:5 .*merge conflict/,
  ],
  [
    'a pointer to git LFS (F019)',
    'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
    /E-SOURCE f.yaml .*git LFS/,
  ],
]
for (const [what, text, expected] of refused) {
  test(`refused: ${what}`, () => {
    const found = problems(text)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', expected)
  })
}

test('what SOPS or git-crypt encrypted is never applied (F083)', () => {
  const sops = 'sops:\n  mac: ENC[AES256_GCM,data:x]\n  version: 3.9.0\n'
  for (const text of [
    `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: "ENC[AES256_GCM,data:x,type:str]"}\n${sops}`,
    'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {k: "ENC[AES256_GCM,data:x,type:str]"}\n',
    `{"apiVersion": "example.com/v1", "kind": "X", "metadata": {"name": "x"}, "sops": {"mac": "ENC[x]"}}`,
  ]) {
    assert.match(problems(text).join(), /^E-SOURCE f.yaml:\d+(:\d+)? This is encrypted with SOPS/)
  }
  assert.match(problems(Buffer.from('\0GITCRYPT\0\x01\x02')).join(), /^E-SOURCE f.yaml .*git-crypt/)
  const list = `apiVersion: v1\nkind: List\n${sops}items:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n`
  assert.match(problems(list).join(), /^E-SOURCE f.yaml:3 This is encrypted/)
  assert.equal(read(`replicas: 1\n${sops}`).problems.length, 0)
  for (const text of [
    configMap('a', 'data: {k: "ENC[k8s_secret@datadog/dd/api-key]"}\n'),
    `apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\nmetadata: {name: s}\n${sops}`,
  ]) {
    assert.equal(read(text).manifests.length, 1)
  }
})

test('bytes that are no UTF-8 are refused, with the offset of the first wrong one (F015, F016)', () => {
  assert.match(problems(Buffer.concat([Buffer.from('a: é'), Buffer.from([0xff])])).join(), /^E-PARSE .*offset 5 /)
  assert.match(problems(Buffer.from('a: \xe2\x82', 'latin1')).join(), /^E-PARSE .*offset 3 /)
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a: 1', 'utf16le')])
  assert.match(problems(utf16).join(), /^E-PARSE .*looks like UTF-16/)
  assert.match(problems(Buffer.from('a: é', 'utf16le')).join(), /^E-PARSE .*looks like UTF-16/)
})

test('CRLF, a missing last line break and characters beyond the first plane are read (F068, F069)', () => {
  const [manifest] = read(configMap('x', 'data: {k: "😀\\u00e9\\x07\\0", l: ‮rtl}').replaceAll('\n', '\r\n')).manifests
  assert.equal(serialise(manifest?.object.data ?? null), '{"k":"😀é\\u0007\\u0000","l":"‮rtl"}')
})

test('what is the server’s to write is left out with one warning an object, and placeholders without (F080)', () => {
  const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  uid: 1-2\n  resourceVersion: "5"\n  managedFields: [{manager: x}]\n  creationTimestamp: null\nstatus: {phase: Running}\n---\n${configMap('b', 'status: {loadBalancer: {}, conditions: []}\n')}`
  const { manifests, warnings } = read(text)
  assert.deepEqual(
    manifests.map(({ object }) => serialise(object)),
    [
      '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}',
    ],
  )
  assert.deepEqual(warnings, [
    {
      message:
        "`status`, `metadata.managedFields`, `metadata.resourceVersion` and `metadata.uid` are the server's to write, and not sent.",
      object: 'Pod a',
      location: { file: 'f.yaml', line: 9, column: 1 },
      hint: "Remove what is the server's from the manifest.",
    },
  ])
})

test('two entries of a list that the server takes for one are refused, with both places', () => {
  const text = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        env:\n        - name: A\n          value: "1"\n        - {name: B}\n        - name: A\n          value: "2"\n        ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}, {containerPort: 80, protocol: TCP}]\n      - name: d\n      - name: c\n`
  assert.deepEqual(problems(text), [
    'E-OBJECT f.yaml:13:11 Two entries of `spec.template.spec.containers[0].env` have the same `name`, which server-side apply refuses (plain `kubectl apply` lets it pass); the other one is in f.yaml:10:11. Keep one of them.',
    'E-OBJECT f.yaml:15:74 Two entries of `spec.template.spec.containers[0].ports` have the same `containerPort` and `protocol`, which server-side apply refuses (plain `kubectl apply` lets it pass); the other one is in f.yaml:15:17. Keep one of them.',
    'E-OBJECT f.yaml:17:9 Two entries of `spec.template.spec.containers` have the same `name`, which server-side apply refuses (plain `kubectl apply` lets it pass); the other one is in f.yaml:8:9. Keep one of them.',
  ])
})

test('all problems of a file are told at once, and what is valid in it is read', () => {
  const text = `${configMap('a')}---\nx: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: B, namespace: C, labels: {x: 1}}\n---\n${configMap('d')}`
  const { manifests, problems: found } = read(text)
  assert.equal(manifests.length, 2)
  assert.deepEqual(
    found.map(({ location }) => placeOf(location)),
    ['f.yaml:6', 'f.yaml:9:12', 'f.yaml:9:21', 'f.yaml:9:44'],
  )
})

test('a file with very many problems names the first hundred', () => {
  const found = problems('apiVersion: v1\nkind: Pod\n---\n'.repeat(1_000))
  assert.equal(found.length, 101)
  assert.match(found[100] ?? '', /more problems than these 100/)
})

test('a file that cannot be read and looks like no manifest says how to leave it out', () => {
  assert.match(problems('site: [\n')[0] ?? '', /leave it out with `exclude`/)
  assert.match(problems('kind: [\n')[0] ?? '', /Close it; it opens further up\.$/)
})

test('metadata of another type than the server takes is refused at its field', () => {
  for (const [metadata, field] of [
    ['annotations: [a=b]', 'annotations'],
    ['labels: app=web', 'labels'],
    ['finalizers: foo', 'finalizers'],
    ['finalizers: [1]', 'finalizers'],
    ['ownerReferences: {a: b}', 'ownerReferences'],
  ]) {
    const found = problems(`apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  ${metadata}\n`)
    assert.match(found.join(), new RegExp(`^E-OBJECT f.yaml:5:3 \`metadata.${field}\` must be`))
  }
  assert.deepEqual(
    problems('apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: null, annotations: {x: null}}\n'),
    [],
  )
})

test('a Secret’s values are strings: the server would quote what they are not', () => {
  for (const value of ['12345678.5', '{a: 1}', '[x]', 'true']) {
    const found = problems(`apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  pin: ${value}\n`)
    assert.deepEqual(found, ['E-OBJECT f.yaml:5:3 `stringData.pin` of a Secret must be a string. Put it into quotes.'])
  }
})

test('an image that is a template is refused, and texts with braces are none (F081)', () => {
  const pod = (image: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {x: "{{ y }}"}}\nspec:\n  containers:\n  - name: c\n    image: "${image}"\n    args: ["\${HOME}"]\n`
  for (const image of ['{{ .Values.image }}', 'app:{% TAG %}']) {
    assert.match(problems(pod(image)).join(), /^E-OBJECT f.yaml:7:5 This looks like a template/)
  }
  assert.deepEqual(problems(pod('app:1')), [])
})

test('a file that holds braces and has another fault is not called a template', () => {
  const rule = (more: string) =>
    `apiVersion: example.com/v1\nkind: Rule\nmetadata: {name: r}\nsummary: "{{ $labels.instance }} down"\nplain: on {{ $labels.job }}\n${more}`
  const twice = problems(rule('summary: "{{ $labels.instance }} up"\nfor: 1m\nfor: 2m\n'))
  assert.equal(twice.length, 2)
  for (const text of twice) assert.match(text, /stands twice.*the other one is in f.yaml:\d/)
  assert.match(problems(rule('  broken: x\n')).join(), /^E-PARSE f.yaml:6:\d+ The file cannot be read/)
})

test('what has neither apiVersion nor kind is passed over, whatever other rules it is written by (F082)', () => {
  for (const text of ['a: 1\na: 2\n', 'nav: !ENV x\n', 'no: nein\noff: aus\n', '{"x": 12345678901234567890123}']) {
    const { skipped, problems: found } = read(text)
    assert.deepEqual([skipped[0]?.reason, found], ['it has neither apiVersion nor kind', []], text)
  }
  assert.equal(problems('kind: X\nkind: Y\n').length, 1)
})

test('very many troubles of a document are still troubles', () => {
  const found = problems(`apiVersion: v1\n${'k: 1\n'.repeat(100)}kind: X\n`)
  assert.equal(found.length, 50)
  assert.match(found[0] ?? '', /^E-PARSE f\.yaml:3 This key stands twice/)
})
