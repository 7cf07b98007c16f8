import { join, relative, resolve } from 'node:path'
import { hint, option } from '../hint.ts'
import { isCommitSha } from '../source/commit-sha.ts'
import type { LocalConfig, Ref, RemoteConfig, SourceConfig } from '../source/source-config.ts'
import type { Refusal } from './parsed.ts'
import { parseAddress } from './repository.ts'
import type { RunnerFacts } from './runner-facts.ts'
import type { OptionName, OptionValues } from './table.ts'
import type { Token } from './token.ts'

/** Returns the refusals of source options that are valid by themselves, but not together. */
export function sourceContradictions(
  values: Partial<OptionValues>,
  { toolCache }: RunnerFacts,
): readonly (Refusal & { readonly name: OptionName })[] {
  const { repository } = values
  if (repository?.kind !== 'remote') return []
  const isKeyUnused = values['ssh-key'] !== undefined && repository.transport !== 'ssh'
  const isCacheMissing = values['git-cache'] === true && toolCache === ''
  return [...(isKeyUnused ? [KEY_UNUSED] : []), ...(isCacheMissing ? [CACHE_MISSING] : [])]
}

const KEY_UNUSED = {
  name: 'ssh-key',
  reason: 'the repository is not an ssh URL.',
  hint: hint`Set ${option('repository', 'git@host:owner/name')}.`,
} as const
const CACHE_MISSING = {
  name: 'git-cache',
  reason: 'it needs a tool cache, but the variable RUNNER_TOOL_CACHE is not set.',
} as const

/** Builds the configuration of the source. */
export function buildSource(values: OptionValues, runner: RunnerFacts): SourceConfig {
  const { repository } = values
  const ref = values.ref ?? defaultRef(repository.isOwn ? runner.sha : '')
  if (repository.kind === 'local') return buildLocal(repository.path, ref, values, runner)
  const { transport, url } = repository
  const sshKey = values['ssh-key']
  const sshKnownHosts = values['ssh-known-hosts']
  return {
    ...{ kind: 'remote', transport, url, ref },
    ...(repository.isOwn && ref.kind === 'commit' && values.ref === undefined ? branchOf(runner) : {}),
    ...(transport === 'https' ? authorizationFor(url, values.token, runner) : {}),
    ...(sshKey === undefined ? {} : { sshKey: `${sshKey}\n` }),
    ...(sshKnownHosts === undefined ? {} : { sshKnownHosts: `${sshKnownHosts}\n` }),
    ...(values['git-cache'] ? { cacheDir: join(runner.toolCache, 'fairlead', 'git-cache') } : {}),
  }
}

function defaultRef(ownSha: string): Ref {
  return isCommitSha(ownSha) ? { kind: 'commit', sha: ownSha } : { kind: 'default' }
}

function buildLocal(folder: string, ref: Ref, { token }: OptionValues, runner: RunnerFacts): LocalConfig {
  const path = resolve(runner.workspace, folder)
  const workspacePath = relative(runner.workspace, path)
  const upstream = upstreamOf(token, runner)
  return {
    ...{ kind: 'local', path, ref },
    ...(workspacePath.startsWith('..') ? {} : { workspacePath }),
    ...(upstream === undefined ? {} : { upstream }),
  }
}

/** Returns the branch of the run's own commit, if it is on one. */
function branchOf({ ref }: RunnerFacts): { readonly branch?: string } {
  return ref.startsWith('refs/heads/') ? { branch: ref } : {}
}

/** Returns the workflow's own repository at the run's own commit; undefined outside a workflow. */
function upstreamOf(token: Token | undefined, runner: RunnerFacts): RemoteConfig | undefined {
  const { repository, sha, serverUrl } = runner
  const address = parseAddress(repository, serverUrl)
  if ('refusals' in address || address.value.kind !== 'remote' || !isCommitSha(sha)) return undefined
  const { url } = address.value
  return {
    ...{ kind: 'remote', transport: 'https', url, ref: { kind: 'commit', sha } },
    ...branchOf(runner),
    ...authorizationFor(url, token, runner),
  }
}

/** The workflow's own token is only sent to the run's own server, any other token to any server. */
function authorizationFor(
  url: string,
  token: Token | undefined,
  { serverUrl }: RunnerFacts,
): { readonly authorization?: string } {
  if (token === undefined) return {}
  if (token.isWorkflowToken && new URL(url).origin !== new URL(serverUrl).origin) return {}
  return { authorization: `basic ${basicCredentials(token)}` }
}

/** Encodes a token as the password of HTTP basic authentication, as git servers expect it. */
function basicCredentials({ text }: Token): string {
  return Buffer.from(`x-access-token:${text}`).toString('base64')
}

/** Returns the values of source options that must not appear in any output. */
export function sourceSecrets({ token, 'ssh-key': sshKey }: OptionValues): string[] {
  return [
    ...(token === undefined ? [] : [token.text, basicCredentials(token)]),
    ...(sshKey === undefined ? [] : [sshKey]),
  ]
}
