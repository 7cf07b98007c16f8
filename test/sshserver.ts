import { spawn } from 'node:child_process'
import { join } from 'node:path'
import ssh2 from 'ssh2'

/** A git server over ssh. */
export interface SshServer {
  readonly port: number
  /** The server's public key as a line of a known_hosts file. */
  readonly knownHosts: string
  /** A private key that the server admits. */
  readonly clientKey: string
  stop(): Promise<void>
}

/** Serves the repositories below `root` at `/owner/name`, to those who hold the one key that it admits. */
export async function startSshServer(root: string): Promise<SshServer> {
  // Not ed25519: ssh2 1.17 cuts zero bytes off the front of those, so one key in 256 is malformed.
  const host = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 })
  const client = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 })
  const admitted = ssh2.utils.parseKey(client.public)
  if (admitted instanceof Error) throw admitted
  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    connection.on('error', () => {})
    connection.on('authentication', (context) => {
      const isKnown = context.method === 'publickey' && admitted.getPublicSSH().equals(context.key.data)
      if (isKnown) context.accept()
      else context.reject(['publickey'])
    })
    connection.on('session', (accept) => {
      accept().on('exec', (acceptCommand, _reject, { command }) => {
        const stream = acceptCommand()
        const [, path = ''] = /^git-upload-pack '(.*)'$/.exec(command) ?? []
        const git = spawn('git', [
          '-c',
          'safe.directory=*',
          '-c',
          'uploadpack.allowFilter=true',
          'upload-pack',
          join(root, path),
        ])
        stream.pipe(git.stdin)
        git.stdin.on('error', () => {})
        git.stdout.pipe(stream, { end: false })
        git.stderr.pipe(stream.stderr, { end: false })
        git.on('close', (code) => {
          stream.exit(code ?? 1)
          stream.end()
        })
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${host.public}`,
    clientKey: client.private,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
