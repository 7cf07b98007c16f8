import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../src/process.ts'
import { inWorkFolder, platform } from './cache.ts'
import { versions } from './versions.ts'

/** Called with a line a person can read whenever something that takes long begins or goes on. */
export type Progress = (line: string) => void

const moduleFolder = import.meta.dirname

const stamp = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((pkg) => {
  const [major, minor] = versions.kubernetes.slice(1).split('.')
  return [
    `-X ${pkg}.gitVersion=${versions.kubernetes}`,
    `-X ${pkg}.gitMajor=${major}`,
    `-X ${pkg}.gitMinor=${minor}`,
    `-X ${pkg}.gitTreeState=clean`,
  ]
})

/** Builds a main package that the `go.mod` in `module` pins, `testbed/go.mod` by default, into `folder` under `name`. */
export async function buildPinned(
  name: string,
  pkg: string,
  folder: string,
  progress: Progress,
  module = moduleFolder,
): Promise<void> {
  await inWorkFolder(folder, async (work) => {
    const ldflags = ['-s', '-w', ...(pkg.startsWith('k8s.io/kubernetes/') ? stamp : [])].join(' ')
    const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', ldflags, '-o', join(work, name), pkg]
    await go(name, args, { CGO_ENABLED: '0' }, progress, module)
    renameSync(join(work, name), join(folder, name))
  })
}

/** Installs a program at an exact version with `go install`, into `folder` under `name`. */
export async function installTool(
  name: string,
  pkgAtVersion: string,
  folder: string,
  progress: Progress,
): Promise<void> {
  await inWorkFolder(folder, async (work) => {
    await go(name, ['install', '-trimpath', pkgAtVersion], { CGO_ENABLED: '0', GOBIN: work }, progress)
    renameSync(join(work, name), join(folder, name))
  })
}

async function go(
  name: string,
  args: string[],
  env: Record<string, string>,
  progress: Progress,
  cwd = moduleFolder,
): Promise<void> {
  const started = Date.now()
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`
  progress(`building ${name} for ${platform.os}/${platform.arch} with Go ...`)
  const ticker = setInterval(() => progress(`still building ${name} (${elapsed()}) ...`), 30_000)
  try {
    const inherited = Object.fromEntries(Object.entries(process.env).map(([key, value]) => [key, value ?? '']))
    const exit = await runProgram('go', args, { env: { ...inherited, ...env }, cwd }).catch(() => {
      throw new Error(
        'What is not downloaded is built from source, which needs Go 1.26 or newer on PATH (https://go.dev/dl). ' +
          'For the control plane, KUBEBUILDER_ASSETS may point at a folder that has all of its programs instead.',
      )
    })
    if (exit.code !== 0) throw new Error(`go ${args.join(' ')} failed:\n${exit.stderr}`)
    progress(`built ${name} in ${elapsed()}`)
  } finally {
    clearInterval(ticker)
  }
}
