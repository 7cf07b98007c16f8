// Runs the tests: all, or with `npm test -- FILE ...` some, with flags of `node --test` before the files. Plain JavaScript,
// because it has to explain itself to a Node that is too old for the rest.
import { execFileSync, spawn } from 'node:child_process'

const [major] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(
    `Node 24 or newer is needed, this is ${process.version}. Run \`npm ci\`, then \`npm test\`: npm brings the right one.`,
  )
  process.exit(1)
}

/** After this long something hangs, in milliseconds. */
const DEADLINE = 40 * 60_000

const { binaries } = await import('../testbed/binaries.ts')
console.log('Control plane for the tests:', await binaries((line) => console.log(line)))

/** Everything that tests start has one of their private folders in its arguments. */
const running = () =>
  execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /\/fairlead-(testbed|test|step)?-?\w{6}\//.test(line))

const before = running()
const given = process.argv.slice(2)
const flags = given.filter((argument) => argument.startsWith('--'))
const named = given.filter((argument) => !argument.startsWith('--'))
const files = named.length > 0 ? named : ['test/**/*.test.ts']
const args = ['--test', '--test-reporter=spec', '--test-timeout=600000', ...flags, ...files]
const tests = spawn(process.execPath, args, { stdio: 'inherit' })
const timer = setTimeout(() => {
  console.error(`The tests are not done after ${DEADLINE / 60_000} minutes.`)
  tests.kill('SIGKILL')
}, DEADLINE)
const [code] = await new Promise((resolve) => tests.once('exit', (...ended) => resolve(ended)))
clearTimeout(timer)

/** How long what was killed on purpose may take to go, in milliseconds. */
const GRACE = 10_000
let left = []
for (const end = Date.now() + GRACE; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200))) {
  left = running().filter((line) => !before.includes(line))
  if (left.length === 0) break
}
if (left.length > 0) console.error(`The tests left processes behind:\n${left.join('\n')}`)
process.exitCode = code === 0 && left.length === 0 ? 0 : 1
