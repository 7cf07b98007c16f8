import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../testbed/cache.ts'
import { buildPinned, installTool, type Progress } from '../testbed/gobuild.ts'

/** The pinned versions of the deployers that are installed unchanged. */
export const INSTALLED = {
  helm: 'helm.sh/helm/v4/cmd/helm@v4.3.1',
  kapply: 'sigs.k8s.io/cli-utils/cmd@v0.37.2',
} as const

/** The engines of GitOps controllers, with their Go modules; `bench/engines/` has a program for each. */
export const ENGINES = {
  argo: 'github.com/argoproj/argo-cd/gitops-engine',
  flux: 'github.com/fluxcd/pkg/ssa',
} as const

/** The path of a deployer; installs it on first use. */
export async function deployerProgram(name: keyof typeof INSTALLED, progress: Progress): Promise<string> {
  const [path = '', version] = INSTALLED[name].split('@')
  const program = path.split('/').at(-1) ?? name
  const folder = join(cacheFolder(), `${path.replaceAll('/', '-')}@${version}`)
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, program))) await installTool(program, INSTALLED[name], folder, progress)
  return join(folder, program)
}

/** The path of the program of an engine; builds it on first use and after each change of its source. */
export async function engineProgram(name: keyof typeof ENGINES, progress: Progress): Promise<string> {
  const module = join(import.meta.dirname, 'engines', name)
  const hash = createHash('sha256')
  for (const file of readdirSync(module).toSorted()) hash.update(readFileSync(join(module, file)))
  const folder = join(cacheFolder(), `engine-${name}-${hash.digest('hex').slice(0, 16)}`)
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, name))) await buildPinned(name, '.', folder, progress, module)
  return join(folder, name)
}

/** The version of a deployer or engine, as its project names it. */
export function versionOf(name: keyof typeof INSTALLED | keyof typeof ENGINES): string {
  if (name === 'helm' || name === 'kapply') return INSTALLED[name].split('@')[1] ?? ''
  const required = readFileSync(join(import.meta.dirname, 'engines', name, 'go.mod'), 'utf8')
  return (
    required
      .split('\n')
      .find((line) => line.startsWith(`\t${ENGINES[name]} `))
      ?.split(' ')[1] ?? ''
  )
}
