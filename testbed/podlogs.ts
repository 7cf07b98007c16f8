const waiting = Array.from({ length: 39 }, (_, index) => `waiting for the database (${index + 1})`)

/** What containers have said: those of the names `quiet` and `hostile`, and all others. */
const logs = {
  now: [...waiting, 'fatal: no connection to db:5432'],
  before: [...waiting, 'fatal: no connection to db:5432, and that was the run before'],
  quiet: [],
  hostile: [
    '::error::from a log',
    '##[error]from a log',
    '\x1b[31mred\x1b[0m',
    'x'.repeat(20_000),
    '::stop-commands::t',
  ],
}

/**
 * Writes what `kubectl logs` answers for the Pods of a control plane, and returns the path of the configuration that tells
 * kwok so. Every container has 40 lines, of which the last says why it fails, and so has its former self (`--previous`). A
 * container named `quiet` has said nothing, and one named `hostile` what would do harm in the log of a workflow.
 */
export function writePodLogs(write: (name: string, content: string) => string): string {
  const log = (name: keyof typeof logs) => write(`${name}.podlog`, inCriFormat(logs[name]))
  const [now, before] = [log('now'), log('before')]
  const named = (['quiet', 'hostile'] as const).map((name) => ({ containers: [name], logsFile: log(name) }))
  return write(
    'podlogs.yaml',
    JSON.stringify({
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterLogs',
      metadata: { name: 'podlogs' },
      spec: { logs: [...named, { logsFile: now, previousLogsFile: before }] },
    }),
  )
}

/** The format in which container runtimes write: https://kubernetes.io/docs/concepts/cluster-administration/logging/ */
function inCriFormat(lines: readonly string[]): string {
  const now = new Date().toISOString()
  return lines.map((line) => `${now} stdout F ${line}\n`).join('')
}
