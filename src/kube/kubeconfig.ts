import { statSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { field, isObject, type Json, parseJson, stringField } from '../json.ts'
import type { ClusterConfig } from './cluster-config.ts'
import type { Kubectl } from './kubectl.ts'

/** The kubeconfig of a run, the chosen context, and the settings of that context. */
export interface Credentials {
  /** The value of KUBECONFIG for child processes. */
  readonly kubeconfig: string
  readonly context: string
  /** The address of the API server; empty if the kubeconfig has none. */
  readonly server: string
  /** The context's namespace, if it has one. */
  readonly namespace: string | undefined
  /** Whether the user has a credential plugin, which may request an ID token from GitHub. */
  readonly usesPlugin: boolean
  /** Tokens, passwords, keys and plugin settings of all users: they must not appear in any output. */
  readonly secrets: readonly string[]
}

/**
 * Makes the kubeconfig available to child processes (content is written to the private folder `tempDir`, readable only by
 * this user) and chooses the context. Raises E-INPUT if the kubeconfig or the context is missing or unusable.
 */
export async function loadKubeconfig(config: ClusterConfig, kubectl: Kubectl, tempDir: string): Promise<Credentials> {
  const kubeconfig = locate(config, tempDir)
  const view = await kubectl.with({ KUBECONFIG: kubeconfig }).run(['config', 'view', '--raw', '--output=json'], {})
  if (view.code !== 0) {
    throw new Failure({
      code: 'E-INPUT',
      reason: 'KubeconfigInvalid',
      message: 'kubectl cannot read the kubeconfig.',
      hint: 'Compare it with a kubeconfig that works on your machine. Line breaks may be missing in the GitHub secret.',
    })
  }
  const merged = parseJson(view.stdout.toString('utf8'))
  const contexts = namedEntries(merged, 'contexts')
  const chosen = config.context ?? (stringField(merged, 'current-context') || undefined)
  const names = [...contexts.keys()].map((name) => `\`${name}\``).join(', ') || 'none'
  if (chosen === undefined || !contexts.has(chosen)) {
    throw new Failure({
      code: 'E-INPUT',
      reason: chosen === undefined ? 'NoCurrentContext' : 'ContextNotFound',
      message:
        chosen === undefined
          ? 'The kubeconfig has no current context.'
          : `The kubeconfig has no context \`${chosen}\`.`,
      hint: hint`Set ${option('context')} to one of its contexts: ${names}.`,
    })
  }
  const context = contexts.get(chosen)
  const user = namedEntries(merged, 'users').get(stringField(context, 'context', 'user') ?? '')
  const cluster = namedEntries(merged, 'clusters').get(stringField(context, 'context', 'cluster') ?? '')
  if (config.kubeconfig.kind === 'content') checkEmbedded(cluster, user)
  return {
    kubeconfig,
    context: chosen,
    server: stringField(cluster, 'cluster', 'server') ?? '',
    namespace: stringField(context, 'context', 'namespace') || undefined,
    usesPlugin: isObject(field(user, 'user', 'exec')),
    secrets: [...namedEntries(merged, 'users').values()].flatMap(secretsOf),
  }
}

function secretsOf(user: Json): string[] {
  const plain = ['token', 'password', 'client-key-data'].map((name) => field(user, 'user', name))
  const settings = field(user, 'user', 'exec', 'env')
  const values = Array.isArray(settings) ? settings.map((setting: Json) => field(setting, 'value')) : []
  const legacy = Object.values(field(user, 'user', 'auth-provider', 'config') ?? {})
  return [...plain, ...values, ...legacy].filter((secret) => typeof secret === 'string')
}

/** Raises E-INPUT if a kubeconfig that was given as content refers to files that do not exist. */
function checkEmbedded(cluster: Json | undefined, user: Json | undefined): void {
  const files = [
    stringField(cluster, 'cluster', 'certificate-authority'),
    ...['client-certificate', 'client-key', 'tokenFile'].map((name) => stringField(user, 'user', name)),
  ]
  const missing = files.find((file) => file !== undefined && statSync(file, { throwIfNoEntry: false }) === undefined)
  if (missing === undefined) return
  throw new Failure({
    code: 'E-INPUT',
    reason: 'FileNotEmbedded',
    message: `The kubeconfig refers to the file ${basename(missing)}, which does not exist on this runner.`,
    hint: 'Embed the files with `kubectl config view --raw --flatten --minify`.',
  })
}

function locate({ kubeconfig }: ClusterConfig, tempDir: string): string {
  if (kubeconfig.kind === 'content') {
    const path = join(tempDir, 'kubeconfig')
    writeFileSync(path, kubeconfig.text, { mode: 0o600 })
    return path
  }
  const paths = kubeconfig.paths.split(delimiter).filter((path) => path !== '')
  if (!paths.some((path) => statSync(path, { throwIfNoEntry: false })?.isFile())) {
    throw new Failure({
      code: 'E-INPUT',
      reason: 'KubeconfigNotFound',
      message: `KUBECONFIG names ${kubeconfig.paths}, which does not exist.`,
      hint: 'Check the step that logs in to the cluster. It must run before this step, in the same job.',
    })
  }
  return kubeconfig.paths
}

function namedEntries(merged: Json, list: string): Map<string, Json> {
  const entries = field(merged, list)
  if (!Array.isArray(entries)) return new Map()
  return new Map(entries.map((entry: Json) => [stringField(entry, 'name') ?? '', entry]))
}
