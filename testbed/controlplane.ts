import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChildServer, type Exit, runProgram, startChildServer } from '../src/process.ts'
import { binaries } from './binaries.ts'
import type { Progress } from './gobuild.ts'
import { type Authority, type KeyPair, makeAuthority, makeSigningPair } from './pki.ts'
import { writePodLogs } from './podlogs.ts'

/** How long a component may take until it is ready, in milliseconds. */
const START_DEADLINE = 60_000

/** Starts on other ports before giving up. */
const ATTEMPTS = 5

/** A running control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and kwok in place of nodes. */
export interface ControlPlane {
  /** The API server's address. */
  readonly server: string
  /** A kubeconfig file for cluster-admin. */
  readonly kubeconfig: string
  /** The folder with this control plane's kubectl and the other programs. */
  readonly bin: string
  /** Writes a kubeconfig for another user and returns its path. The user may do nothing until RBAC says otherwise. */
  kubeconfigFor(user: string, groups?: readonly string[]): Promise<string>
  /**
   * What was written to the API so far, by whomever but the API server itself, and what was read by anybody but the
   * components and `kubectl` here; in the order in which the requests came in.
   */
  audit(): AuditEvent[]
  /** Runs this control plane's kubectl as cluster-admin; a non-zero exit is the caller's to judge. */
  kubectl(args: readonly string[], stdin?: string): Promise<Exit>
  /** Ends every process and removes every file. May be called more than once. */
  stop(): Promise<void>
}

/** A request as the API server itself recorded it. */
export interface AuditEvent {
  readonly id: string
  /** For instance `patch`, `get` or `list`. */
  readonly verb: string
  readonly user: string
  /** The path and the query of the request. */
  readonly uri: string
  readonly status: number
  /** When the request came in, in RFC 3339 with microseconds. */
  readonly time: string
}

/**
 * Starts an isolated control plane on free loopback ports with certificates of its own, and returns when Pods can run.
 * It ends with `stop`, and at the latest when this process ends, however that happens.
 */
export async function startControlPlane(progress: Progress = () => {}): Promise<ControlPlane> {
  const bin = await binaries(progress)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(bin)
    } catch (error) {
      // A port that was free when we asked may be taken when the component asks.
      const isTaken = error instanceof Error && error.message.includes('address already in use')
      if (!isTaken || attempt === ATTEMPTS) throw error
    }
  }
}

async function startOnce(bin: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-testbed-'))
  const components: ChildServer[] = []
  const clean = () => rmSync(folder, { recursive: true, force: true })
  const stop = async () => {
    for (const component of components.toReversed()) await component.stop()
    clean()
    process.off('exit', clean)
  }
  process.once('exit', clean)
  try {
    return { ...(await start(bin, folder, components)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(bin: string, folder: string, components: ChildServer[]): Promise<Omit<ControlPlane, 'stop'>> {
  const file = (name: string, content: string) => {
    const path = join(folder, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  const launch = (name: string, args: string[]) => {
    const log = openSync(join(folder, `${name}.log`), 'w')
    const component = startChildServer(join(bin, name), args, { env: { PATH: process.env.PATH ?? '' }, cwd: folder })
    components.push(component)
    // The last words may come after the end.
    let isOpen = true
    for (const stream of [component.stdout, component.stderr])
      stream.on('data', (chunk) => {
        if (isOpen) writeSync(log, chunk)
      })
    component.ended.then(() => {
      isOpen = false
      closeSync(log)
    })
    return watchStart(name, join(folder, `${name}.log`), component)
  }

  const authority = await makeAuthority()
  const serving = await authority.serverPair()
  const signing = makeSigningPair()
  const ca = file('ca.pem', authority.certificate)
  const signingKey = file('signing.key', signing.privateKey)

  const [etcdPort, peerPort, apiPort, kubeletPort] = await freePorts(4)
  const etcdAddress = `http://127.0.0.1:${etcdPort}`
  const etcd = launch('etcd', [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdAddress}`,
    `--advertise-client-urls=${etcdAddress}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ])
  await etcd.until(async () => (await fetch(`${etcdAddress}/health`)).ok)

  const server = `https://127.0.0.1:${apiPort}`
  const tls = [
    `--tls-cert-file=${file('serving.pem', serving.certificate)}`,
    `--tls-private-key-file=${file('serving.key', serving.key)}`,
  ]
  const apiserver = launch('kube-apiserver', [
    `--etcd-servers=${etcdAddress}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    ...tls,
    `--client-ca-file=${ca}`,
    `--service-account-issuer=${server}`,
    `--service-account-signing-key-file=${signingKey}`,
    `--service-account-key-file=${file('signing.pem', signing.publicKey)}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--authorization-mode=RBAC',
    `--audit-policy-file=${file('audit-policy.yaml', AUDIT_POLICY)}`,
    `--audit-log-path=${join(folder, 'audit.log')}`,
    '--allow-privileged=true',
  ])

  const write = async (name: string, pair: Promise<KeyPair>) =>
    file(`${name}.kubeconfig`, kubeconfig(server, authority, name, await pair))
  const admin = await write('admin', authority.clientPair('admin', ['system:masters']))
  const own = await write(OWN_USER, authority.clientPair(OWN_USER, ['system:masters']))
  const kubectl: ControlPlane['kubectl'] = (args, stdin) =>
    runProgram(join(bin, 'kubectl'), ['--kubeconfig', own, `--cache-dir=${join(folder, 'discovery')}`, ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: folder, KUBERC: 'off' },
      ...(stdin === undefined ? {} : { stdin }),
    })
  const succeeds = async (...args: string[]) => (await kubectl(args)).code === 0
  await apiserver.until(() => succeeds('get', 'namespace', 'default'))

  const manager = launch('kube-controller-manager', [
    `--kubeconfig=${own}`,
    `--service-account-private-key-file=${signingKey}`,
    `--root-ca-file=${ca}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    // Nodes have no heartbeat and no disks here, and nobody serves metrics to scale by.
    '--controllers=*,-node-ipam-controller,-node-lifecycle-controller,-taint-eviction-controller,' +
      '-persistentvolume-attach-detach-controller,-horizontal-pod-autoscaler-controller',
  ])
  const scheduler = launch('kube-scheduler', [`--kubeconfig=${own}`, '--leader-elect=false', '--secure-port=0'])
  const kwok = launch('kwok', [
    `--kubeconfig=${own}`,
    `--config=${join(import.meta.dirname, 'stages.yaml')}`,
    `--config=${join(import.meta.dirname, 'plays.yaml')}`,
    `--config=${writePodLogs(file)}`,
    '--manage-all-nodes=true',
    '--node-ip=127.0.0.1',
    `--node-port=${kubeletPort}`,
    `--server-address=127.0.0.1:${kubeletPort}`,
    ...tls,
  ])
  await kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } }))
  // Admission taints every new Node; the controller that would lift the taint needs heartbeats and is off.
  await scheduler.until(() => succeeds('taint', 'node', 'node', 'node.kubernetes.io/not-ready-'))
  await manager.until(() => succeeds('get', 'serviceaccount', 'default'))
  await kwok.until(() => succeeds('wait', 'node/node', '--for=condition=Ready', '--timeout=1s'))
  await kwok.until(async () => (await fetch(`http://127.0.0.1:${kubeletPort}/healthz`)).ok)

  return {
    server,
    kubeconfig: admin,
    bin,
    kubectl,
    audit: () => auditEvents(readFileSync(join(folder, 'audit.log'), 'utf8')),
    kubeconfigFor: (user, groups = []) => write(user, authority.clientPair(user, groups)),
  }
}

/** The user of the components, whose reads nobody asks for, and of the testbed's own kubectl. */
const OWN_USER = 'testbed'

/**
 * Every request of interest once it is answered, without its content. What the API server asks of itself is none: it
 * renews its own lease whenever that is due, in the middle of what a test looks at.
 */
const AUDIT_POLICY = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [
    { level: 'None', users: ['system:apiserver'] },
    { level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'None', users: [OWN_USER, 'system:anonymous'] },
    { level: 'Metadata' },
  ],
})

function auditEvents(log: string): AuditEvent[] {
  // The last line may not be whole yet.
  const lines = log.slice(0, log.lastIndexOf('\n') + 1).split('\n')
  const events = lines.flatMap((line): AuditEvent[] => {
    if (line === '') return []
    const { auditID, verb, user, requestURI, responseStatus, requestReceivedTimestamp } = JSON.parse(line)
    const status = responseStatus?.code ?? 0
    return [{ id: auditID, verb, user: user?.username ?? '', uri: requestURI, status, time: requestReceivedTimestamp }]
  })
  return events.sort((a, b) => (a.time < b.time ? -1 : 1))
}

function watchStart(name: string, log: string, component: ChildServer) {
  let running = true
  component.ended.then(() => {
    running = false
  })
  return {
    /** Polls until `ready` holds; fails with the component's last lines when it ends or takes too long. */
    async until(ready: () => Promise<boolean>): Promise<void> {
      const deadline = Date.now() + START_DEADLINE
      while (running && Date.now() < deadline) {
        if (await ready().catch(() => false)) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
      throw new Error(`${name} ${running ? 'did not become ready' : 'ended'}; its log ends with:\n${lines}`)
    },
  }
}

function kubeconfig(server: string, authority: Authority, user: string, pair: KeyPair): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': user,
    contexts: [{ name: user, context: { cluster: 'testbed', user } }],
    clusters: [{ name: 'testbed', cluster: { server, 'certificate-authority-data': base64(authority.certificate) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(pair.certificate), 'client-key-data': base64(pair.key) },
      },
    ],
  })
}

/** Asks the system for ports that are free now; all are held until the last one is known, so they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no free port on the loopback address')
    return address.port
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
