import { field, type Json, listField, stringField } from '../json.ts'

/** One condition; a missing string is ''. */
export interface Condition {
  readonly type: string
  /** Usually `True`, `False` or `Unknown`. */
  readonly status: string
  /** A machine-readable word in CamelCase. */
  readonly reason: string
  /** A human-readable text. */
  readonly message: string
  /** `Error`, `Warning` or `Info`; set by Cluster API and Knative. */
  readonly severity: string
  /** The generation of the object that the condition describes. */
  readonly observedGeneration: number | undefined
}

/** The conditions of an object at a path, `status.conditions` by default; entries without a type are left out. */
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

/** The first condition of a type; undefined if there is none. */
export function conditionOf(object: Json, type: string): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type)
}

/** Whether there is a condition of a type with a status, by default `True`. */
export function isCondition(object: Json, type: string, status = 'True'): boolean {
  return conditionOf(object, type)?.status === status
}

/** A condition as a clause, for example "`Ready` is False (DoesNotExist): there is no Secret". */
export function describeCondition({ type, status, reason, message }: Condition): string {
  const suffix = reason === '' || reason === type || reason === message ? '' : ` (${reason})`
  return `\`${type}\` is ${status === '' ? 'empty' : status}${suffix}${message === '' ? '' : `: ${oneLine(message)}`}`
}

/** The message of a condition on one line, or else its reason. */
export function conditionMessage(condition: Condition | undefined): string {
  return oneLine(condition?.message ?? '') || condition?.reason || 'no reason given'
}

/** A text on one line, without a full stop at its end. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '')
}

/** The number at a path; undefined if it is missing or not a number. */
export function numberAt(value: Json, ...path: string[]): number | undefined {
  const found = field(value, ...path)
  return typeof found === 'number' ? found : undefined
}

function textAt(value: Json, key: string): string {
  const found = field(value, key)
  if (typeof found === 'boolean') return found ? 'True' : 'False'
  return typeof found === 'string' ? found : ''
}
