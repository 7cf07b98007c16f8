import { startControlPlane } from './controlplane.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)

// On exit, all files are removed and the control plane stops.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('Stopping ...')
    process.exit(0)
  })
}

const started = Date.now()
const cluster = await startControlPlane(say)
say(`A Kubernetes control plane runs at ${cluster.server} (started in ${((Date.now() - started) / 1000).toFixed(1)} s).

In another terminal:
  export KUBECONFIG=${cluster.kubeconfig}
  export PATH=${cluster.bin}:$PATH
  kubectl get namespaces

Ctrl-C here stops it and removes its files.`)
