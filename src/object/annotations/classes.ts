import { field, type JsonObject } from '../../json.ts'
import { annotationText } from './read-annotation.ts'
import { ANNOTATIONS } from './table.ts'

/** The annotations of a manifest about default classes. */
export interface ClassAnnotations {
  /** Whether a StorageClass is the default one. */
  readonly isDefaultStorageClass: boolean
  /** Whether an IngressClass is the default one. */
  readonly isDefaultIngressClass: boolean
  /** Whether an Ingress names its class by the annotation instead of the field. */
  readonly hasIngressClass: boolean
}

/** Reads the annotations about default classes. */
export function readClasses(annotations: JsonObject): ClassAnnotations {
  return {
    isDefaultStorageClass: annotationText(annotations, ANNOTATIONS.defaultStorageClass) === 'true',
    isDefaultIngressClass: annotationText(annotations, ANNOTATIONS.defaultIngressClass) === 'true',
    hasIngressClass: field(annotations, ANNOTATIONS.ingressClass.name) !== undefined,
  }
}
