import { join, relative, resolve } from 'node:path'
import { hint, option } from '../hint.ts'
import { isCommitSha } from '../source/commit-sha.ts'
import type { LocalConfig, Ref, RemoteConfig, SourceConfig } from '../source/source-config.ts'
import type { Refusal } from './parsed.ts'
import { parseAddress } from './repository.ts'
import type { RunnerFacts } from './runner-facts.ts'
import type { OptionName, OptionValues } from './table.ts'
import type { Token } from './token.ts'

/** What is wrong with options about the source that are right each by itself. */
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
  reason: 'it is given, but `repository` is no ssh URL.',
  hint: hint`Write ${option('repository', 'git@host:owner/name')}.`,
} as const
const CACHE_MISSING = {
  name: 'git-cache',
  reason: 'it needs the folder that the runner names in RUNNER_TOOL_CACHE, and that is not set.',
} as const

/** Where the repository is, and how it may be read. */
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

/** The branch of the run's own commit, if it is on one. */
function branchOf({ ref }: RunnerFacts): { readonly branch?: string } {
  return ref.startsWith('refs/heads/') ? { branch: ref } : {}
}

/** The workflow's own repository at the run's own commit. */
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

/** The workflow's own token goes to the run's own server only, any other where the workflow sends it. */
function authorizationFor(
  url: string,
  token: Token | undefined,
  { serverUrl }: RunnerFacts,
): { readonly authorization?: string } {
  if (token === undefined) return {}
  if (token.isWorkflowToken && new URL(url).origin !== new URL(serverUrl).origin) return {}
  return { authorization: `basic ${basicCredentials(token)}` }
}

/** A token as GitHub and other git servers take it: the password of HTTP basic authentication. */
function basicCredentials({ text }: Token): string {
  return Buffer.from(`x-access-token:${text}`).toString('base64')
}

/** Texts of the options about the source that must not appear in any output. */
export function sourceSecrets({ token, 'ssh-key': sshKey }: OptionValues): string[] {
  return [
    ...(token === undefined ? [] : [token.text, basicCredentials(token)]),
    ...(sshKey === undefined ? [] : [sshKey]),
  ]
}
