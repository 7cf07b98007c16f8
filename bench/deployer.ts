import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Progress } from '../testbed/gobuild.ts'
import { temporaryFolder } from '../testbed/repository.ts'
import { prepareStep } from '../testbed/step.ts'
import { versions } from '../testbed/versions.ts'
import { meter, type Program, type Usage } from './meter.ts'
import { deployerProgram, engineProgram, versionOf } from './programs.ts'

/** The manifests to deploy, and the cluster. */
export interface Target {
  /** The root of a checkout that contains only manifests. */
  readonly folder: string
  /** The path of a kubeconfig. */
  readonly kubeconfig: string
  /** A folder with kubectl. */
  readonly bin: string
}

/** A tool that reconciles a cluster with a folder of manifests. */
export interface Deployer {
  /** Its name on the command line. */
  readonly key: string
  /** Its name in tables. */
  readonly name: string
  /** Its description, with version and command or settings. */
  readonly about: string
  /** Installs or builds it, unless this machine has it already. */
  install?(progress: Progress): Promise<unknown>
  /** Whether it supports only the kinds of the mix. */
  readonly isForMixOnly?: boolean
  /** Runs it once, without caches of earlier runs, and returns its cost; kills it after `timeout` milliseconds. */
  deploy(target: Target, timeout: number): Promise<Usage>
}

/** Creates the command for a target; `work` is an empty folder for the files that the deployer needs. */
type Command = (target: Target, work: string) => Promise<Omit<Program, 'env' | 'cwd'>> | Omit<Program, 'env' | 'cwd'>

const fairlead: Deployer = {
  key: 'fairlead',
  name: 'Fairlead',
  about: 'the committed `dist/` with `wait: false`, started as the runner starts a step, on the root of a checkout',
  async deploy({ folder, kubeconfig, bin }, timeout) {
    const step = prepareStep({
      with: { repository: folder, name: 'bench', wait: 'false' },
      env: { KUBECONFIG: kubeconfig },
      path: [bin],
    })
    const program = { command: process.execPath, args: [step.main], env: step.env, cwd: dirname(step.main) }
    const usage = await meter(program, timeout)
    await step.end(usage)
    return usage
  },
}

const patches: Deployer = {
  ...simple(({ folder, kubeconfig }) => ({
    command: process.execPath,
    args: [join(import.meta.dirname, 'patches.ts'), kubeconfig, folder],
  })),
  key: 'patches',
  name: '32 PATCHes at a time',
  about: '`bench/patches.ts`, which patches every object from Node and does nothing else: the yardstick for writing',
  isForMixOnly: true,
}

/** kubectl on a folder. If the CRDs are in a separate folder, it is applied first, as kube-prometheus requires. */
function kubectl(key: string, name: string, flag: string): Deployer {
  const script = `set -e
if [ -d "$1/setup" ]; then
  kubectl apply --server-side -f "$1/setup"
  kubectl wait --for condition=Established --all CustomResourceDefinition
  exec kubectl apply ${flag} -f "$1"
fi
exec kubectl apply ${flag} -R -f "$1"`
  return {
    ...simple(({ folder }) => ({ command: 'bash', args: ['-c', script, 'bash', folder] })),
    key,
    name,
    about: `kubectl ${versions.kubernetes}, \`${name} -R -f FOLDER\`; kube-prometheus in the steps of its own README`,
  }
}

/**
 * Helm on a chart of the manifests. kubectl applies the CRDs first: Helm requires that every kind exists, and the CRDs of
 * kube-prometheus are too large for the Secret of a release.
 */
function helm(): Deployer {
  const program = (progress: Progress = () => {}) => deployerProgram('helm', progress)
  const script = `set -e
if [ -d "$2/definitions" ]; then
  kubectl apply --server-side -R -f "$2/definitions"
  kubectl wait --for condition=Established --all CustomResourceDefinition
fi
exec "$1" upgrade --install bench "$2/chart" --namespace default`
  return {
    ...simple(async ({ folder }, work) => {
      writeChart(folder, work)
      return { command: 'bash', args: ['-c', script, 'bash', await program(), work] }
    }),
    install: program,
    key: 'helm',
    name: 'Helm',
    about: `Helm ${versionOf('helm')}, \`helm upgrade --install\` of a chart; definitions before, with kubectl`,
  }
}

function writeChart(folder: string, work: string): void {
  for (const path of manifestFiles(folder)) {
    const isDefinition = /^kind: CustomResourceDefinition$/m.test(readFileSync(join(folder, path), 'utf8'))
    cpSync(join(folder, path), join(work, isDefinition ? 'definitions' : 'chart/files', path))
  }
  // The manifests are not templates, even if they contain template syntax.
  mkdirSync(join(work, 'chart/templates'))
  const all = '{{ range $path, $_ := .Files.Glob "files/**.yaml" }}\n---\n{{ $.Files.Get $path }}\n{{ end }}\n'
  writeFileSync(join(work, 'chart/templates/all.yaml'), all)
  writeFileSync(join(work, 'chart/Chart.yaml'), 'apiVersion: v2\nname: bench\nversion: 1.0.0\n')
}

const INVENTORY = `apiVersion: v1
kind: ConfigMap
metadata:
  name: inventory
  namespace: default
  labels:
    cli-utils.sigs.k8s.io/inventory-id: bench
`

function kapply(): Deployer {
  const program = (progress: Progress = () => {}) => deployerProgram('kapply', progress)
  return {
    ...simple(async ({ folder }, work) => {
      for (const path of manifestFiles(folder)) cpSync(join(folder, path), join(work, path))
      writeFileSync(join(work, 'inventory-template.yaml'), INVENTORY)
      return { command: await program(), args: ['apply', work] }
    }),
    install: program,
    key: 'kapply',
    name: 'kapply',
    about: `\`kapply apply\` of cli-utils ${versionOf('kapply')}, the library of \`kpt live apply\``,
  }
}

function engine(key: 'argo' | 'flux', name: string): Deployer {
  const program = (progress: Progress = () => {}) => engineProgram(key, progress)
  return {
    ...simple(async ({ folder, kubeconfig }) => ({ command: await program(), args: [kubeconfig, folder] })),
    install: program,
    key,
    name,
    about: `${ENGINE_SETTINGS[key]} (${versionOf(key)}), run once by \`bench/engines/${key}\``,
  }
}

const ENGINE_SETTINGS = {
  argo: 'gitops-engine with automatic sync, ServerSideApply and ApplyOutOfSyncOnly, at Argo CD’s 50 requests a second',
  flux: 'fluxcd/pkg/ssa as kustomize-controller uses it, four dry runs at a time',
} as const

/** A deployer that is one command, with only HOME, PATH and KUBECONFIG in its environment. */
function simple(command: Command): Pick<Deployer, 'deploy'> {
  return {
    async deploy(target, timeout) {
      const home = temporaryFolder()
      const work = join(home, 'work')
      mkdirSync(work)
      try {
        const env = {
          PATH: [target.bin, '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
          HOME: home,
          KUBECONFIG: target.kubeconfig,
        }
        return await meter({ ...(await command(target, work)), env, cwd: home }, timeout)
      } finally {
        rmSync(home, { recursive: true, force: true })
      }
    },
  }
}

/** The paths of the manifests, relative to the folder. */
function manifestFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'))
}

/** All deployers, in the order of the tables. */
export const DEPLOYERS: readonly Deployer[] = [
  fairlead,
  patches,
  kubectl('kubectl-server', 'kubectl apply --server-side', '--server-side'),
  kubectl('kubectl-client', 'kubectl apply', ''),
  helm(),
  kapply(),
  engine('flux', 'Flux’s engine'),
  engine('argo', 'Argo CD’s engine'),
]

/** The deployers with this name, or whose names start with it. */
export function deployersCalled(name: string): readonly Deployer[] {
  const found = DEPLOYERS.filter(({ key }) => key === name || key.startsWith(`${name}-`))
  if (found.length > 0) return found
  throw new Error(`There is no deployer ${name}. The deployers are ${DEPLOYERS.map(({ key }) => key).join(', ')}.`)
}
