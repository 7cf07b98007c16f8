import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLocation, formatMessage } from '../../src/diagnostics.ts'
import { formatHint } from '../../src/hint.ts'
import { serialise } from '../../src/json.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { formatId } from '../../src/object/object-id.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { oracle } from '../oracle.ts'

const read = (text: string | Buffer) => readManifests('f.yaml', Buffer.from(text), DEFAULT_LIMITS)

/** The problems of a file: code, location and reason of each. */
function problems(text: string | Buffer): string[] {
  return read(text).problems.map(({ code, location, reason }) => `${code} ${formatLocation(location)} ${reason}`)
}

/** The first problem of a file as a text: message and hint. */
function firstText(text: string | Buffer): string {
  const [problem] = read(text).problems
  return problem === undefined ? '' : `${formatMessage(problem)} ${formatHint(problem.hint ?? '')}`
}

const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${more}`

test('objects in documents and in lists have a line and a column', () => {
  const text = `# comment\n---\n\n${configMap('a')}--- # next\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: b}\n\n- {apiVersion: v1, kind: Secret, metadata: {name: c}}\n`
  const found = read(text).manifests.map(({ id, location }) => `${formatId(id)} ${formatLocation(location)}`)
  assert.deepEqual(found, ['ConfigMap a f.yaml:4', 'Secret b f.yaml:11:3', 'Secret c f.yaml:15:3'])
})

test('members of a list that is an alias have the location of the anchor', () => {
  const text = 'x: &x [{apiVersion: v1, kind: Secret, metadata: {name: a}}]\napiVersion: v1\nkind: List\nitems: *x\n'
  assert.equal(formatLocation(read(text).manifests[0]?.location), 'f.yaml:1:8')
})

test('members of a typed list may omit their type', () => {
  const text =
    'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems:\n- metadata: {name: r, namespace: team}\n'
  assert.deepEqual(
    read(text).manifests.map(({ id }) => formatId(id)),
    ['Role team/r'],
  )
})

test('any object with items is a list, as in kubectl', async () => {
  const text = `${configMap('outer')}items:\n- {apiVersion: v1, kind: Secret, metadata: {name: inner}}\n`
  const { manifests } = read(text)
  assert.deepEqual(
    manifests.map(({ id }) => formatId(id)),
    ['Secret inner'],
  )
  assert.deepEqual([manifests.map(({ object }) => serialise(object))], await oracle([text]))
})

test('an empty list, an empty file and a file of comments are skipped with a reason', () => {
  for (const items of ['[]', 'null', '']) {
    assert.equal(read(`apiVersion: v1\nkind: List\nitems: ${items}\n`).skipped[0]?.reason, 'it is an empty list')
  }
  for (const text of ['', '# nothing\n', '---\n---\n', 'null\n', '~']) {
    const { manifests, skipped, problems: found } = read(text)
    assert.deepEqual([manifests.length, skipped[0]?.reason, found.length], [0, 'it is empty', 0], text)
  }
})

test('a document that is not for a cluster is skipped, with its location and the reason', () => {
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
      'it has the annotation `config.kubernetes.io/local-config`',
    ],
  ]
  for (const [text, reason] of cases) {
    const { manifests, skipped } = read(`---\n${text}`)
    assert.deepEqual([manifests.length, skipped], [0, [{ location: { file: 'f.yaml', line: 2, column: 1 }, reason }]])
  }
})

const rejected: [name: string, text: string, problem: string][] = [
  ['a list at the top level', '- a: 1\n', 'E-OBJECT f.yaml:1 NotAnObject'],
  ['a string at the top level', 'apiVersion:v1 kind:Pod\n', 'E-OBJECT f.yaml:1 NotAnObject'],
  ['a JSON array at the top level', '[{"kind": "Pod"}]', 'E-OBJECT f.yaml:1 NotAnObject'],
  ['a kind without an apiVersion', 'kind: X\nmetadata: {name: x}\n', 'E-OBJECT f.yaml:1 TypeMissing'],
  ['an apiVersion without a kind', 'apiVersion: v1\nmetadata: {name: x}\n', 'E-OBJECT f.yaml:1 TypeMissing'],
  ['a kind with a slash', 'apiVersion: v1\nkind: a/b\n', 'E-OBJECT f.yaml:2 InvalidType'],
  ['an empty kind', 'apiVersion: v1\nkind:\n', 'E-OBJECT f.yaml:2 InvalidType'],
  ['an apiVersion of three parts', 'apiVersion: x/y/z\nkind: X\n', 'E-OBJECT f.yaml:1 InvalidType'],
  ['an object without a name', 'apiVersion: v1\nkind: Pod\nmetadata: {}\n', 'E-OBJECT f.yaml:3 NameMissing'],
  ['a name that YAML reads as a boolean', configMap('n'), 'E-OBJECT f.yaml:3:12 InvalidName'],
  ['a name that YAML reads as a number', configMap('5'), 'E-OBJECT f.yaml:3:12 InvalidName'],
  ['a name that is null', configMap('null'), 'E-OBJECT f.yaml:3:12 InvalidName'],
  ['a name of a million characters', configMap('a'.repeat(1_000_000)), 'E-OBJECT f.yaml:3:12 InvalidName'],
  ['generateName', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n', 'E-OBJECT f.yaml:3:12 GenerateName'],
  ['a name that would change the API path', configMap('".."'), 'E-OBJECT f.yaml:3:12 InvalidName'],
  ['a name with a slash', configMap('a/b'), 'E-OBJECT f.yaml:3:12 InvalidName'],
  ['a name with an upper-case letter', configMap('Web'), 'E-OBJECT f.yaml:3:12 InvalidName'],
  [
    'a namespace that would change the API path',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ../../kube-system}\n',
    'E-OBJECT f.yaml:3:21 InvalidNamespace',
  ],
  [
    'a namespace with an upper-case letter',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: Team}\n',
    'E-OBJECT f.yaml:3:21 InvalidNamespace',
  ],
  [
    'a list inside a list',
    'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{a: b}]}]\n',
    'E-OBJECT f.yaml:3:9 InvalidList',
  ],
  [
    'an invalid member of a list',
    `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret}\n`,
    'E-OBJECT f.yaml:5:3 NameMissing',
  ],
  [
    'a label that is not a string',
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    enabled: true\n',
    'E-OBJECT f.yaml:6:5 InvalidMetadata',
  ],
  [
    "the label of a set's members",
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    applyset.kubernetes.io/part-of: x\n',
    'E-OBJECT f.yaml:6:5 SetLabelNotAllowed',
  ],
  [
    'a CRD whose name does not match its spec',
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {plural: widgets, kind: Widget}}\n',
    'E-OBJECT f.yaml:3:12 InvalidName',
  ],
  [
    'a Helm template',
    'apiVersion: v1\nkind: {{ .Values.kind }}\n{{- end }}\n',
    'E-PARSE f.yaml:3:3 UnrenderedTemplate',
  ],
  ['a template that is valid YAML', configMap('"{{ .Release.Name }}-x"'), 'E-OBJECT f.yaml:3:12 UnrenderedTemplate'],
  ['a Jinja template', 'apiVersion: v1\n{% if x %}\nkind: Pod\n{% endif %}\n', 'E-PARSE f.yaml:2:2 UnrenderedTemplate'],
  [
    'a merge conflict',
    `${configMap('a', 'data:\n<<<<<<< HEAD\n  k: a\n=======\n  k: b\n>>>>>>> topic\n')}`,
    'E-PARSE f.yaml:5 MergeConflict',
  ],
  [
    'a Git LFS pointer',
    'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
    'E-SOURCE f.yaml GitLfsPointer',
  ],
]
for (const [name, text, problem] of rejected) {
  test(`${name} is rejected`, () => {
    assert.deepEqual(problems(text), [problem])
  })
}

test('the error of an invalid name has the rule', () => {
  assert.match(firstText(configMap('a'.repeat(300))), /at most 253/)
  const crd =
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com, names: {plural: widgets, kind: Widget}}\n'
  assert.match(firstText(crd), /`widgets\.example\.com`/)
})

test('documents encrypted with SOPS and files encrypted with git-crypt are rejected', () => {
  const sops = 'sops:\n  mac: ENC[AES256_GCM,data:x]\n  version: 3.9.0\n'
  for (const text of [
    `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: "ENC[AES256_GCM,data:x,type:str]"}\n${sops}`,
    'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {k: "ENC[AES256_GCM,data:x,type:str]"}\n',
    `{"apiVersion": "example.com/v1", "kind": "X", "metadata": {"name": "x"}, "sops": {"mac": "ENC[x]"}}`,
  ]) {
    assert.match(problems(text).join(), /^E-SOURCE f.yaml:\d+(:\d+)? SopsEncrypted$/)
  }
  assert.match(problems(Buffer.from('\0GITCRYPT\0\x01\x02')).join(), /^E-SOURCE f.yaml GitCryptEncrypted$/)
  const list = `apiVersion: v1\nkind: List\n${sops}items:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n`
  assert.match(problems(list).join(), /^E-SOURCE f.yaml:3 SopsEncrypted$/)
  assert.equal(read(`replicas: 1\n${sops}`).problems.length, 0)
  for (const text of [
    configMap('a', 'data: {k: "ENC[k8s_secret@datadog/dd/api-key]"}\n'),
    `apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\nmetadata: {name: s}\n${sops}`,
  ]) {
    assert.equal(read(text).manifests.length, 1)
  }
})

test('a file that is not UTF-8 is rejected, with the offset of the first invalid byte', () => {
  const invalid = Buffer.concat([Buffer.from('a: é'), Buffer.from([0xff])])
  assert.deepEqual(problems(invalid), ['E-PARSE f.yaml:1 NotUtf8'])
  assert.match(firstText(invalid), /offset 5 /)
  assert.match(firstText(Buffer.from('a: \xe2\x82', 'latin1')), /offset 3 /)
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a: 1', 'utf16le')])
  assert.match(firstText(utf16), /UTF-16/)
  assert.match(firstText(Buffer.from('a: é', 'utf16le')), /UTF-16/)
})

test('CRLF, a missing last line break and characters beyond the first plane are read', () => {
  const [manifest] = read(configMap('x', 'data: {k: "😀\\u00e9\\x07\\0", l: ‮rtl}').replaceAll('\n', '\r\n')).manifests
  assert.equal(serialise(manifest?.object.data ?? null), '{"k":"😀é\\u0007\\u0000","l":"‮rtl"}')
})

test('fields of the server are dropped with one warning per object, and placeholders without', () => {
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
      reason: 'ServerFieldsIgnored',
      message:
        '`status`, `metadata.managedFields`, `metadata.resourceVersion` and `metadata.uid` are set by the server and not sent.',
      object: 'Pod a',
      location: { file: 'f.yaml', line: 9, column: 1 },
      hint: 'Remove these fields from the manifest.',
    },
  ])
})

test('two entries of a keyed list with the same key are rejected, with both locations', () => {
  const text = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        env:\n        - name: A\n          value: "1"\n        - {name: B}\n        - name: A\n          value: "2"\n        ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}, {containerPort: 80, protocol: TCP}]\n      - name: d\n      - name: c\n`
  assert.deepEqual(
    read(text).problems.map(({ reason, location, relatedLocation, message }) => [
      reason,
      formatLocation(location),
      formatLocation(relatedLocation),
      [...message.matchAll(/`([^`]+)`/g)].map(([, name]) => name).slice(0, -1),
    ]),
    [
      ['DuplicateEntry', 'f.yaml:13:11', 'f.yaml:10:11', ['spec.template.spec.containers[0].env', 'name']],
      [
        'DuplicateEntry',
        'f.yaml:15:74',
        'f.yaml:15:17',
        ['spec.template.spec.containers[0].ports', 'containerPort', 'protocol'],
      ],
      ['DuplicateEntry', 'f.yaml:17:9', 'f.yaml:8:9', ['spec.template.spec.containers', 'name']],
    ],
  )
})

test('all problems of a file are reported together, and valid objects are read', () => {
  const text = `${configMap('a')}---\nx: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: B, namespace: C, labels: {x: 1}}\n---\n${configMap('d')}`
  const { manifests, problems: found } = read(text)
  assert.equal(manifests.length, 2)
  assert.deepEqual(
    found.map(({ location }) => formatLocation(location)),
    ['f.yaml:6', 'f.yaml:9:12', 'f.yaml:9:21', 'f.yaml:9:44'],
  )
})

test('a file with more than 100 problems lists the first 100', () => {
  const found = problems('apiVersion: v1\nkind: Pod\n---\n'.repeat(1_000))
  assert.equal(found.length, 101)
  assert.equal(found[100], 'E-OBJECT f.yaml MoreProblems')
})

test('the hint of an unreadable file without apiVersion and kind names the option exclude', () => {
  assert.match(firstText('site: [\n'), /`exclude`/)
  assert.doesNotMatch(firstText('kind: [\n'), /`exclude`/)
})

test('metadata of a wrong type is rejected at its field', () => {
  for (const [metadata, field] of [
    ['annotations: [a=b]', 'annotations'],
    ['labels: app=web', 'labels'],
    ['finalizers: foo', 'finalizers'],
    ['finalizers: [1]', 'finalizers'],
    ['ownerReferences: {a: b}', 'ownerReferences'],
  ]) {
    const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  ${metadata}\n`
    assert.deepEqual(problems(text), ['E-OBJECT f.yaml:5:3 InvalidMetadata'])
    assert.match(firstText(text), new RegExp(`\`metadata.${field}\``))
  }
  assert.deepEqual(
    problems('apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: null, annotations: {x: null}}\n'),
    [],
  )
})

test('a value of a Secret that is not a string is rejected, without quoting it', () => {
  for (const value of ['12345678.5', '{a: 1}', '[x]', 'true']) {
    const text = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  pin: ${value}\n`
    assert.deepEqual(problems(text), ['E-OBJECT f.yaml:5:3 InvalidSecret'])
    assert.ok(firstText(text).includes('`stringData.pin`') && !firstText(text).includes(value))
  }
})

test('an image that is a template is rejected, unlike other texts with braces', () => {
  const pod = (image: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {x: "{{ y }}"}}\nspec:\n  containers:\n  - name: c\n    image: "${image}"\n    args: ["\${HOME}"]\n`
  for (const image of ['{{ .Values.image }}', 'app:{% TAG %}']) {
    assert.deepEqual(problems(pod(image)), ['E-OBJECT f.yaml:7:5 UnrenderedTemplate'])
  }
  assert.deepEqual(problems(pod('app:1')), [])
})

test('another error in a file with braces is not reported as a template', () => {
  const rule = (more: string) =>
    `apiVersion: example.com/v1\nkind: Rule\nmetadata: {name: r}\nsummary: "{{ $labels.instance }} down"\nplain: on {{ $labels.job }}\n${more}`
  const { problems: duplicates } = read(rule('summary: "{{ $labels.instance }} up"\nfor: 1m\nfor: 2m\n'))
  assert.deepEqual(
    duplicates.map(({ reason, relatedLocation }) => [reason, formatLocation(relatedLocation)]),
    [
      ['DuplicateKey', 'f.yaml:4'],
      ['DuplicateKey', 'f.yaml:7'],
    ],
  )
  assert.match(problems(rule('  broken: x\n')).join(), /^E-PARSE f.yaml:6:\d+ SyntaxError$/)
})

test('a document with neither apiVersion nor kind is skipped, even if kubectl could not read it', () => {
  for (const text of ['a: 1\na: 2\n', 'nav: !ENV x\n', 'no: nein\noff: aus\n', '{"x": 12345678901234567890123}']) {
    const { skipped, problems: found } = read(text)
    assert.deepEqual([skipped[0]?.reason, found], ['it has neither apiVersion nor kind', []], text)
  }
  assert.equal(problems('kind: X\nkind: Y\n').length, 1)
})

test('a document with many issues reports the first 50', () => {
  const found = problems(`apiVersion: v1\n${'k: 1\n'.repeat(100)}kind: X\n`)
  assert.equal(found.length, 50)
  assert.equal(found[0], 'E-PARSE f.yaml:3 DuplicateKey')
})
