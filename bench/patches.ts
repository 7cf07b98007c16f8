// The baseline for writes: server-side apply of every object of the mix with 32 parallel requests, using only node:https.
// It reads no live objects, orders only Namespaces first, and reports nothing.
//   node bench/patches.ts KUBECONFIG FOLDER
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'

const MAX_REQUESTS = 32

const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
  Namespace: 'namespaces',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
}

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value
}

const [kubeconfig = '', folder = ''] = process.argv.slice(2)
const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8'))
const { server, 'certificate-authority-data': authority } = clusters[0].cluster
const { 'client-certificate-data': certificate, 'client-key-data': key } = users[0].user
const decode = (text: string) => Buffer.from(text, 'base64')
const agent = new Agent({
  keepAlive: true,
  maxSockets: MAX_REQUESTS,
  ca: decode(authority),
  cert: decode(certificate),
  key: decode(key),
})

function pathOf({ apiVersion, kind, metadata }: Manifest): string {
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  return `${base}${namespace}/${PLURALS[kind]}/${metadata.name}?fieldManager=patches&force=true`
}

function patch(manifest: Manifest): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/apply-patch+yaml' }
    const sent = request(`${server}${pathOf(manifest)}`, { method: 'PATCH', agent, headers }, (response) => {
      const { statusCode = 0 } = response
      response.resume().on('end', () => (statusCode < 300 ? resolve() : reject(new Error(`status ${statusCode}`))))
    })
    sent.on('error', reject).end(JSON.stringify(manifest))
  })
}

/** Each worker applies the next object when it has finished one. */
async function patchAll(manifests: readonly Manifest[]): Promise<void> {
  const rest = manifests.values()
  const worker = async () => {
    for (const manifest of rest) await patch(manifest)
  }
  await Promise.all(Array.from({ length: MAX_REQUESTS }, worker))
}

const manifests = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => loadAll(readFileSync(join(folder, name), 'utf8')))
  .filter(isManifest)
await patchAll(manifests.filter(({ kind }) => kind === 'Namespace'))
await patchAll(manifests.filter(({ kind }) => kind !== 'Namespace'))
agent.destroy()
