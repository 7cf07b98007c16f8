import type { RenderedFile } from '../manifests/rendered-file.ts'
import type { SourceTree } from '../source/source-tree.ts'

/** Returns manifest files as they are, in the given order; files that the source did not read, being too large, are left out. */
export function readPlainFiles(paths: readonly string[], { files }: SourceTree): RenderedFile[] {
  return paths.flatMap((file) => {
    const bytes = files.get(file)
    return bytes === undefined ? [] : [{ file, bytes, hasSourceLines: true }]
  })
}
