// The tutorial in one command: `npm run demo` starts a real control plane, creates a config repository, compares with plain
// kubectl, runs the built action three times, and prints the output of each run.
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startControlPlane } from '../testbed/controlplane.ts'
import { commit, makeRepository, temporaryFolder } from '../testbed/repository.ts'
import { runStep } from '../testbed/step.ts'

const say = (text: string) => process.stdout.write(`${text}\n`)
const title = (text: string) => say(`\n\u001B[1m━━ ${text} ${'━'.repeat(Math.max(0, 96 - text.length))}\u001B[0m\n`)

title('A Kubernetes control plane on this machine')
process.once('SIGINT', () => process.exit(130))
const cluster = await startControlPlane(say)
say(`It runs at ${cluster.server}.`)

try {
  const repository = join(temporaryFolder(), 'config')
  cpSync(join(import.meta.dirname, 'config'), repository, { recursive: true })
  const deployment = readFileSync(join(repository, 'deploy/deployment.yaml'), 'utf8')
  const first = makeRepository(repository, {})
  say(`\nA config repository with deploy/deployment.yaml and deploy/namespace.yaml, at commit ${first.slice(0, 12)}.`)
  say('The file of the Deployment sorts before that of its Namespace.')

  title('Plain kubectl apply -f deploy/, on the empty cluster')
  const plain = await cluster.kubectl(['apply', '--filename', join(repository, 'deploy')])
  say(`${plain.stdout}${plain.stderr}exit code ${plain.code}: the Deployment is missing until you run kubectl again.`)
  await cluster.kubectl(['delete', 'namespace', 'web'])

  await reconcile('First run: the same repository, the same empty cluster')
  await reconcile('Second run: nothing has changed')
  commit(repository, { 'deploy/deployment.yaml': deployment.replace('replicas: 2', 'replicas: 3') })
  await reconcile('Third run: after a commit that sets three replicas')

  title('The objects in the cluster')
  say(String((await cluster.kubectl(['get', 'namespace/web', 'deployment/web', '--namespace=web'])).stdout))
  say(String((await cluster.kubectl(['get', 'pods', '--namespace=web'])).stdout))

  async function reconcile(what: string): Promise<void> {
    title(what)
    const result = await runStep({
      with: { repository, path: 'deploy' },
      env: { KUBECONFIG: cluster.kubeconfig },
      path: [cluster.bin],
    })
    say(
      result.log
        .replaceAll(/^::add-mask::.*\n/gm, '')
        .replaceAll(/^::group::/gm, '▸ ')
        .replaceAll(/^::endgroup::\n/gm, ''),
    )
    say(`exit code ${result.exitCode}. The job summary:\n\n${result.summary.replaceAll(/^/gm, '    ')}`)
    if (result.exitCode !== 0) process.exitCode = 1
  }
} finally {
  await cluster.stop()
}
