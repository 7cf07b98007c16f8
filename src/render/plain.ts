import type { RenderedFile } from '../manifests/rendered-file.ts'
import type { SourceTree } from '../source/source-tree.ts'

/**
 * Returns plain manifest files, in the given order, without those that the source did not read because they are too
 * large.
 */
export function readPlainFiles(paths: readonly string[], { files }: SourceTree): RenderedFile[] {
  return paths.flatMap((file) => {
    const bytes = files.get(file)
    return bytes === undefined ? [] : [{ file, bytes, hasSourceLines: true }]
  })
}
