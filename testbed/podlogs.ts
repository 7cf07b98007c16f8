const waiting = Array.from({ length: 39 }, (_, index) => `waiting for the database (${index + 1})`)

/** The logs of containers: `quiet` and `hostile` are for containers with that name. */
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
 * Writes the logs that `kubectl logs` returns for Pods of a control plane, and returns the path of the kwok configuration for
 * them. Every container has 40 lines, the last of which is its error, and other 40 with `--previous`. The container `quiet`
 * has an empty log, and `hostile` one with workflow commands and control characters.
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

/** The log format of container runtimes: https://kubernetes.io/docs/concepts/cluster-administration/logging/ */
function inCriFormat(lines: readonly string[]): string {
  const now = new Date().toISOString()
  return lines.map((line) => `${now} stdout F ${line}\n`).join('')
}
