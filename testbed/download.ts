import { createHash } from 'node:crypto'
import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../src/process.ts'
import { inWorkFolder, platform } from './cache.ts'
import type { Progress } from './gobuild.ts'
import { versions } from './versions.ts'

/** How long a server may take to begin its answer before the Go build is the better choice, in milliseconds. */
const PATIENCE = 5_000

/** Where official releases are served. A test or a mirror gives one base address for all of them. */
function bases(): { kubernetes: string; etcd: string } {
  const mirror = process.env.FAIRLEAD_TESTBED_RELEASES
  return mirror === undefined
    ? { kubernetes: 'https://dl.k8s.io', etcd: 'https://github.com/etcd-io/etcd/releases/download' }
    : { kubernetes: mirror, etcd: mirror }
}

/**
 * Fetches one program from its official release into `folder`, checked against the SHA-256 sum published beside it.
 * Returns false where there is no such release for this platform or no way to reach it; a wrong sum is an error.
 */
export async function download(name: string, folder: string, progress: Progress): Promise<boolean> {
  if (platform.os !== 'linux') return false
  return name === 'etcd' ? downloadEtcd(folder, progress) : downloadKubernetes(name, folder, progress)
}

async function downloadKubernetes(name: string, folder: string, progress: Progress): Promise<boolean> {
  const address = `${bases().kubernetes}/${versions.kubernetes}/bin/linux/${platform.arch}/${name}`
  const sum = await fetchText(`${address}.sha256`)
  if (sum === undefined) return false
  progress(`downloading ${name} ${versions.kubernetes} ...`)
  const bytes = await fetchChecked(address, sum.trim())
  await inWorkFolder(folder, async (work) => install(join(work, name), bytes, join(folder, name)))
  return true
}

async function downloadEtcd(folder: string, progress: Progress): Promise<boolean> {
  const release = `${bases().etcd}/${versions.etcd}`
  const stem = `etcd-${versions.etcd}-linux-${platform.arch}`
  const sums = await fetchText(`${release}/SHA256SUMS`)
  const sum = sums
    ?.split('\n')
    .find((line) => line.endsWith(`${stem}.tar.gz`))
    ?.split(/\s/)[0]
  if (sum === undefined) return false
  progress(`downloading etcd ${versions.etcd} ...`)
  const archive = await fetchChecked(`${release}/${stem}.tar.gz`, sum)
  await inWorkFolder(folder, async (work) => {
    const args = ['-xzf', '-', '-C', work, '--strip-components=1', `${stem}/etcd`]
    const exit = await runProgram('tar', args, { env: { PATH: process.env.PATH ?? '' }, stdin: archive })
    if (exit.code !== 0) throw new Error(`cannot unpack ${stem}.tar.gz: ${exit.stderr}`)
    renameSync(join(work, 'etcd'), join(folder, 'etcd'))
  })
  return true
}

function install(temporary: string, bytes: Buffer, final: string): void {
  writeFileSync(temporary, bytes)
  chmodSync(temporary, 0o755)
  renameSync(temporary, final)
}

async function fetchText(address: string): Promise<string | undefined> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) })
    return response.ok ? await response.text() : undefined
  } catch {
    return undefined // no network to this place: the caller builds from source instead
  }
}

async function fetchChecked(address: string, sha256: string): Promise<Buffer> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`${address} answered ${response.status}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== sha256) throw new Error(`${address} has SHA-256 ${actual}, its release says ${sha256}`)
  return bytes
}
