import type { JsonObject } from '../src/json.ts'
import { job, object, workload } from '../test/objects.ts'

/** A set of objects in a namespace of its own, and what becomes of it. */
export interface Scenario {
  /** What it is, for the table. */
  readonly title: string
  /** The objects, for a namespace. */
  readonly objects: (namespace: string) => readonly JsonObject[]
  /** Whether the run is to fail. */
  readonly isRed?: true
  /** Inputs beside the usual ones. */
  readonly inputs?: Readonly<Record<string, string>>
  /** What is there before, as arguments of kubectl for a namespace. */
  readonly before?: (namespace: string) => readonly (readonly string[])[]
  /** What is done while the run waits, as arguments of kubectl for a namespace. */
  readonly meanwhile?: (namespace: string) => readonly string[]
}

const of = (kind: string, plays: string | undefined, more: Partial<Parameters<typeof workload>[2]> = {}) => {
  return (namespace: string) => [
    workload(kind, 'app', { namespace, ...(plays === undefined ? {} : { plays }), ...more }),
  ]
}
const claim = (storageClassName: string) => (namespace: string) => [
  object('v1', 'PersistentVolumeClaim', 'data', namespace, {
    spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
]
const service = (labels: JsonObject) => (namespace: string) => [
  {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'app', namespace, labels } },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  },
]
const autoscaler = (namespace: string) => [
  ...of('Deployment', undefined)(namespace),
  object('autoscaling/v2', 'HorizontalPodAutoscaler', 'app', namespace, {
    spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app' } },
  }),
]
const scaling = (condition: JsonObject) => (namespace: string) => {
  const status = { currentReplicas: 1, desiredReplicas: 1, conditions: [condition] }
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
  return ['patch', 'hpa', 'app', '-n', namespace, ...patch]
}
const lacking = 'no metrics returned from resource metrics API'
const fails = { 'testbed.fairlead.dev/fails': 'true' }
const short = { timeout: '90s' }

/** What runs into the ways in which an object gets ready, or does not. */
export const SCENARIOS: readonly Scenario[] = [
  { title: 'Deployment, slow rollout of 3', objects: of('Deployment', 'slow', { spec: { replicas: 3 } }) },
  { title: 'Deployment, crashes twice and then runs', objects: of('Deployment', 'crashes-once') },
  { title: 'Deployment, crash loop', isRed: true, objects: of('Deployment', 'crashes') },
  { title: 'Deployment, image that is not there', isRed: true, objects: of('Deployment', 'no-image') },
  { title: 'Deployment, Secret that is not there', isRed: true, objects: of('Deployment', 'bad-config') },
  {
    title: 'Deployment, never ready, `timeout: 90s`',
    isRed: true,
    objects: of('Deployment', 'never-ready'),
    inputs: short,
  },
  {
    title: 'Deployment, never ready, progress deadline of 20 s',
    isRed: true,
    objects: of('Deployment', 'never-ready', { spec: { progressDeadlineSeconds: 20 } }),
  },
  {
    title: 'Deployment, Pods that a quota refuses',
    isRed: true,
    objects: of('Deployment', undefined),
    before: (namespace) => [['create', 'quota', 'none', '--hard=pods=0', '-n', namespace]],
  },
  {
    title: 'StatefulSet, Pods that a quota refuses',
    isRed: true,
    objects: of('StatefulSet', undefined, { spec: { serviceName: 'app' } }),
    before: (namespace) => [['create', 'quota', 'none', '--hard=pods=0', '-n', namespace]],
  },
  {
    title: 'Deployment, no node fits',
    isRed: true,
    objects: of('Deployment', undefined, { pod: { nodeSelector: { disk: 'none' } } }),
  },
  { title: 'Deployment, paused', objects: of('Deployment', 'crashes', { spec: { paused: true } }) },
  { title: 'Deployment of 0 replicas', objects: of('Deployment', 'crashes', { spec: { replicas: 0 } }) },
  {
    title: 'StatefulSet of 3 with a partition of 2',
    objects: of('StatefulSet', 'slow', {
      spec: { serviceName: 'app', replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
    }),
  },
  { title: 'DaemonSet, slow', objects: of('DaemonSet', 'slow') },
  { title: 'Job that succeeds', objects: (namespace) => [job('app', namespace)] },
  { title: 'Job that fails', isRed: true, objects: (namespace) => [job('app', namespace, {}, fails)] },
  {
    title: 'Job that is gone by its TTL of 0 s',
    objects: (namespace) => [job('app', namespace, { ttlSecondsAfterFinished: 0 })],
  },
  { title: 'Job, suspended', objects: (namespace) => [job('app', namespace, { suspend: true })] },
  {
    title: 'Claim that waits for its first consumer',
    objects: (namespace) => [
      object('storage.k8s.io/v1', 'StorageClass', 'later', '', {
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      }),
      ...claim('later')(namespace),
    ],
  },
  { title: 'Claim of a class that is not there, `timeout: 90s`', isRed: true, objects: claim('nosuch'), inputs: short },
  {
    title: 'Autoscaler that works',
    objects: autoscaler,
    meanwhile: scaling({ type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' }),
  },
  {
    title: 'Autoscaler without metrics',
    isRed: true,
    objects: autoscaler,
    meanwhile: scaling({ type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message: lacking }),
  },
  { title: 'LoadBalancer that gets an address', objects: service({ 'testbed.fairlead.dev/plays': 'load-balancer' }) },
  { title: 'LoadBalancer that gets none, `timeout: 90s`', isRed: true, objects: service({}), inputs: short },
]
