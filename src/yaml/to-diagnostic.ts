import type { Diagnostic } from '../diagnostics.ts'
import type { Place } from './place.ts'
import type { YamlIssue } from './yaml-issue.ts'

/** Returns an issue of a file as a diagnostic (E-PARSE); `placeOf` gives the places of offsets in the file's text. */
export function yamlDiagnostic(
  { message, hint, offset, earlier }: YamlIssue,
  file: string,
  placeOf: (offset: number) => Place,
): Diagnostic {
  const relatedLocation = earlier === undefined ? {} : { relatedLocation: { file, ...placeOf(earlier) } }
  return { code: 'E-PARSE', message, hint, location: { file, ...placeOf(offset) }, ...relatedLocation }
}
