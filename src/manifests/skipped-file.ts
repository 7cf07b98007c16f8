import type { Location } from '../diagnostics.ts'

/** A file, or an object in one, that is not taken for a manifest, and why. */
export interface SkippedFile {
  readonly location: Location
  readonly reason: string
}
