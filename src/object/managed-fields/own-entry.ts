import { field, isObject, type Json, listField, stringField } from '../../json.ts'
import { FIELD_MANAGER } from './field-manager.ts'
import type { FieldSet } from './field-set.ts'

/** Our entry in an object's `managedFields`. */
export function ownManagerEntry(object: Json): Json | undefined {
  return listField(object, 'metadata', 'managedFields').find(
    (entry) => stringField(entry, 'manager') === FIELD_MANAGER && stringField(entry, 'operation') === 'Apply',
  )
}

/** The fields that an entry of `managedFields` owns. */
export function managedFieldSet(entry: Json | undefined): FieldSet {
  const found = field(entry, 'fieldsV1')
  return isObject(found) ? found : {}
}

/** The fields and the API version of an entry, as text. The server keeps the fields in order. */
export function ownedText(entry: Json | undefined): string {
  return JSON.stringify([field(entry, 'apiVersion'), field(entry, 'fieldsV1')])
}
