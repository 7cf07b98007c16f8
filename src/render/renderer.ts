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
  /** A private folder, removed at the end of the run. */
  readonly tempDir: string
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
}

/** The files that rendering produced, and why some folders could not be rendered. */
export interface RenderResult {
  readonly files: readonly RenderedFile[]
  readonly problems: readonly Diagnostic[]
}

/** A kind of folder that must not be read as plain manifests. */
export interface FolderFormat {
  /** The tool's name, for instance `kustomize`. */
  readonly name: string
  /** What messages call such a folder, without an article: `kustomization`. */
  readonly noun: string
  /**
   * Returns the one of a folder's members (names, in byte order) whose presence makes the folder one of this format, or
   * undefined for any other folder. Looks at names only: nothing has been read yet.
   */
  detects(members: readonly string[]): string | undefined
}

/** A format that can be rendered to manifests. */
export interface Renderer extends FolderFormat {
  /**
   * Renders folders of `context.source` (paths from the root; the root is the empty string), in the given order. A folder
   * that cannot be rendered is a problem. Raises a `Failure` where nothing can be rendered on this machine, and the reason
   * of `context.signal` once it aborts.
   */
  render(folders: readonly string[], context: RenderContext): Promise<RenderResult>
  /** Returns the texts in the tree that rendering may quote and no output may show, such as literals of generated Secrets. */
  secrets(context: RenderContext): string[]
}

/** A format that is recognised only to be refused, since reading its files as plain manifests would be wrong. */
export interface UnsupportedFormat extends FolderFormat {
  /** Returns the problem (E-SOURCE) of such a folder. */
  refuse(folder: DetectedFolder): Diagnostic
}

/** A folder of a known format, as problems describe it. */
export interface DetectedFolder {
  /** Path from the root, as messages show it. */
  readonly path: string
  /** Path of the file that makes it one. */
  readonly marker: string
  /** The path of the scope below which it lies; undefined where the scope names the folder itself. */
  readonly below?: string
}

/** Whether a format can be rendered. */
export function isRenderer(format: Renderer | UnsupportedFormat): format is Renderer {
  return 'render' in format
}
