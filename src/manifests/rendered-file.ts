/** Manifests as bytes, and the file in the repository from which they come. */
export interface RenderedFile {
  /** The path from the root of the tree. */
  readonly file: string
  readonly bytes: Buffer
  /** Whether line N of the bytes is line N of the file. If not, locations have no lines. */
  readonly hasSourceLines: boolean
}
