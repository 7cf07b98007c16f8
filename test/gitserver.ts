import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A git server over HTTP, run by git's own http-backend. */
export interface GitServer {
  readonly url: string
  /** Every request: its method with its path, and its authorization headers. */
  readonly requests: readonly { readonly line: string; readonly authorization: readonly string[] }[]
  /** Takes over requests: answers and returns true, or returns false to leave one to git. */
  intercept(handler: (request: IncomingMessage, response: ServerResponse) => boolean): void
  stop(): Promise<void>
}

/**
 * Serves the repositories below `root` at `/owner/name`. With `token`, only to those who send it the way GitHub wants it,
 * as the password of `x-access-token`.
 */
export async function startGitServer(root: string, token?: string): Promise<GitServer> {
  const requests: { line: string; authorization: string[] }[] = []
  let handler: (request: IncomingMessage, response: ServerResponse) => boolean = () => false
  const server = createServer((request, response) => {
    const authorization = request.rawHeaders.flatMap((name, index) =>
      index % 2 === 0 && name.toLowerCase() === 'authorization' ? [request.rawHeaders[index + 1] ?? ''] : [],
    )
    requests.push({ line: `${request.method} ${request.url}`, authorization })
    if (handler(request, response)) return
    const expected = `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`
    if (token !== undefined && authorization.join() !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('Invalid username or password.')
      return
    }
    serve(root, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the git server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    intercept: (next) => {
      handler = next
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One request by the CGI program that comes with git (https://git-scm.com/docs/git-http-backend). */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const cgi = spawn('git', ['-c', 'safe.directory=*', '-c', 'uploadpack.allowFilter=true', 'http-backend'], {
    env: {
      PATH: process.env.PATH ?? '',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? '',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
  })
  request.pipe(cgi.stdin)
  cgi.stdin.on('error', () => {})
  let head = Buffer.alloc(0)
  let started = false
  cgi.stdout.on('data', (chunk: Buffer) => {
    if (started) {
      response.write(chunk)
      return
    }
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) return
    started = true
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(': ')
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
      else response.setHeader(name, value)
    }
    response.write(head.subarray(end + 4))
  })
  cgi.on('close', () => response.end())
}
