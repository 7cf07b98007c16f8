// The yardstick for writing: server-side apply of every object of the mix with 32 requests at a time, from one file of
// Node and no more than node:https. It reads no live state, orders nothing but Namespaces first, and reports nothing.
//   node bench/patches.ts KUBECONFIG FOLDER
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'

const AT_A_TIME = 32

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
  maxSockets: AT_A_TIME,
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

/** Every worker takes the next object as soon as its own is done. */
async function patchAll(manifests: readonly Manifest[]): Promise<void> {
  const rest = manifests.values()
  const worker = async () => {
    for (const manifest of rest) await patch(manifest)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

const manifests = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => loadAll(readFileSync(join(folder, name), 'utf8')))
  .filter(isManifest)
await patchAll(manifests.filter(({ kind }) => kind === 'Namespace'))
await patchAll(manifests.filter(({ kind }) => kind !== 'Namespace'))
agent.destroy()
