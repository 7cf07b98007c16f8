import { statSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { field, isObject, type Json, parseJson, stringField } from '../json.ts'
import type { ClusterConfig } from './cluster-config.ts'
import type { Kubectl } from './kubectl.ts'

/** The credentials of a run: which files, which of their contexts, and what that context says. */
export interface Credentials {
  /** The value of the KUBECONFIG variable for children. */
  readonly kubeconfig: string
  readonly context: string
  /** The address of the API server; empty where the kubeconfig names none. */
  readonly server: string
  /** The context's namespace; undefined where it names none. */
  readonly namespace: string | undefined
  /** Whether a credential plugin runs, which may ask GitHub for an identity token. */
  readonly usesPlugin: boolean
  /** Tokens, passwords, keys and the plugin's settings of all its users: what must not appear in any output. */
  readonly secrets: readonly string[]
}

/**
 * Makes the kubeconfig available to children (content is written into the private folder `scratch`, readable by this
 * user only) and chooses the context. Raises E-INPUT when there is nothing to use.
 */
export async function loadKubeconfig(config: ClusterConfig, kubectl: Kubectl, tempDir: string): Promise<Credentials> {
  const kubeconfig = locate(config, tempDir)
  const view = await kubectl.with({ KUBECONFIG: kubeconfig }).run(['config', 'view', '--raw', '--output=json'], {})
  if (view.code !== 0) {
    throw new Failure({
      code: 'E-INPUT',
      reason: 'KubeconfigInvalid',
      message: 'Input `kubeconfig`: kubectl cannot read it.',
      hint: 'Compare it with the file that works on your machine; a secret keeps line breaks only if they were pasted with them.',
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
      hint: hint`Name one of its contexts with ${option('context')}: ${names}.`,
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

/** Raises E-INPUT where a kubeconfig that was given as text names files, which are not on this machine. */
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
    message: `Input \`kubeconfig\`: it refers to the file ${basename(missing)}, which is not on this runner.`,
    hint: 'Embed the files: `kubectl config view --raw --flatten --minify`.',
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
      message: `Input \`kubeconfig\`: KUBECONFIG names ${kubeconfig.paths}, and there is no such file.`,
      hint: 'Check the step that logs in to the cluster: it must run before this one, in the same job.',
    })
  }
  return kubeconfig.paths
}

function namedEntries(merged: Json, list: string): Map<string, Json> {
  const entries = field(merged, list)
  if (!Array.isArray(entries)) return new Map()
  return new Map(entries.map((entry: Json) => [stringField(entry, 'name') ?? '', entry]))
}
