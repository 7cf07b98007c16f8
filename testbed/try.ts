// Runs the built action once, as a workflow step, and prints its log, job summary and outputs:
//   npm run step -- repository=$PWD/examples/config/deploy
// Inputs are NAME=VALUE. The cluster is that of KUBECONFIG, for example of `npm run testbed`.
import { dirname } from 'node:path'
import { action, runStep } from './step.ts'

const pairs = process.argv.slice(2).map((argument) => {
  const [name = '', ...value] = argument.split('=')
  return { name, value: value.join('='), isInput: argument.includes('=') && action.inputs[name] !== undefined }
})
const wrong = pairs.find(({ isInput }) => !isInput)
if (wrong !== undefined) {
  process.stderr.write(
    `${wrong.name} is not an input. Write NAME=VALUE with one of: ${Object.keys(action.inputs).join(', ')}\n`,
  )
  process.exit(2)
}
const { KUBECONFIG = '', PATH = '' } = process.env
const result = await runStep({
  with: Object.fromEntries(pairs.map(({ name, value }) => [name, value])),
  env: { KUBECONFIG, GITHUB_WORKSPACE: process.cwd() },
  path: PATH.split(':').filter((folder) => folder !== dirname(process.execPath)),
})
process.stdout.write(`${result.log}\n--- the job summary\n${result.summary}\n--- the outputs\n`)
for (const [name, value] of Object.entries(result.outputs)) process.stdout.write(`${name}=${value}\n`)
process.exitCode = result.exitCode ?? 1
