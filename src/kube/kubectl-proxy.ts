import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../diagnostics.ts'
import { tail } from '../process.ts'
import type { Kubectl } from './kubectl.ts'

/** A running `kubectl proxy`, the only process that holds the credentials; it also renews them. */
export interface ApiProxy {
  readonly socketPath: string
  /** The last lines that it, or its credential plugin, wrote to standard error. */
  said(): string
  stop(): Promise<void>
}

/** At most this many characters of its standard error are kept, from the end. */
const MAX_STDERR_CHARACTERS = 4_000

/** How long the proxy may take to open its socket, in milliseconds. */
const START_TIMEOUT_MS = 20_000

/**
 * Starts `kubectl proxy` on a socket in the private folder `tempDir`. It runs until it is stopped, even after `signal` aborts,
 * so that a cancelled run can still release its lock. Raises E-KUBE-NET if it does not start.
 */
export async function startProxy(
  kubectl: Kubectl,
  context: string,
  tempDir: string,
  signal: AbortSignal,
): Promise<ApiProxy> {
  const socketPath = join(tempDir, 'api.sock')
  const args = [
    'proxy',
    `--context=${context}`,
    `--unix-socket=${socketPath}`,
    '--append-server-path=true',
    '--reject-paths=^$',
  ]
  const child = kubectl.serve(args, {})
  let said = ''
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-MAX_STDERR_CHARACTERS)
  })
  let running = true
  child.ended.then(() => {
    running = false
  })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (running && !signal.aborted && Date.now() < deadline) {
    if (await isListening(socketPath)) return { socketPath, said: () => tail(said), stop: child.stop }
    await sleep(10)
  }
  await child.stop()
  signal.throwIfAborted()
  throw new Failure({
    code: 'E-KUBE-NET',
    reason: 'ProxyNotStarted',
    message: `\`kubectl proxy\` did not start with this kubeconfig: ${tail(said) || 'no output'}`,
    hint: 'Try `kubectl get namespaces` with the same kubeconfig.',
  })
}

/** Whether the socket accepts connections: its file exists slightly earlier. */
function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const finish = (accepts: boolean) => {
      socket.destroy()
      resolve(accepts)
    }
    socket.once('connect', () => finish(true)).once('error', () => finish(false))
  })
}
