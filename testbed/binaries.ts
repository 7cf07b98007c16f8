import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, platform } from './cache.ts'
import { download } from './download.ts'
import { buildPinned, installTool, type Progress } from './gobuild.ts'
import { versions } from './versions.ts'

const pinned = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
} as const

const programs = [...(Object.keys(pinned) as (keyof typeof pinned)[]), 'kwok'] as const

/**
 * Returns a folder with all programs of the control plane, under the names that `KUBEBUILDER_ASSETS` expects.
 * Looks in `KUBEBUILDER_ASSETS` (used only if complete), then in the cache folder; missing
 * programs are downloaded from the official releases if possible, else built with Go, which takes minutes.
 */
export async function binaries(progress: Progress): Promise<string> {
  const assets = process.env.KUBEBUILDER_ASSETS
  if (assets !== undefined && missing(assets).length === 0) return assets

  const key = [...Object.values(versions), platform.os, platform.arch].join('-')
  const folder = join(cacheFolder(), key)
  mkdirSync(folder, { recursive: true })
  const wanted = missing(folder)
  if (wanted.length > 0) {
    progress(`Installing the control plane into the cache, once per machine (${wanted.join(', ')}).`)
  }
  for (const name of wanted) {
    if (name === 'kwok') await installTool(name, `sigs.k8s.io/kwok/cmd/kwok@${versions.kwok}`, folder, progress)
    else if (!(await download(name, folder, progress))) await buildPinned(name, pinned[name], folder, progress)
  }
  return folder
}

function missing(folder: string): (typeof programs)[number][] {
  return programs.filter((name) => !existsSync(join(folder, name)))
}
