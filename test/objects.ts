import { field, isObject, type JsonObject, withField } from '../src/json.ts'

/** Options of a workload. */
export interface WorkloadOptions {
  readonly namespace: string
  /** The behaviour of its Pods on the test bed; by default they run. */
  readonly plays?: string
  readonly annotations?: JsonObject
  readonly spec?: JsonObject
  /** More fields of the spec of its Pods. */
  readonly pod?: JsonObject
  /** More fields of its container. */
  readonly container?: JsonObject
}

/** A Deployment, StatefulSet or DaemonSet of one container. */
export function workload(kind: string, name: string, options: WorkloadOptions): JsonObject {
  const { namespace, plays, annotations = {}, spec = {}, pod = {}, container = {} } = options
  const labels = { app: name, ...(plays === undefined ? {} : { 'testbed.fairlead.dev/plays': plays }) }
  const containers = [{ name: 'app', image: `example.com/${name}:1`, ...container }]
  return {
    ...{ apiVersion: 'apps/v1', kind, metadata: { name, namespace, annotations } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { ...pod, containers } },
      ...spec,
    },
  }
}

/** A Job with one Pod, which succeeds unless its labels say otherwise. */
export function job(name: string, namespace: string, spec: JsonObject = {}, labels: JsonObject = {}): JsonObject {
  const template = { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'x' }] } }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: { backoffLimit: 0, template, ...spec },
  }
}

/** Any object. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string,
  rest: JsonObject = {},
): JsonObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === '' ? {} : { namespace }) }, ...rest }
}

/** Objects as the text of a file. */
export function textOf(...objects: readonly JsonObject[]): string {
  return objects.map((each) => JSON.stringify(each)).join('\n---\n')
}

/** A ConfigMap. */
export function configMap(
  name: string,
  namespace: string,
  data: JsonObject = {},
  metadata: JsonObject = {},
): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...metadata }, data }
}

/** A Namespace. */
export function namespace(name: string): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

/** A CRD of namespaced resources; by default without a schema of their fields. */
export function crd(group: string, plural: string, kind: string, schema: JsonObject = { type: 'object' }): JsonObject {
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }]
  return {
    ...{
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
    },
    spec: { group, scope: 'Namespaced', names: { plural, kind }, versions },
  }
}

/** An object with additional annotations. */
export function annotated(object: JsonObject, annotations: JsonObject): JsonObject {
  const metadata = field(object, 'metadata')
  const given = field(metadata, 'annotations')
  const all = { ...(isObject(given) ? given : {}), ...annotations }
  return withField(object, 'metadata', { ...(isObject(metadata) ? metadata : {}), annotations: all })
}

/** An object as a hook of an Argo CD phase. */
export function hook(object: JsonObject, phase: 'PreSync' | 'Sync' | 'PostSync', deletePolicy?: string): JsonObject {
  return annotated(object, {
    'argocd.argoproj.io/hook': phase,
    ...(deletePolicy === undefined ? {} : { 'argocd.argoproj.io/hook-delete-policy': deletePolicy }),
  })
}

/** An object in a sync wave. */
export function inWave(object: JsonObject, wave: number): JsonObject {
  return annotated(object, { 'argocd.argoproj.io/sync-wave': String(wave) })
}

/** An object that depends on another one; `reference` is in the format of `depends-on`. */
export function dependingOn(object: JsonObject, reference: string): JsonObject {
  return annotated(object, { 'fairlead.dev/depends-on': reference })
}
