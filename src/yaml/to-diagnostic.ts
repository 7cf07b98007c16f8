import type { Diagnostic } from '../diagnostics.ts'
import type { Place } from './place.ts'
import type { YamlIssue } from './yaml-issue.ts'

/** Returns an issue of a file as a diagnostic (E-PARSE); `placeOf` converts offsets in the file to places. */
export function yamlDiagnostic(
  { reason, message, hint, offset, earlier }: YamlIssue,
  file: string,
  placeOf: (offset: number) => Place,
): Diagnostic {
  const relatedLocation = earlier === undefined ? {} : { relatedLocation: { file, ...placeOf(earlier) } }
  return { code: 'E-PARSE', reason, message, hint, location: { file, ...placeOf(offset) }, ...relatedLocation }
}
