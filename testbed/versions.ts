import { readFileSync } from 'node:fs'

const goMod = readFileSync(new URL('go.mod', import.meta.url), 'utf8')

/** The versions of the testbed's programs. `go.mod` pins those of Kubernetes and etcd. */
export const versions = {
  kubernetes: required('k8s.io/kubernetes'),
  etcd: required('go.etcd.io/etcd/server/v3'),
  kwok: 'v0.8.0',
} as const

function required(module: string): string {
  const version = goMod
    .split('\n')
    .find((line) => line.startsWith(`\t${module} v`))
    ?.split(' ')[1]
  if (version === undefined) throw new Error(`testbed/go.mod does not require ${module}`)
  return version
}
