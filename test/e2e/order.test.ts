import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isObject, type Json, serialise } from '../../src/json.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import type { Manifest } from '../../src/object/manifest.ts'
import { objectKey } from '../../src/object/object-id.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { corpus, unlessPresent } from '../corpora.ts'
import { appliedIn } from './audit.ts'

/** All objects of a set of real manifests, each once: sets of examples have some objects several times. */
function objectsOf(paths: readonly string[]): Manifest[] {
  const files = paths.flatMap((path) => {
    const at = corpus(path)
    return statSync(at).isFile() ? [at] : readdirSync(at, { recursive: true }).map((name) => join(at, String(name)))
  })
  const manifests = files.toSorted().flatMap((file) => {
    if (!/\.ya?ml$/.test(file) || /kustomization/.test(file)) return []
    return readManifests(file, readFileSync(file), DEFAULT_LIMITS).manifests
  })
  return [...new Map(manifests.toReversed().map((manifest) => [objectKey(manifest.id), manifest])).values()].reverse()
}

/** Runs the step on a folder with a file for each object, called by their places in this list. */
function reconcile(cluster: ControlPlane, manifests: readonly Manifest[]): Promise<StepResult> {
  const folder = temporaryFolder()
  writeFiles(
    folder,
    Object.fromEntries(
      manifests.map(({ object }, index) => [`${String(index).padStart(4, '0')}.json`, serialise(object)]),
    ),
  )
  // One stream after the other, so that the order of requests is the order of the run; no operator runs here to be waited for.
  return runStep({
    with: { repository: folder, parallelism: '1', wait: 'false' },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
  })
}

/** Whether a path of the API is that of an object of a kind; the plural is guessed, as a person would. */
function isPathOf(path: string, kind: string, namespace: string, name: string): boolean {
  const [foundName, plural = '', foundNamespace, word] = path.split('/').reverse()
  const isHome = word === 'namespaces' && plural !== 'namespaces' ? foundNamespace === namespace : namespace === ''
  return foundName === name && plural.startsWith(kind.toLowerCase().slice(0, -1)) && isHome
}

/** What an object needs, found without any of the product's tables: by the names of its fields alone. */
function needsOf({ id, object }: Manifest): [kind: string, namespace: string, name: string][] {
  const found: [string, string, string][] = []
  const home = id.namespace || 'default'
  const look = (value: Json, key: string): void => {
    if (Array.isArray(value)) for (const member of value) look(member, key)
    if (typeof value === 'string') {
      if (key === 'serviceAccountName') found.push(['ServiceAccount', home, value])
      if (key === 'secretName') found.push(['Secret', home, value])
      if (key === 'claimName') found.push(['PersistentVolumeClaim', home, value])
      if (key === 'gatewayClassName') found.push(['GatewayClass', '', value])
    }
    if (!isObject(value)) return
    const { name, kind, namespace } = value
    if (typeof name === 'string') {
      if (/^configMap(KeyRef|Ref)?$/.test(key)) found.push(['ConfigMap', home, name])
      if (/^secret(KeyRef|Ref)?$/.test(key)) found.push(['Secret', home, name])
      if (key === 'roleRef') found.push([String(kind), kind === 'Role' ? home : '', name])
      if (key === 'subjects' && typeof namespace === 'string') found.push(['ServiceAccount', namespace, name])
    }
    for (const [field, member] of Object.entries(value)) look(member, field)
  }
  if (id.kind !== 'CustomResourceDefinition') look(object, '')
  if (id.namespace !== '') found.push(['Namespace', '', id.namespace])
  return found
}

/** Needs that the order did not keep, from the audit log: of an object and of what it needs, both applied. */
function brokenNeeds(manifests: readonly Manifest[], paths: readonly string[]): string[] {
  const at = (kind: string, namespace: string, name: string) =>
    paths.findIndex((path) => isPathOf(path, kind, namespace, name))
  return manifests.flatMap((manifest) => {
    const { kind, namespace, name, group } = manifest.id
    const own = Math.max(at(kind, namespace, name), at(kind, namespace || 'default', name))
    assert.ok(own >= 0, `${kind} ${name} was not applied`)
    const crd = paths.findIndex(
      (path) =>
        path.includes('/customresourcedefinitions/') &&
        path.endsWith(`s.${group}`) &&
        path.includes(`/${kind.toLowerCase().slice(0, -1)}`),
    )
    return [
      ...needsOf(manifest).map((need) => ({ need: need.join(' '), place: at(...need) })),
      { need: 'its definition', place: crd },
    ]
      .filter(({ place }) => place > own)
      .map(({ need }) => `${kind} ${namespace}/${name} before ${need}`)
  })
}

/** Another order of the same, which says nothing to anybody. */
function shuffled<T>(items: readonly T[]): T[] {
  const key = (index: number) => (index * 7919 + 13) % 1009
  return items
    .map((item, index) => ({ item, key: key(index) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

const sets: Record<string, string[]> = {
  'chapter 1 of the seed': ['seed-config/ch01'],
  'kube-prometheus': ['kube-prometheus/manifests'],
  'gateway-api, standard definitions and examples': [
    'gateway-api/config/crd/standard',
    'gateway-api/examples/standard',
  ],
  'a release of cloudnative-pg': ['cloudnative-pg/releases/cnpg-1.30.0.yaml'],
  'a release of microservices-demo': ['microservices-demo/release/kubernetes-manifests.yaml'],
}
for (const [what, paths] of Object.entries(sets)) {
  test(`on an empty cluster, in one run, nothing is applied before what it needs, whatever the files are called: ${what}`, {
    skip: unlessPresent(paths[0] ?? ''),
  }, async () => {
    const manifests = objectsOf(paths)
    const run = async (set: readonly Manifest[]) => {
      const cluster = await startControlPlane()
      try {
        const result = await reconcile(cluster, set)
        assert.equal(result.exitCode, 0, result.log)
        return appliedIn(cluster.audit())
      } finally {
        await cluster.stop()
      }
    }
    const [first, second] = await Promise.all([run(manifests), run(shuffled(manifests))])
    assert.equal(first.length, manifests.length)
    assert.deepEqual(brokenNeeds(manifests, first), [])
    assert.notDeepEqual(brokenNeeds(manifests, first.toReversed()), [])
    assert.deepEqual(second, first)
  })
}
