import { field, type Json } from '../json.ts'

/** Fields that may identify the entries of a list; the first one counts that all of them have, with distinct values. */
const ENTRY_KEYS = [
  'name',
  'key',
  'mountPath',
  'devicePath',
  'containerPort',
  'port',
  'ip',
  'topologyKey',
  'type',
  'uid',
]

/** The field that identifies the entries of two lists; undefined if there is none. */
export function keyOfEntries(a: readonly Json[], b: readonly Json[]): string | undefined {
  return ENTRY_KEYS.find((key) => isKey(key, a) && isKey(key, b))
}

function isKey(name: string, list: readonly Json[]): boolean {
  const values = list.map((entry) => field(entry, name))
  const isPlain = values.every((value) => typeof value === 'string' || typeof value === 'number')
  return isPlain && new Set(values).size === values.length
}
