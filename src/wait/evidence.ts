import { containerStatuses } from '../health/pod-issue.ts'
import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { namespacedName, uidOf } from '../object/metadata.ts'
import { byTime, eventLine, eventsAbout } from './events.ts'
import { maskSecrets } from './mask-secrets.ts'
import type { PodDiagnosis } from './pod-diagnosis.ts'
import { type AddSecrets, addSecretsOfPod } from './pod-secrets.ts'

/** What gathering evidence needs. */
export interface EvidenceOptions {
  readonly api: Pick<ApiClient, 'get'>
  readonly addSecrets: AddSecrets
}

/** So many of the last events, and of the last lines of a log, tell the story. */
const MAX_EVENTS = 5
const MAX_LOG_LINES = 10
/** More of a log is not read. */
const MAX_LOG_BYTES = 64 * 1024
/** Longer lines are left out: cut, they might show half a secret. */
const MAX_LINE_CHARACTERS = 2_000

/**
 * What the cluster itself says about an object that is not ready: the last events of it and of the Pod that keeps it from being ready, and the
 * last lines of that Pod's log, as lines of text. What cannot be read is left out.
 */
export async function evidenceOf(
  object: Json,
  diagnosis: PodDiagnosis | undefined,
  options: EvidenceOptions,
): Promise<string[]> {
  const { pod } = diagnosis ?? {}
  const about = [...new Map([object, ...(pod === undefined ? [] : [pod])].map((each) => [uidOf(each), each])).values()]
  const [events, log] = await Promise.all([
    Promise.all(
      about.map((each) =>
        eventsAbout(namespacedName(each).namespace, `involvedObject.uid=${uidOf(each)}`, options.api),
      ),
    ),
    pod === undefined ? [] : logOf(pod, diagnosis, options),
  ])
  const last = byTime(events.flat()).slice(-MAX_EVENTS)
  return [...(last.length === 0 ? [] : ['Its last events:', ...last.map((event) => `  ${eventLine(event)}`)]), ...log]
}

/** The last lines that the failing container has written: before its last end, where it is down. */
async function logOf(
  pod: Json,
  { container }: Pick<PodDiagnosis, 'container'> = {},
  options: EvidenceOptions,
): Promise<string[]> {
  const name = container ?? stringField(listField(pod, 'spec', 'containers')[0], 'name') ?? ''
  const status = containerStatuses(pod).find((each) => stringField(each, 'name') === name)
  const isDown =
    field(status, 'state', 'running') === undefined && field(status, 'lastState', 'terminated') !== undefined
  const hasRun = isDown || ['running', 'terminated'].some((state) => field(status, 'state', state) !== undefined)
  if (!hasRun) return []
  const unread = await addSecretsOfPod(pod, options.api, options.addSecrets)
  if (unread !== undefined)
    return [`The log of \`${name}\` is not shown: it may contain values of the Secret ${unread}, which cannot be read.`]
  const text =
    (isDown ? await readLog(pod, name, true, options) : undefined) ?? (await readLog(pod, name, false, options))
  const lines = text?.trimEnd().split('\n').slice(-MAX_LOG_LINES) ?? []
  if (lines.join('') === '') return []
  return [
    `The last lines of the log of \`${name}\`${isDown ? ', before it ended' : ''}:`,
    ...lines.map(
      (line) => `  ${line.length > MAX_LINE_CHARACTERS ? `(a line of ${line.length} characters)` : maskSecrets(line)}`,
    ),
  ]
}

async function readLog(
  pod: Json,
  container: string,
  isPrevious: boolean,
  { api }: EvidenceOptions,
): Promise<string | undefined> {
  const { namespace, name } = namespacedName(pod)
  const query = `container=${container}&tailLines=${MAX_LOG_LINES}&limitBytes=${MAX_LOG_BYTES}&previous=${isPrevious}`
  const { status, text } = await api.get(`/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`, '*/*')
  if (status !== 200) return undefined
  // What was cut off may end in the middle of a secret.
  return Buffer.byteLength(text) < MAX_LOG_BYTES ? text : text.slice(0, text.lastIndexOf('\n'))
}
