/** What a renderer made: YAML, and the file that it was made from. */
export interface RenderedFile {
  readonly file: string
  readonly yaml: Buffer
}
