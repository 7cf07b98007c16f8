import type { Diagnostic } from '../diagnostics.ts'
import type { Kubectl } from '../kube/kubectl.ts'
import type { RenderedFile } from '../manifests/rendered-file.ts'
import type { ReadLimits } from '../read-limits.ts'
import type { SourceTree } from '../source/source-tree.ts'

/** The tree to render from, and what a renderer may use. */
export interface RenderContext {
  readonly source: SourceTree
  readonly kubectl: Kubectl
  readonly limits: ReadLimits
  /** A private folder, deleted at the end of the run. */
  readonly tempDir: string
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal
}

/** The rendered files, and the problems of folders that could not be rendered. */
export interface RenderResult {
  readonly files: readonly RenderedFile[]
  readonly problems: readonly Diagnostic[]
}

/** A kind of folder that must not be read as plain manifests. */
export interface FolderFormat {
  /** The name of the tool, for instance `kustomize`. */
  readonly name: string
  /** The noun for such a folder in messages, for instance `kustomization`. */
  readonly noun: string
  /**
   * Returns the member of a folder (names, in byte order) that identifies this format; undefined for any other folder. Only
   * names are known: no file has been read.
   */
  detects(members: readonly string[]): string | undefined
}

/** A format that can be rendered to manifests. */
export interface Renderer extends FolderFormat {
  /**
   * Renders folders of `context.source` (paths from the root; the root is the empty string), in the given order. A folder
   * that cannot be rendered is a problem. Raises a `Failure` if nothing can be rendered on this machine, and the reason of
   * `context.signal` when it aborts.
   */
  render(folders: readonly string[], context: RenderContext): Promise<RenderResult>
  /** Returns texts in the tree that errors may quote but no output may show, such as literals of generated Secrets. */
  secrets(context: RenderContext): string[]
}

/** A format that is detected only to be rejected, because its files must not be read as plain manifests. */
export interface UnsupportedFormat extends FolderFormat {
  /** Returns the problem of such a folder (E-SOURCE). */
  refuse(folder: DetectedFolder): Diagnostic
}

/** A folder of a known format, for its problem. */
export interface DetectedFolder {
  /** The path from the root, as messages show it. */
  readonly path: string
  /** The path of the file that identifies the format. */
  readonly marker: string
  /** The path of the scope above the folder; undefined if the scope names the folder itself. */
  readonly below?: string
}

/** Whether a format can be rendered. */
export function isRenderer(format: Renderer | UnsupportedFormat): format is Renderer {
  return 'render' in format
}
