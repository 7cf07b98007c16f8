// Runs the built action once, as a step of a workflow, and prints what GitHub would show:
//   npm run step -- repository=$PWD/examples/config/deploy
// Inputs are NAME=VALUE; the cluster is the one that KUBECONFIG names, for instance that of `npm run testbed`.
import { dirname } from 'node:path'
import { runStep } from './step.ts'

const inputs = Object.fromEntries(
  process.argv.slice(2).map((argument) => {
    const [name = '', ...value] = argument.split('=')
    return [name, value.join('=')]
  }),
)
const { KUBECONFIG = '', PATH = '' } = process.env
const result = await runStep({
  with: inputs,
  env: { KUBECONFIG, GITHUB_WORKSPACE: process.cwd() },
  path: PATH.split(':').filter((folder) => folder !== dirname(process.execPath)),
})
process.stdout.write(`${result.log}\n--- the job summary\n${result.summary}\n--- the outputs\n`)
for (const [name, value] of Object.entries(result.outputs)) process.stdout.write(`${name}=${value}\n`)
process.exitCode = result.exitCode ?? 1
