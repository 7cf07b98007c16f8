import { containerStatuses } from '../health/pod-issue.ts'
import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { namespacedName, uidOf } from '../object/metadata.ts'
import { byTime, eventLine, eventsAbout } from './events.ts'
import { maskSecrets } from './mask-secrets.ts'
import type { PodDiagnosis } from './pod-diagnosis.ts'
import { type AddSecrets, addSecretsOfPod } from './pod-secrets.ts'

/** Dependencies of `evidenceOf`. */
export interface EvidenceOptions {
  readonly api: Pick<ApiClient, 'get'>
  readonly addSecrets: AddSecrets
}

/** The most recent events and log lines that are quoted. */
const MAX_EVENTS = 5
const MAX_LOG_LINES = 10
/** The most of a log that is read, in bytes. */
const MAX_LOG_BYTES = 64 * 1024
/** Longer lines are replaced by their length: a truncated line might show part of a secret, which is not masked then. */
const MAX_LINE_CHARACTERS = 2_000

/**
 * Returns evidence about an object that is not ready, as lines of text: the last events of the object and of the Pod that keeps it
 * from being ready, and the last lines of that Pod's log. What cannot be read is left out.
 */
export async function evidenceOf(
  object: Json,
  diagnosis: PodDiagnosis | undefined,
  options: EvidenceOptions,
): Promise<string[]> {
  const { pod } = diagnosis ?? {}
  const subjects = [
    ...new Map([object, ...(pod === undefined ? [] : [pod])].map((subject) => [uidOf(subject), subject])).values(),
  ]
  const [events, log] = await Promise.all([
    Promise.all(
      subjects.map((subject) =>
        eventsAbout(namespacedName(subject).namespace, `involvedObject.uid=${uidOf(subject)}`, options.api),
      ),
    ),
    pod === undefined ? [] : logOf(pod, diagnosis, options),
  ])
  const last = byTime(events.flat()).slice(-MAX_EVENTS)
  return [...(last.length === 0 ? [] : ['Its last events:', ...last.map((event) => `  ${eventLine(event)}`)]), ...log]
}

/** Returns the last log lines of the failing container, with a title; if it is down, those from before it ended. */
async function logOf(
  pod: Json,
  { container }: Pick<PodDiagnosis, 'container'> = {},
  options: EvidenceOptions,
): Promise<string[]> {
  const name = container ?? stringField(listField(pod, 'spec', 'containers')[0], 'name') ?? ''
  const status = containerStatuses(pod).find((candidate) => stringField(candidate, 'name') === name)
  const isDown =
    field(status, 'state', 'running') === undefined && field(status, 'lastState', 'terminated') !== undefined
  const hasRun = isDown || ['running', 'terminated'].some((state) => field(status, 'state', state) !== undefined)
  if (!hasRun) return []
  const unreadSecret = await addSecretsOfPod(pod, options.api, options.addSecrets)
  if (unreadSecret !== undefined)
    return [
      `The log of \`${name}\` is not shown: it may contain values of the Secret ${unreadSecret}, which could not be read.`,
    ]
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
  // The text may be cut off in the middle of a secret.
  return Buffer.byteLength(text) < MAX_LOG_BYTES ? text : text.slice(0, text.lastIndexOf('\n'))
}
