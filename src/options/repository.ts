import { hint, option } from '../hint.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import type { RunnerFacts } from './runner-facts.ts'

/** The value of the option `repository`; `isOwn` if it is the workflow's own repository. */
export type Repository = { readonly isOwn: boolean } & RepositoryAddress

/** The address of a repository. */
export type RepositoryAddress =
  /** A repository behind an https or ssh URL. */
  | { readonly kind: 'remote'; readonly transport: 'https' | 'ssh'; readonly url: string }
  /** A folder on this machine. */
  | { readonly kind: 'local'; readonly path: string }

/**
 * Parses the option `repository`; an empty text or the workflow's own `owner/name` is the workflow's own repository. A
 * refusal never repeats credentials in a URL.
 */
export function parseRepository(text: string, { repository: own, serverUrl }: RunnerFacts): Parsed<Repository> {
  if (text === '' && own === '')
    return refused('it is empty, and this is not a workflow run.', 'Set the repository to read.')
  const address = parseAddress(text || own, serverUrl)
  if ('refusals' in address) return address
  return accepted({ ...address.value, isOwn: text === '' || text.toLowerCase() === own.toLowerCase() })
}

const FORMS =
  'Write `owner/name`, an https:// or ssh:// URL, `user@host:path`, or a folder that starts with `./` or `/`.'

/** Parses the address of a repository. `owner/name` is on the GitHub server at `serverUrl`. */
export function parseAddress(text: string, serverUrl: string): Parsed<RepositoryAddress> {
  if (/\p{Cc}/u.test(text)) return refused('it contains a control character.', FORMS)
  if (text.startsWith('./') || text.startsWith('/')) return accepted({ kind: 'local', path: text })
  if (text.includes('://')) return parseUrl(text, serverUrl)

  const isScpLike = /^[\w.-]+@[a-z0-9][\w.-]*:[^-:][^:]*$/i.test(text)
  if (isScpLike) return accepted({ kind: 'remote', transport: 'ssh', url: text })

  const [owner, name, ...more] = text.split('/')
  if (more.length === 0 && isRepositoryPart(owner) && isRepositoryPart(name)) {
    return accepted({ kind: 'remote', transport: 'https', url: `${new URL(serverUrl).origin}/${owner}/${name}` })
  }
  return refused('it has none of the known forms.', FORMS)
}

function parseUrl(text: string, serverUrl: string): Parsed<RepositoryAddress> {
  // URLs that parsers read differently (without a host, with a backslash or a space) are refused.
  if (!/^[a-z]+:\/\/[^/\\\s][^\\\s]*$/i.test(text) || !URL.canParse(text)) return refused('it is not a URL.', FORMS)
  const url = new URL(text)
  const isOwnServer = url.origin === new URL(serverUrl).origin
  if (url.hostname === '' || url.hostname.startsWith('-')) return refused('its host is missing or malformed.', FORMS)
  if (url.protocol === 'ssh:') {
    if (url.password !== '')
      return refused('it contains a password.', hint`Use ${option('ssh-key')} or the SSH agent of the runner.`)
    return accepted({ kind: 'remote', transport: 'ssh', url: text })
  }
  // Plain http only to the run's own server, which may run without TLS in a private network.
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isOwnServer)) {
    if (url.username !== '' || url.password !== '')
      return refused('it contains credentials.', hint`Move them to ${option('token')}.`)
    if (url.search !== '' || url.hash !== '')
      return refused('it has a query or a fragment, which the URL of a repository must not have.')
    return accepted({ kind: 'remote', transport: 'https', url: text })
  }
  return refused(`${url.protocol}// is not supported.`, FORMS)
}

function isRepositoryPart(part: string | undefined): boolean {
  return part !== undefined && /^[\w.-]+$/.test(part) && !/^\.{1,2}$/.test(part) && !part.startsWith('-')
}
