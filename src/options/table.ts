import { parseKubeconfig } from './kubeconfig.ts'
import type { Parsed } from './parsed.ts'
import { parsePaths } from './paths.ts'
import { parsePermissions, parsePruneLimit } from './prune.ts'
import { describeLimits, parseReadLimits } from './read-limits.ts'
import { parseRef } from './ref.ts'
import { parseRepository } from './repository.ts'
import type { RunnerFacts } from './runner-facts.ts'
import {
  parseAdoptFrom,
  parseAllowedKinds,
  parseAllowedNamespaces,
  parseMode,
  parsePlanDigest,
  parseSetName,
} from './set-parsers.ts'
import { parseBoolean, parseDuration, parseInteger, parseLines, parseNamespace, parseText } from './text-parsers.ts'
import { parseToken, WORKFLOW_TOKEN } from './token.ts'

/** The groups of options, in the order of the tables. */
export const OPTION_GROUPS = ['Source', 'Cluster', 'Set', 'Plan', 'Prune', 'Safety', 'Wait', 'Performance'] as const

/** An option: how it is parsed, and its texts for tables and action.yml, in Markdown. */
export interface Option<T> {
  readonly group: (typeof OPTION_GROUPS)[number]
  /** The text that is parsed if none is given. */
  readonly default: string
  /** The default in action.yml, if it is an expression that only the runner can evaluate. */
  readonly actionDefault?: string
  /** A description of the default, if it is not a literal value. */
  readonly defaultText?: string
  /** Whether an empty text is parsed instead of being replaced by the default. */
  readonly isEmptyParsed?: true
  /** Parses a text without surrounding white space. */
  readonly parse: (text: string, runner: RunnerFacts) => Parsed<T>
  /** The valid values, as a noun phrase. */
  readonly values: string
  /** The effect, in a sentence or two. */
  readonly help: string
  /** The effect, as a phrase. */
  readonly summary: string
  /** An example of a value. */
  readonly example: string
}

/** The maximum of `parallelism`: more kubectl processes would overload a runner. */
const MAX_PARALLELISM = 32

const BOOLEAN = '`true` or `false`'
const DURATION = 'a whole number with the unit `s`, `m` or `h`'

/** All options, by name. */
export const OPTIONS = {
  repository: {
    group: 'Source',
    default: '',
    defaultText: 'the workflow’s own repository',
    parse: parseRepository,
    values:
      '`owner/name` on the GitHub server of the run, an `https://` or `ssh://` URL, `user@host:path`, or a folder that starts with `./` or `/`',
    help: 'The repository to read. A folder that is the root of a checkout is read at its commit; any other folder, such as one that an earlier step rendered, is read as it is on disk.',
    summary:
      'repository to read: `owner/name`, an `https://` or `ssh://` URL, `user@host:path`, or a folder (`./rendered`)',
    example: 'example/config',
  },
  ref: {
    group: 'Source',
    default: '',
    defaultText: 'the commit that started the run; for another repository, its default branch',
    parse: parseRef,
    values: 'a branch, a tag, or a full commit ID',
    help: 'The branch, tag or commit to read.',
    summary: 'branch, tag or full commit ID to read',
    example: 'release-1.2',
  },
  path: {
    group: 'Source',
    default: '.',
    parse: parsePaths,
    values: 'paths relative to the root of the repository, one per line',
    help: 'Where the manifests are. Every .yaml, .yml and .json file below a path is read, and symbolic links inside the repository are followed. A path that contains a kustomization is built with `kubectl kustomize` instead.',
    summary: 'paths of the manifests or kustomizations, one per line',
    example: 'deploy/prod',
  },
  include: {
    group: 'Source',
    default: '',
    defaultText: 'all files',
    parse: (text: string) => parseLines(text),
    values: 'patterns as in a .gitignore, relative to the root of the repository, one per line',
    help: 'Read only those files below `path` that match a pattern.',
    summary: 'read only files that match these .gitignore patterns, one per line',
    example: 'apps/**/*.yaml',
  },
  exclude: {
    group: 'Source',
    default: '',
    defaultText: 'no files',
    parse: (text: string) => parseLines(text),
    values: 'patterns as in a .gitignore, relative to the root of the repository, one per line',
    help: 'Skip those files below `path` that match a pattern; they are listed in the log and in the job summary. A file that `path` names itself and files that a kustomization refers to are read in any case.',
    summary: 'skip files that match these .gitignore patterns, one per line',
    example: 'charts/',
  },
  'read-limits': {
    group: 'Source',
    default: '',
    defaultText: 'limits far above usual manifests',
    parse: parseReadLimits,
    values: 'lines of the form `name=value`; sizes have a unit (KiB, MiB or GiB)',
    help: `Raise or lower limits on what is read. The defaults are ${describeLimits()}.`,
    summary: 'limits on what is read, one `name=value` per line',
    example: 'file-size=10MiB',
  },
  token: {
    group: 'Source',
    default: '',
    actionDefault: WORKFLOW_TOKEN,
    defaultText: 'the workflow’s own token',
    parse: parseToken,
    values: 'a token that may read the repository',
    help: 'The token for reading the repository over https. The workflow’s own token is only sent to the GitHub server of the run; to read from another server, set a token.',
    summary: 'token for reading the repository over https',
    example: '${' + '{ secrets.CONFIG_TOKEN }}',
  },
  'ssh-key': {
    group: 'Source',
    default: '',
    defaultText: 'the SSH agent of the runner',
    parse: parseText,
    values: 'a private key without a passphrase',
    help: 'The private key for reading the repository over SSH.',
    summary: 'private key for reading the repository over SSH',
    example: '${' + '{ secrets.DEPLOY_KEY }}',
  },
  'ssh-known-hosts': {
    group: 'Source',
    default: '',
    defaultText: 'the published keys of github.com, gitlab.com, bitbucket.org and ssh.dev.azure.com',
    parse: parseText,
    values: 'lines of a known_hosts file',
    help: 'The public keys of the SSH host. A host without a known key is refused.',
    summary: 'public keys of the SSH host, as lines of a known_hosts file',
    example: 'git.example.com ssh-ed25519 AAAAC3Nza...',
  },
  'git-cache': {
    group: 'Source',
    default: 'false',
    parse: parseBoolean,
    values: BOOLEAN,
    help: 'Keep a bare clone of the repository in the tool cache of the runner between jobs. For self-hosted runners and large repositories.',
    summary: 'keep a bare clone in the tool cache between jobs, for self-hosted runners',
    example: 'true',
  },
  kubeconfig: {
    group: 'Cluster',
    default: 'env',
    isEmptyParsed: true,
    parse: parseKubeconfig,
    values: 'the content of a kubeconfig, plain or base64-encoded, or `env`',
    help: 'The credentials for the cluster. `env` stands for the file that the variable KUBECONFIG names, as set by the login action of a cloud. An empty value is refused, so that a missing secret never selects another cluster.',
    summary: 'content of a kubeconfig, plain or base64-encoded, or `env` for the file that `$KUBECONFIG` names',
    example: '${' + '{ secrets.KUBECONFIG }}',
  },
  context: {
    group: 'Cluster',
    default: '',
    defaultText: 'the current context',
    parse: parseText,
    values: 'the name of a context',
    help: 'The context of the kubeconfig to use.',
    summary: 'context of the kubeconfig to use',
    example: 'production',
  },
  namespace: {
    group: 'Cluster',
    default: '',
    defaultText: 'the namespace of the context, else `default`',
    parse: parseNamespace,
    values: 'the name of a namespace',
    help: 'The namespace of objects that do not specify one.',
    summary: 'namespace of objects that do not specify one',
    example: 'shop',
  },
  name: {
    group: 'Set',
    default: '',
    defaultText: 'derived from the repository, `path` and `namespace`',
    parse: parseSetName,
    values: 'lower-case letters, digits and `-`, at most 63 characters',
    help: 'The name of the set, and of the Secret in which its inventory is kept.',
    summary: 'name of the set and of its inventory',
    example: 'shop-production',
  },
  'inventory-namespace': {
    group: 'Set',
    default: '',
    defaultText: '`namespace` if it is set, else `fairlead`, which is created if it does not exist',
    parse: parseNamespace,
    values: 'the name of a namespace',
    help: 'The namespace of the inventory and of the lock of the set.',
    summary: 'namespace of the inventory and of the lock',
    example: 'fairlead',
  },
  'adopt-from': {
    group: 'Set',
    default: '',
    defaultText: 'none',
    parse: parseAdoptFrom,
    values: 'inventories as `NAMESPACE/NAME`, one per line',
    help: 'Other sets whose objects this set may adopt. An object of any other set is a conflict.',
    summary: 'other sets whose objects may be adopted, `NAMESPACE/NAME`, one per line',
    example: 'fairlead/old-name',
  },
  mode: {
    group: 'Plan',
    default: '',
    defaultText: '`plan` for runs started by a pull request or a merge queue, else `apply`',
    parse: parseMode,
    values: '`apply` or `plan`',
    help: 'Whether to apply the plan, or only to report it without writing anything.',
    summary: '`apply`, or `plan` to report what would change without writing anything',
    example: 'plan',
  },
  'plan-digest': {
    group: 'Plan',
    default: '',
    defaultText: 'any plan is applied',
    parse: parsePlanDigest,
    values: '`sha256:` and 64 hexadecimal digits, from the output `plan-digest`',
    help: 'The digest of the reviewed plan. Any other plan is refused before anything is written.',
    summary: 'digest of the reviewed plan; any other plan is refused',
    example: '${' + '{ needs.plan.outputs.plan-digest }}',
  },
  'force-conflicts': {
    group: 'Plan',
    default: 'true',
    parse: parseBoolean,
    values: BOOLEAN,
    help: 'Take over fields that other field managers own, and report from whom. With `false` such a conflict fails the run before anything is written.',
    summary: 'take over fields that other field managers own; with `false` a conflict fails the run',
    example: 'false',
  },
  prune: {
    group: 'Prune',
    default: 'false',
    parse: parseBoolean,
    values: BOOLEAN,
    help: 'Delete objects removed from Git, after a successful apply, in reverse dependency order. With `false` they are only listed.',
    summary: 'delete objects removed from Git, after a successful apply, in reverse dependency order',
    example: 'true',
  },
  'prune-allow': {
    group: 'Prune',
    default: '',
    defaultText: 'nothing',
    parse: parsePermissions,
    values:
      'lines of the form `Kind`, `Kind/NAME` or `Kind/NAMESPACE/NAME`, with the kind as `Kind` or `Kind.group`, or the words `scope-change` and `empty-set`',
    help: 'Allow deletions that are refused by default: Namespaces, CustomResourceDefinitions, PersistentVolumes and PersistentVolumeClaims by kind or name; `scope-change` if `path`, `include`, `exclude` or the like have changed; `empty-set` if no objects are left in Git.',
    summary:
      'deletions to allow that are refused by default, one per line: `Namespace/shop`, `PersistentVolumeClaim/shop/data`, `scope-change`, `empty-set`',
    example: 'PersistentVolumeClaim/shop/data',
  },
  'prune-limit': {
    group: 'Prune',
    default: '',
    defaultText: '`10 20%`, and never more than half of the set',
    parse: parsePruneLimit,
    values: 'a number of objects, a percentage of the set, or both',
    help: 'The maximum number of objects that one run may delete. Of a number and a percentage the larger applies.',
    summary: 'maximum number of objects that one run may delete: `25`, `50%`, `25 50%`',
    example: '25 50%',
  },
  'allow-rollback': {
    group: 'Safety',
    default: 'false',
    parse: parseBoolean,
    values: BOOLEAN,
    help: 'Apply a commit that does not descend from the last applied one. With `false` it is refused unless it is the tip of the same branch, so that re-running an old workflow run does not undo a newer one.',
    summary: 'apply a commit that does not descend from the last applied one',
    example: 'true',
  },
  'allowed-namespaces': {
    group: 'Safety',
    default: '',
    defaultText: 'all namespaces',
    parse: parseAllowedNamespaces,
    values: 'names of namespaces, one per line',
    help: 'The namespaces in which objects may be written. An object anywhere else fails the run before anything is written.',
    summary: 'namespaces in which objects may be written, one per line',
    example: 'shop',
  },
  'allowed-kinds': {
    group: 'Safety',
    default: '',
    defaultText: 'all kinds',
    parse: parseAllowedKinds,
    values: 'kinds as `Kind` or `Kind.group`, one per line',
    help: 'The kinds of objects that may be written. An object of any other kind fails the run before anything is written.',
    summary: 'kinds of objects that may be written, one per line',
    example: 'Certificate.cert-manager.io',
  },
  'cluster-id': {
    group: 'Safety',
    default: '',
    defaultText: 'any cluster',
    parse: parseText,
    values: 'the UID of the namespace kube-system',
    help: 'The cluster to reconcile. Any other cluster is refused.',
    summary: 'UID of the namespace kube-system of the intended cluster; any other cluster is refused',
    example: '6f3b0c5e-1f0b-4b53-9d3e-8f2f9c0b7a11',
  },
  wait: {
    group: 'Wait',
    default: 'true',
    parse: parseBoolean,
    values: BOOLEAN,
    help: 'Wait until everything that was applied is ready, and fail with the reason, the events and the log of what is not. With `false` the run ends after the apply; sync waves, `depends-on` and pruning still wait for what comes before them.',
    summary: 'wait until everything that was applied is ready; with `false` the run ends after the apply',
    example: 'false',
  },
  timeout: {
    group: 'Wait',
    default: '10m',
    parse: parseDuration,
    values: DURATION,
    help: 'How long to wait for one object, until it is ready or deleted.',
    summary: 'how long to wait for one object, until it is ready or deleted',
    example: '90s',
  },
  'lock-timeout': {
    group: 'Wait',
    default: '10m',
    parse: parseDuration,
    values: DURATION,
    help: 'How long to wait for another run of the same set.',
    summary: 'how long to wait for another run of the same set',
    example: '30m',
  },
  parallelism: {
    group: 'Performance',
    default: '',
    defaultText: 'chosen from the number of objects and the latency of the cluster',
    parse: (text: string) => parseInteger(text, 1, MAX_PARALLELISM),
    values: `a whole number from 1 to ${MAX_PARALLELISM}`,
    help: 'The maximum number of concurrent kubectl processes. With `1` objects are applied strictly one after the other.',
    summary: 'maximum number of concurrent kubectl processes',
    example: '1',
  },
} as const satisfies Readonly<Record<string, Option<unknown>>>

/** The name of an option. */
export type OptionName = keyof typeof OPTIONS

type ValueOf<Row> = Row extends { readonly parse: (text: string, runner: RunnerFacts) => Parsed<infer T> } ? T : never

/** The values of all options, by name. */
export type OptionValues = { readonly [Name in OptionName]: ValueOf<(typeof OPTIONS)[Name]> }

/** Lists the options in the order of the table. */
export function listOptions(): readonly (Option<unknown> & { readonly name: OptionName })[] {
  return OPTION_NAMES.map((name) => ({ name, ...OPTIONS[name] }))
}

const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[]
