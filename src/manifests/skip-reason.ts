import { field, isObject, type Json, type JsonObject, stringField } from '../json.ts'
import { unsupportedHook } from '../object/annotations/hook-annotations.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS } from '../object/annotations/table.ts'
import type { Step } from '../yaml/field.ts'
import { isList } from './lists.ts'

/** Groups of configuration files that look like objects but that no cluster serves, and the tools that read them. */
const LOCAL_CONFIG_GROUPS: Readonly<Record<string, string>> = {
  'apiserver.config.k8s.io': 'the API server',
  'audit.k8s.io': 'the API server',
  'backstage.io': 'Backstage',
  'client.authentication.k8s.io': 'kubectl',
  builtin: 'kustomize',
  'chainsaw.kyverno.io': 'Chainsaw',
  'cli.kyverno.io': 'the Kyverno CLI',
  'ctlptl.dev': 'ctlptl',
  'eksctl.io': 'eksctl',
  'k3d.io': 'k3d',
  'kind.x-k8s.io': 'kind',
  'kubeadm.k8s.io': 'kubeadm',
  'kubelet.config.k8s.io': 'the kubelet',
  'kubeproxy.config.k8s.io': 'kube-proxy',
  'kubescheduler.config.k8s.io': 'the scheduler',
  'kustomize.config.k8s.io': 'kustomize',
  'kuttl.dev': 'KUTTL',
  'meta.pkg.crossplane.io': 'the Crossplane CLI',
  'scaffolder.backstage.io': 'Backstage',
  skaffold: 'Skaffold',
}

/** Returns why a document is not an object for a cluster, and is skipped; undefined if it may be one. */
export function skipReason(document: JsonObject): string | undefined {
  const apiVersion = stringField(document, 'apiVersion') ?? ''
  const kind = stringField(document, 'kind')
  if (notKubernetes(document)) return 'it has neither apiVersion nor kind'
  if (isList(document) && isEmpty(field(document, 'items') ?? [])) return 'it is an empty list'
  const [group = ''] = apiVersion.split('/')
  if (apiVersion.includes('/') && Object.hasOwn(LOCAL_CONFIG_GROUPS, group))
    return `it configures ${LOCAL_CONFIG_GROUPS[group]}`
  if (apiVersion === 'v1' && kind === 'Config' && field(document, 'metadata') === undefined) return 'it is a kubeconfig'
  const annotations = annotationsOf(document)
  if (annotationText(annotations, ANNOTATIONS.localConfig) === 'true')
    return `it has the annotation \`${ANNOTATIONS.localConfig.name}\``
  return unsupportedHook(annotations)
}

/** Whether a document is a mapping with neither apiVersion nor kind. */
export function notKubernetes(document: Json): boolean {
  return isObject(document) && !Object.hasOwn(document, 'apiVersion') && !Object.hasOwn(document, 'kind')
}

function isEmpty(items: Json): boolean {
  return Array.isArray(items) && items.length === 0
}

/**
 * Returns the field that shows that a document is encrypted with SOPS; undefined if it is not encrypted, or if an operator
 * decrypts it in the cluster.
 */
export function encryptedField(document: JsonObject): readonly Step[] | undefined {
  if (stringField(document, 'apiVersion')?.startsWith('isindir.github.com/') === true) return undefined
  if (stringField(document, 'sops', 'mac') !== undefined) return ['sops']
  for (const name of ['data', 'stringData']) {
    const values = field(document, name)
    const entry = Object.entries(isObject(values) ? values : {}).find(([, value]) => isCipherText(value))
    if (entry !== undefined) return [name, entry[0]]
  }
  return undefined
}

function isCipherText(value: Json): boolean {
  return typeof value === 'string' && value.startsWith('ENC[AES256_GCM,')
}
