import { join, relative, resolve } from 'node:path'
import { Failure, failIfAny } from '../errors.ts'
import type { Environment } from './environment.ts'
import { type Inputs, openInputs } from './inputs.ts'
import { defaultName, INVENTORY_NAMESPACE, type InventoryConfig } from './inventory.ts'
import { type KubeconfigSource, parseKubeconfig } from './kubeconfig.ts'
import { type Limits, parseLimits } from './limits.ts'
import type { Patterns } from './patterns.ts'
import { type Policy, readPolicy } from './policy.ts'
import { isCommitSha, parseRef, type Ref } from './ref.ts'
import { parseRepository } from './repository.ts'

/** How to read the repository. */
export type SourceConfig = RemoteConfig | LocalConfig

/** A repository on a git server. */
export interface RemoteConfig {
  readonly kind: 'remote'
  readonly transport: 'https' | 'ssh'
  readonly url: string
  readonly ref: Ref
  /** The branch that a `ref` which is a commit is of, as a full name; absent where that is not known. */
  readonly branch?: string
  /** The one authorization header for this URL's origin; absent where there is nothing to send. */
  readonly authorization?: string
  /** A private key for ssh; without one the runner's own agent is asked. */
  readonly sshKey?: string
  /** Lines of a known_hosts file, used instead of the built-in ones. */
  readonly sshKnownHosts?: string
  /** The folder in which mirrors persist between runs; absent where nothing should. */
  readonly mirrors?: string
}

/** A folder of this machine. */
export interface LocalConfig {
  readonly kind: 'local'
  /** Absolute. */
  readonly path: string
  /** Only where the folder is a repository's root. */
  readonly ref: Ref
  /** Where the folder lies in the job's workspace; absent where it lies elsewhere. */
  readonly workspacePath?: string
  /** Where a checkout of the workflow's own commit comes from, with that commit as its ref. */
  readonly upstream?: RemoteConfig
}

/** How to reach the cluster. */
export interface ClusterConfig {
  readonly kubeconfig: KubeconfigSource
  /** The kubeconfig's context to use; its current one where absent. */
  readonly context?: string
  /** The namespace of objects that name none; the context's one where absent. */
  readonly namespace?: string
}

/** Which part of a repository to read: paths from its root, which is the empty string, and what to leave out of them. */
export interface Scope extends Patterns {
  /** Without leading or trailing slashes. */
  readonly paths: readonly string[]
}

/** Everything a run needs to know from outside, checked. Nothing else in the product reads inputs or environment. */
export interface Config {
  readonly source: SourceConfig
  readonly scope: Scope
  readonly limits: Limits
  readonly cluster: ClusterConfig
  readonly inventory: InventoryConfig
  readonly policy: Policy
  /** The parent's environment, from which the environments of children are made. */
  readonly environment: Environment
  /** What this run is called: its address where it has one. */
  readonly run: string
  /** A folder for this run's private files. */
  readonly temp: string
  /** Texts of the inputs that must not appear in any output. */
  readonly secrets: readonly string[]
}

/** The default of `token` in action.yml begins with this: it tells the workflow's own token from one given on purpose. */
const DEFAULT_TOKEN = 'default:'

/** Whether a text may be a namespace's name (RFC 1123 label). */
export function isNamespaceName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)
}

/**
 * Reads inputs and environment into a frozen `Config`; `platform` is Node's name of the operating system.
 * Raises one E-INPUT failure with every problem found.
 */
export function readConfig(environment: Environment, platform: NodeJS.Platform): Config {
  if (platform === 'win32') {
    const message = 'Fairlead runs on Linux and macOS, not on Windows.'
    throw new Failure({ class: 'E-INPUT', message, next: 'Set `runs-on: ubuntu-latest`.' })
  }
  const serverUrl = environment.GITHUB_SERVER_URL || 'https://github.com'
  if (!URL.canParse(serverUrl)) {
    const message = `GITHUB_SERVER_URL is no URL: ${serverUrl}`
    throw new Failure({ class: 'E-INPUT', message, next: 'The runner sets it; nothing else should.' })
  }
  const inputs = openInputs(environment)
  const policy = readPolicy(inputs, environment.GITHUB_EVENT_NAME ?? '')
  const source = readSource(inputs, environment, serverUrl)
  const scope = { paths: readPaths(inputs), include: inputs.lines('include'), exclude: inputs.lines('exclude') }
  const limits = inputs.parsed('limits', parseLimits(inputs.lines('limits')))
  const cluster = readCluster(inputs, environment)
  const inventory = readInventory(inputs, environment.GITHUB_REPOSITORY ?? '', source, scope, cluster)
  failIfAny(inputs.problems)
  if (source === undefined || cluster === undefined || limits === undefined)
    throw new Error('a refused input recorded no problem')
  return deepFreeze({
    source,
    scope,
    limits,
    cluster,
    inventory,
    policy,
    run: runOf(environment, serverUrl),
    environment: { ...environment },
    temp: environment.RUNNER_TEMP || environment.TMPDIR || '/tmp',
    secrets: secretsOf(inputs),
  })
}

function readInventory(
  inputs: Inputs,
  own: string,
  source: SourceConfig | undefined,
  { paths }: Scope,
  cluster: ClusterConfig | undefined,
): InventoryConfig {
  const name = inputs.text('name') ?? ''
  const namespace = checkNamespace('inventory-namespace', inputs)
  if (name !== '' && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    inputs.refuse(
      'name',
      `${JSON.stringify(name)} is no name for it: lower-case letters, digits and \`-\`, at most 63.`,
    )
  return {
    namespace: namespace || cluster?.namespace || INVENTORY_NAMESPACE,
    name: name || (source === undefined ? '' : defaultName(source, own, paths, cluster?.namespace)),
  }
}

/** The namespace that an input names; refuses what can be none. */
function checkNamespace(input: string, inputs: Inputs): string {
  const namespace = inputs.text(input) ?? ''
  if (namespace !== '' && !isNamespaceName(namespace)) {
    const rule = 'lower-case letters, digits and `-`, at most 63.'
    inputs.refuse(input, `${JSON.stringify(namespace)} is no namespace name: ${rule}`)
  }
  return namespace
}

function readSource(inputs: Inputs, environment: Environment, serverUrl: string): SourceConfig | undefined {
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
    ...(mirrors === undefined ? {} : { mirrors }),
  }
}

function readRef(inputs: Inputs, ownSha: string | undefined): Ref | undefined {
  const given = inputs.text('ref') ?? ''
  if (given !== '') return inputs.parsed('ref', parseRef(given))
  return ownSha !== undefined && isCommitSha(ownSha) ? { kind: 'commit', sha: ownSha } : { kind: 'default' }
}

function runOf(environment: Environment, serverUrl: string): string {
  const { GITHUB_REPOSITORY: own = '', GITHUB_RUN_ID: id = '', GITHUB_RUN_ATTEMPT: attempt = '' } = environment
  if (own === '' || id === '') return 'a run outside of a workflow'
  return `${new URL(serverUrl).origin}/${own}/actions/runs/${id}${attempt === '' ? '' : `/attempts/${attempt}`}`
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

function secretsOf(inputs: Inputs): string[] {
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

function readPaths(inputs: Inputs): string[] {
  const lines = inputs.lines('path')
  const paths = (lines.length === 0 ? ['.'] : lines).map((line) => {
    const parts = line.split('/').filter((part) => part !== '' && part !== '.')
    if (
      line.startsWith('/') ||
      line.startsWith('~') ||
      line.includes('\\') ||
      /\p{Cc}/u.test(line) ||
      parts.includes('..')
    ) {
      inputs.refuse('path', `${JSON.stringify(line)} must be a path inside the repository, such as \`deploy/prod\`.`)
    }
    return parts.join('/')
  })
  return [...new Set(paths)]
}

function readCluster(inputs: Inputs, environment: Environment): ClusterConfig | undefined {
  const input = inputs.text('kubeconfig') ?? 'env'
  const kubeconfig = inputs.parsed('kubeconfig', parseKubeconfig(input, environment.KUBECONFIG))
  const context = inputs.text('context') ?? ''
  const namespace = checkNamespace('namespace', inputs)
  if (kubeconfig === undefined) return undefined
  return { kubeconfig, ...(context === '' ? {} : { context }), ...(namespace === '' ? {} : { namespace }) }
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}
