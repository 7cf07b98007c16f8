import type { Location } from '../diagnostics.ts'

/** A file, or a document in it, that is not read as a manifest, and why. */
export interface SkippedFile {
  readonly location: Location
  readonly reason: string
}
