/** Manifests as bytes, and the file in the repository that asked for them. */
export interface RenderedFile {
  /** Path from the root of the tree. */
  readonly file: string
  readonly bytes: Buffer
  /** Whether line N of the bytes is line N of the file, so that messages may give lines. */
  readonly hasSourceLines: boolean
}
