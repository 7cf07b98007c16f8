import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../diagnostics.ts'
import { tail } from '../process.ts'
import type { Kubectl } from './kubectl.ts'

/** A running `kubectl proxy`: it holds the credentials and renews them, nobody else needs them. */
export interface ApiProxy {
  readonly socketPath: string
  /** The last lines that it, or a credential plugin under it, wrote to standard error. */
  said(): string
  stop(): Promise<void>
}

/** How much of the end of its standard error is kept. */
const MAX_STDERR_CHARACTERS = 4_000

/** How long the proxy may take to open its socket, in milliseconds. */
const START_TIMEOUT_MS = 20_000

/**
 * Starts `kubectl proxy` on a socket in the private folder `scratch`. It runs until it is stopped, also beyond `signal`, so that
 * a run that ends can still let go of its lock. Raises E-KUBE-NET when it does not start.
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
    message: `kubectl could not open a connection with this kubeconfig: ${tail(said) || 'it said nothing'}`,
    hint: 'Try `kubectl get namespaces` with the same kubeconfig.',
  })
}

/** Whether somebody takes connections there: the socket's file is there a moment earlier. */
function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const tell = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => tell(true)).once('error', () => tell(false))
  })
}
