import { field, isObject, type Json, type JsonObject, stringField } from '../json.ts'
import { isList } from './list.ts'

/** Groups of files that look like objects and that programs on people's machines read; no cluster serves them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'apiserver.config.k8s.io': 'the API server',
  'audit.k8s.io': 'the API server',
  'backstage.io': 'Backstage',
  'client.authentication.k8s.io': 'kubectl',
  'ctlptl.dev': 'ctlptl',
  'eksctl.io': 'eksctl',
  'k3d.io': 'k3d',
  'kind.x-k8s.io': 'kind',
  'kubeadm.k8s.io': 'kubeadm',
  'kubelet.config.k8s.io': 'the kubelet',
  'kubeproxy.config.k8s.io': 'kube-proxy',
  'kubescheduler.config.k8s.io': 'the scheduler',
  'kustomize.config.k8s.io': 'kustomize',
  skaffold: 'Skaffold',
}

/** Why a document holds nothing for a cluster, and may be passed over; undefined where it may well be an object. */
export function needless(document: JsonObject): string | undefined {
  const apiVersion = stringField(document, 'apiVersion') ?? ''
  const kind = stringField(document, 'kind')
  if (!Object.hasOwn(document, 'apiVersion') && !Object.hasOwn(document, 'kind')) {
    return 'it has neither apiVersion nor kind'
  }
  if (isList(document) && isEmpty(field(document, 'items') ?? [])) return 'it is an empty list'
  const [group = ''] = apiVersion.split('/')
  if (apiVersion.includes('/') && Object.hasOwn(PROGRAMS, group)) return `it configures ${PROGRAMS[group]}`
  if (apiVersion === 'v1' && kind === 'Config' && field(document, 'metadata') === undefined) return 'it is a kubeconfig'
  if (stringField(document, 'metadata', 'annotations', LOCAL) === 'true') return `its annotation \`${LOCAL}\` says so`
  return undefined
}

function isEmpty(items: Json): boolean {
  return Array.isArray(items) && items.length === 0
}

/** The mark of kustomize and kpt for what must not reach a cluster. */
const LOCAL = 'config.kubernetes.io/local-config'

/** Whether a value was encrypted by SOPS: what is in it must never be applied. */
export function isEncrypted(document: JsonObject): boolean {
  return (
    stringField(document, 'sops', 'mac') !== undefined ||
    hasCipherText(field(document, 'data')) ||
    hasCipherText(field(document, 'stringData'))
  )
}

function hasCipherText(data: Json | undefined): boolean {
  return isObject(data) && Object.values(data).some((value) => typeof value === 'string' && value.startsWith('ENC['))
}
