import type { JsonObject } from '../../src/json.ts'

/** What a workload is made with beside its name. */
export interface WorkloadOptions {
  readonly namespace: string
  /** What its Pods play on the test bed; by default they run. */
  readonly plays?: string
  readonly annotations?: JsonObject
  readonly spec?: JsonObject
  /** Of its Pods. */
  readonly pod?: JsonObject
  /** Of its container. */
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

/** A Job of one Pod, which succeeds unless its labels say otherwise. */
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
