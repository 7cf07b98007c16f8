/** What the `repository` input names, before anything is known about a server or a disk. */
export type Repository =
  /** A repository behind an https or ssh URL. */
  | { readonly kind: 'remote'; readonly transport: 'https' | 'ssh'; readonly url: string }
  /** A folder of this machine. */
  | { readonly kind: 'local'; readonly path: string }

const FORMS =
  'Write `owner/name`, an https:// or ssh:// URL, `user@host:path`, or a folder that starts with `./` or `/`.'

/**
 * Parses the `repository` input. `owner/name` means the GitHub server of the run, whose address is `serverUrl`.
 * Returns a string, the reason with its remedy, for anything else; the reason never repeats a URL's credentials.
 */
export function parseRepository(input: string, serverUrl: string): Repository | string {
  if (/\p{Cc}/u.test(input)) return `it holds a control character. ${FORMS}`
  if (input.startsWith('./') || input.startsWith('/')) return { kind: 'local', path: input }
  if (input.includes('://')) return parseUrl(input, serverUrl)

  const isScpLike = /^[\w.-]+@[a-z0-9][\w.-]*:[^-:][^:]*$/i.test(input)
  if (isScpLike) return { kind: 'remote', transport: 'ssh', url: input }

  const [owner, name, ...more] = input.split('/')
  if (more.length === 0 && isRepositoryPart(owner) && isRepositoryPart(name)) {
    return { kind: 'remote', transport: 'https', url: `${new URL(serverUrl).origin}/${owner}/${name}` }
  }
  return `it is none of the known forms. ${FORMS}`
}

function parseUrl(input: string, serverUrl: string): Repository | string {
  // What parsers read differently (a missing host, a backslash, a blank) is not parsed at all.
  if (!/^[a-z]+:\/\/[^/\\\s][^\\\s]*$/i.test(input) || !URL.canParse(input)) return `it is not a URL. ${FORMS}`
  const url = new URL(input)
  const isOwnServer = url.origin === new URL(serverUrl).origin
  if (url.hostname === '' || url.hostname.startsWith('-')) return `its host is missing or malformed. ${FORMS}`
  if (url.protocol === 'ssh:') {
    if (url.password !== '') return 'it holds a password. Use `ssh-key` or the SSH agent of the runner.'
    return { kind: 'remote', transport: 'ssh', url: input }
  }
  // Plain http only to the run's own server, which some companies run without TLS inside their network.
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isOwnServer)) {
    if (url.username !== '' || url.password !== '') return 'it holds credentials. Move them to the `token` input.'
    if (url.search !== '' || url.hash !== '') return 'it has a query or a fragment, which a repository URL has not.'
    return { kind: 'remote', transport: 'https', url: input }
  }
  return `${url.protocol}// is not supported. ${FORMS}`
}

function isRepositoryPart(part: string | undefined): boolean {
  return part !== undefined && /^[\w.-]+$/.test(part) && !/^\.{1,2}$/.test(part) && !part.startsWith('-')
}
