import { join, relative, resolve } from 'node:path'
import type { Environment } from '../process.ts'
import { isCommitSha } from '../source/commit-sha.ts'
import type { Ref, RemoteConfig, SourceConfig } from '../source/source-config.ts'
import type { Inputs } from './inputs.ts'
import { parseRef } from './ref.ts'
import { parseRepository } from './repository.ts'

/** The default of `token` in action.yml begins with this: it tells the workflow's own token from one given on purpose. */
const DEFAULT_TOKEN = 'default:'

/** Reads where the repository is, and how it may be read; undefined where that was refused. */
export function readSource(inputs: Inputs, environment: Environment, serverUrl: string): SourceConfig | undefined {
  const own = environment.GITHUB_REPOSITORY ?? ''
  const given = inputs.text('repository') ?? ''
  if (given === '' && own === '') {
    inputs.refuse('repository', 'it is empty and this is no workflow run. Say which repository to read.')
    return undefined
  }
  const repository = inputs.parsed('repository', parseRepository(given || own, serverUrl))
  const isOwn = given === '' || given.toLowerCase() === own.toLowerCase()
  const ref = readRef(inputs, isOwn ? environment.GITHUB_SHA : undefined)
  if (repository === undefined || ref === undefined) return undefined
  if (repository.kind === 'local') {
    const workspace = resolve(environment.GITHUB_WORKSPACE ?? '.')
    const path = resolve(workspace, repository.path)
    const workspacePath = relative(workspace, path)
    const upstream = upstreamOf(inputs, environment, serverUrl)
    return {
      ...{ kind: 'local', path, ref },
      ...(workspacePath.startsWith('..') ? {} : { workspacePath }),
      ...(upstream === undefined ? {} : { upstream }),
    }
  }

  const { transport, url } = repository
  const sshKey = inputs.text('ssh-key') ?? ''
  const sshKnownHosts = inputs.text('ssh-known-hosts') ?? ''
  if (transport !== 'ssh' && sshKey !== '') {
    inputs.refuse('ssh-key', 'it is given, but `repository` is no ssh URL. Write `repository: git@host:owner/name`.')
  }
  const mirrors = inputs.boolean('mirror') ? mirrorFolder(inputs, environment) : undefined
  return {
    kind: 'remote',
    transport,
    url,
    ref,
    ...(isOwn && ref.kind === 'commit' && inputs.text('ref') === '' ? branchOf(environment) : {}),
    ...(transport === 'https' ? authorizationFor(url, inputs, serverUrl) : {}),
    ...(sshKey === '' ? {} : { sshKey: `${sshKey}\n` }),
    ...(sshKnownHosts === '' ? {} : { sshKnownHosts: `${sshKnownHosts}\n` }),
    ...(mirrors === undefined ? {} : { cacheDir: mirrors }),
  }
}

function readRef(inputs: Inputs, ownSha: string | undefined): Ref | undefined {
  const given = inputs.text('ref') ?? ''
  if (given !== '') return inputs.parsed('ref', parseRef(given))
  return ownSha !== undefined && isCommitSha(ownSha) ? { kind: 'commit', sha: ownSha } : { kind: 'default' }
}

/** The branch on which the run's own commit is, where it is on one. */
function branchOf({ GITHUB_REF: ref = '' }: Environment): { readonly branch?: string } {
  return ref.startsWith('refs/heads/') ? { branch: ref } : {}
}

/** The workflow's own repository at the run's own commit. */
function upstreamOf(inputs: Inputs, environment: Environment, serverUrl: string): RemoteConfig | undefined {
  const { GITHUB_REPOSITORY: own = '', GITHUB_SHA: sha = '' } = environment
  const repository = parseRepository(own, serverUrl)
  if (typeof repository === 'string' || repository.kind !== 'remote' || !isCommitSha(sha)) return undefined
  const { url } = repository
  return {
    ...{ kind: 'remote', transport: 'https', url, ref: { kind: 'commit', sha } },
    ...branchOf(environment),
    ...authorizationFor(url, inputs, serverUrl),
  }
}

function authorizationFor(url: string, inputs: Inputs, serverUrl: string): { readonly authorization?: string } {
  const token = tokenFor(url, inputs, serverUrl)
  return token === '' ? {} : { authorization: `basic ${basicCredentials(token)}` }
}

/** The token for a URL: the workflow's own goes to the run's own server only, any other where the workflow sends it. */
function tokenFor(url: string, inputs: Inputs, serverUrl: string): string {
  const given = inputs.text('token') ?? ''
  if (/\p{Cc}/u.test(given)) inputs.refuse('token', 'it holds a line break or another control character.')
  if (!given.startsWith(DEFAULT_TOKEN)) return given
  return new URL(url).origin === new URL(serverUrl).origin ? given.slice(DEFAULT_TOKEN.length) : ''
}

/** A token as GitHub and other git servers take it: the password of HTTP basic authentication. */
function basicCredentials(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64')
}

/** Texts of the inputs about the repository that must not appear in any output. */
export function secretsOf(inputs: Inputs): string[] {
  const token = (inputs.text('token') ?? '').replace(DEFAULT_TOKEN, '')
  const forms = token === '' ? [] : [token, basicCredentials(token)]
  return [...forms, inputs.text('ssh-key') ?? ''].filter((secret) => secret !== '')
}

function mirrorFolder(inputs: Inputs, environment: Environment): string | undefined {
  const cache = environment.RUNNER_TOOL_CACHE
  if (cache === undefined || cache === '') {
    inputs.refuse('mirror', 'it needs the folder that the runner names in RUNNER_TOOL_CACHE, and that is not set.')
    return undefined
  }
  return join(cache, 'fairlead', 'mirrors')
}
