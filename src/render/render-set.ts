import type { Diagnostic, Warning } from '../diagnostics.ts'
import type { RenderedFile } from '../manifests/rendered-file.ts'
import type { SkippedFile } from '../manifests/skipped-file.ts'
import { checkSizes } from '../size-limits.ts'
import type { SourceTree } from '../source/source-tree.ts'
import type { FileDiscovery } from './file-discovery.ts'
import { readPlainFiles } from './plain.ts'
import type { RenderContext, RenderResult } from './renderer.ts'

/** What rendering a set needs besides its source. */
export interface RenderSetOptions extends Omit<RenderContext, 'source'> {
  /**
   * Takes texts that must not appear in any output. Called before anything is rendered, because a failed renderer may
   * quote them.
   */
  readonly addSecrets: (secrets: readonly string[]) => void
}

/** The manifest files of a set, and diagnostics about the others. */
export interface RenderedSet {
  /** Plain manifest files in byte order of their paths, then what the renderers produced. */
  readonly files: readonly RenderedFile[]
  readonly skipped: readonly SkippedFile[]
  readonly warnings: readonly Warning[]
  /** Problems of discovery, of the source, of rendering and of sizes, in this order. */
  readonly problems: readonly Diagnostic[]
}

/**
 * Returns the manifest files of one set: the plain ones that its discovery found, and those rendered from folders. Rejects
 * as `Renderer.render` does.
 */
export async function renderSet(
  source: SourceTree,
  discovery: FileDiscovery,
  { addSecrets, ...options }: RenderSetOptions,
): Promise<RenderedSet> {
  const context: RenderContext = { source, ...options }
  const results = await renderFolders(discovery, context, addSecrets)
  const rendered = results.flatMap(({ files }) => files)
  const sizes = checkSizes(new Map(rendered.map(({ file, bytes }) => [file, bytes.length])), context.limits)
  return {
    files: [...readPlainFiles(discovery.files, source), ...rendered.filter(({ file }) => sizes.paths.has(file))],
    skipped: discovery.skipped,
    warnings: discovery.warnings,
    problems: [discovery, source, ...results, sizes].flatMap(({ problems }) => problems),
  }
}

/** Renders the folders of each renderer, one renderer after the other. */
async function renderFolders(
  { renders }: FileDiscovery,
  context: RenderContext,
  addSecrets: RenderSetOptions['addSecrets'],
): Promise<RenderResult[]> {
  const byRenderer = Map.groupBy(renders, ({ renderer }) => renderer)
  for (const renderer of byRenderer.keys()) addSecrets(renderer.secrets(context))
  const results: RenderResult[] = []
  for (const [renderer, group] of byRenderer) {
    const folders = group.map(({ folder }) => folder)
    results.push(await renderer.render(folders, context))
  }
  return results
}
