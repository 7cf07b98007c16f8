import { field, type Json, listField, stringField } from '../json.ts'

/** One entry of a list of conditions; a text that it lacks is ''. */
export interface Condition {
  readonly type: string
  /** `True`, `False` or `Unknown`, as a rule. */
  readonly status: string
  /** A word for programs. */
  readonly reason: string
  /** A text for people. */
  readonly message: string
  /** `Error`, `Warning` or `Info`, from Cluster API and Knative. */
  readonly severity: string
  /** Which generation of the specification it is about. */
  readonly observedGeneration: number | undefined
}

/** The conditions of an object, from `status.conditions` unless another path is given; what is none is left out. */
export function conditionsOf(object: Json, path: readonly string[] = ['status', 'conditions']): readonly Condition[] {
  return listField(object, ...path).flatMap((entry) => {
    const type = stringField(entry, 'type')
    return type === undefined ? [] : [{ type, ...conditionTexts(entry) }]
  })
}

function conditionTexts(entry: Json): Omit<Condition, 'type'> {
  return {
    status: textAt(entry, 'status'),
    reason: textAt(entry, 'reason'),
    message: textAt(entry, 'message'),
    severity: textAt(entry, 'severity'),
    observedGeneration: numberAt(entry, 'observedGeneration'),
  }
}

/** The condition of a type; undefined where there is none. */
export function conditionOf(object: Json, type: string): Condition | undefined {
  return conditionsOf(object).find((each) => each.type === type)
}

/** Whether there is a condition of a type with a status, by default `True`. */
export function isCondition(object: Json, type: string, status = 'True'): boolean {
  return conditionOf(object, type)?.status === status
}

/** What a condition says, for instance "`Ready` is False (DoesNotExist): there is no Secret". */
export function describeCondition({ type, status, reason, message }: Condition): string {
  const because = reason === '' || reason === type || reason === message ? '' : ` (${reason})`
  return `\`${type}\` is ${status === '' ? 'empty' : status}${because}${message === '' ? '' : `: ${oneLine(message)}`}`
}

/** A condition's message as the end of a sentence, or its reason where it has none. */
export function conditionMessage(condition: Condition | undefined): string {
  return oneLine(condition?.message ?? '') || condition?.reason || 'its controller says so'
}

/** A text on one line, without the full stop at its end. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '')
}

/** The number at a path; undefined where it is missing or none. */
export function numberAt(value: Json, ...path: string[]): number | undefined {
  const found = field(value, ...path)
  return typeof found === 'number' ? found : undefined
}

function textAt(value: Json, key: string): string {
  const found = field(value, key)
  if (typeof found === 'boolean') return found ? 'True' : 'False'
  return typeof found === 'string' ? found : ''
}
