import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../src/process.ts'
import { cacheFolder, inWorkFolder } from './cache.ts'
import { installTool, type Progress } from './gobuild.ts'

const GO_TOOLS = {
  act: 'github.com/nektos/act@v0.2.89',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
} as const

const ZIZMOR = '1.32.0'

/** The path of a program that workflows are run or checked with, at a pinned version; installed on first use. */
export async function goTool(name: keyof typeof GO_TOOLS, progress: Progress): Promise<string> {
  const folder = join(cacheFolder(), GO_TOOLS[name].replaceAll('/', '-'))
  mkdirSync(folder, { recursive: true })
  const program = join(folder, name)
  if (!existsSync(program)) await installTool(name, GO_TOOLS[name], folder, progress)
  return program
}

/** The path of zizmor, which audits workflows; installed on first use into a Python environment of its own. */
export async function zizmor(progress: Progress): Promise<string> {
  const folder = join(cacheFolder(), `zizmor-${ZIZMOR}`)
  const program = join(folder, 'zizmor')
  if (existsSync(program)) return program
  progress(`installing zizmor ${ZIZMOR} with pip ...`)
  await inWorkFolder(cacheFolder(), async (work) => {
    const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']))
    const target = `--target=${join(work, 'zizmor')}`
    const exit = await runProgram(
      'python3',
      ['-m', 'pip', 'install', '--quiet', '--no-deps', target, `zizmor==${ZIZMOR}`],
      {
        env,
      },
    )
    if (exit.code !== 0) throw new Error(`pip could not install zizmor ${ZIZMOR}:\n${exit.stderr}`)
    mkdirSync(folder, { recursive: true })
    renameSync(join(work, 'zizmor', 'bin', 'zizmor'), program)
  })
  return program
}
