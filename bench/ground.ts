import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditEvent, type ControlPlane, startControlPlane } from '../testbed/controlplane.ts'
import { temporaryFolder } from '../testbed/repository.ts'
import { type Delay, startDelay } from './delay.ts'
import type { Deployer } from './deployer.ts'
import type { RoundTrip, Run } from './measurement.ts'
import type { ManifestSet } from './mix.ts'

/** How long to wait until controllers stop writing. */
const MAX_SETTLE_MS = 120_000
/** How long no controller must have written. */
const QUIET_MS = 2_000

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

/** A fresh control plane to run deployers on, with configurable round trips. */
export interface Ground {
  readonly plane: ControlPlane
  /** Runs a deployer once and returns its cost. If it fails, raises an error with its last lines of output. */
  run(deployer: Deployer, set: ManifestSet, roundTrip: RoundTrip, timeout: number): Promise<Run>
  /** Waits until the controllers stop writing. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/** Starts a control plane and warms it up, so that no deployer pays for its lazy initialization. */
export async function freshGround(): Promise<Ground> {
  const plane = await startControlPlane()
  await plane.kubectl(['apply', '--dry-run=server', '-f', '-'], WARMING)
  const delays = new Map<RoundTrip, Delay>()
  let runs = 0
  return {
    plane,
    settle: () => settle(plane),
    async run(deployer, { folder }, roundTrip, timeout) {
      runs += 1
      // Each run has its own user, to separate its requests in the audit log.
      const user = `run-${runs}`
      const near = await plane.kubeconfigFor(user, ['system:masters'])
      const kubeconfig = roundTrip === 0 ? near : await farKubeconfig(plane, near, roundTrip, delays)
      const usage = await deployer.deploy({ folder, kubeconfig, bin: plane.bin }, timeout)
      if (usage.exitCode === null) throw new Error(`it was killed after ${timeout / 1_000} s`)
      if (usage.exitCode !== 0) throw new Error(lastWords(usage.log))
      // The audit log contains watches only after they end.
      await pause(300 + 3 * roundTrip)
      const requests = plane.audit().filter((event) => event.user === user)
      const { wall, cpu, memory } = usage
      return { wall, cpu, memory, requests: requests.length, writing: writingTime(requests) }
    },
    async stop() {
      for (const delay of delays.values()) await delay.stop()
      await plane.stop()
    },
  }
}

async function farKubeconfig(
  plane: ControlPlane,
  near: string,
  roundTrip: RoundTrip,
  delays: Map<RoundTrip, Delay>,
): Promise<string> {
  const delay = delays.get(roundTrip) ?? (await startDelay(Number(new URL(plane.server).port), roundTrip))
  delays.set(roundTrip, delay)
  const path = join(temporaryFolder(), 'kubeconfig')
  const far = readFileSync(near, 'utf8').replace(plane.server, `https://127.0.0.1:${delay.port}`)
  writeFileSync(path, far, { mode: 0o600 })
  return path
}

async function settle(plane: ControlPlane): Promise<void> {
  const deadline = Date.now() + MAX_SETTLE_MS
  while (Date.now() < deadline) {
    await pause(QUIET_MS)
    const since = new Date(Date.now() - QUIET_MS).toISOString()
    const isBusy = plane.audit().some(({ verb, uri, time }) => time > since && WRITES.has(verb) && !isHeartbeat(uri))
    if (!isBusy) return
  }
}

function isHeartbeat(uri: string): boolean {
  return uri.includes('/leases/') || uri.includes('/nodes/')
}

function writingTime(requests: readonly AuditEvent[]): number {
  const writes = requests.filter(({ verb, uri }) => WRITES.has(verb) && !uri.includes('dryRun='))
  const [first, last] = [writes.at(0), writes.at(-1)]
  return first === undefined || last === undefined ? 0 : Date.parse(last.time) - Date.parse(first.time)
}

function lastWords(log: string): string {
  return log.trim().split('\n').slice(-3).join(' ').replaceAll(/\s+/g, ' ').slice(0, 600)
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

const WARMING = `apiVersion: v1
kind: ConfigMap
metadata: {name: warming, namespace: default}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: warming, namespace: default}
spec:
  replicas: 0
  selector: {matchLabels: {app: warming}}
  template:
    metadata: {labels: {app: warming}}
    spec: {containers: [{name: main, image: example.com/warming}]}
`
