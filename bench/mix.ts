import { commit, makeRepository } from '../testbed/repository.ts'

const NAMESPACE_SIZE = 50

/** A checkout with manifests. */
export interface ManifestSet {
  readonly folder: string
  /** The number of namespaced objects in the mix; undefined for other sets. */
  readonly inNamespaces?: number
}

/**
 * Commits a mix of objects to a new repository in `folder`, fifty per file: a Namespace, and in it equal numbers of
 * Deployments without replicas, Services without addresses, ConfigMaps and ServiceAccounts. Nothing of it runs, so that
 * controllers do not disturb the measurement.
 */
export function writeMix(folder: string, size: number): ManifestSet {
  const files = Array.from({ length: size / NAMESPACE_SIZE }, (_, index) => [fileName(index), namespaceFile(index, 0)])
  makeRepository(folder, Object.fromEntries(files))
  return { folder, inNamespaces: size - size / NAMESPACE_SIZE }
}

/** Commits a change of one value in one ConfigMap of the mix, to `revision`. */
export function changeOne(set: ManifestSet, revision: number): void {
  commit(set.folder, { [fileName(0)]: namespaceFile(0, revision) })
}

function fileName(index: number): string {
  return `team-${String(index).padStart(3, '0')}.yaml`
}

function namespaceFile(index: number, revision: number): string {
  const namespace = `team-${index}`
  const kinds = [deployment, service, configMap, serviceAccount]
  const objects = Array.from({ length: NAMESPACE_SIZE - 1 }, (_, n) => {
    const make = kinds[n % kinds.length] ?? configMap
    return make(`app-${Math.floor(n / kinds.length)}`, namespace, n < kinds.length ? revision : 0)
  })
  return [`apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${namespace}\n`, ...objects].join('---\n')
}

function metadata(name: string, namespace: string): string {
  return `metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: ${namespace}
`
}

function configMap(name: string, namespace: string, revision: number): string {
  return `apiVersion: v1
kind: ConfigMap
${metadata(name, namespace)}data:
  LOG_LEVEL: info
  LISTEN: 0.0.0.0:8080
  REVISION: "${revision}"
  settings.properties: |
    cache.size=512
    cache.ttl=30s
`
}

function serviceAccount(name: string, namespace: string): string {
  return `apiVersion: v1\nkind: ServiceAccount\n${metadata(name, namespace)}automountServiceAccountToken: false\n`
}

function service(name: string, namespace: string): string {
  return `apiVersion: v1
kind: Service
${metadata(name, namespace)}spec:
  clusterIP: None
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`
}

function deployment(name: string, namespace: string): string {
  return `apiVersion: apps/v1
kind: Deployment
${metadata(name, namespace)}spec:
  replicas: 0
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      serviceAccountName: ${name}
      containers:
        - name: main
          image: example.com/${name}:1.2.3
          envFrom:
            - configMapRef:
                name: ${name}
          ports:
            - name: http
              containerPort: 8080
          resources:
            requests:
              cpu: 100m
              memory: 64Mi
            limits:
              memory: 128Mi
`
}
