import type { Diagnostic, Warning } from '../diagnostics.ts'
import { type Hint, hint, option } from '../hint.ts'
import { type PathIndex, parentFolder } from '../source/links.ts'
import { isManifestPath } from '../source/source-tree.ts'
import type { Registry } from './registry.ts'
import type { DetectedFolder, Renderer } from './renderer.ts'

function sourceError(file: string, reason: string, message: string, hint: Hint): Diagnostic {
  return { code: 'E-SOURCE', reason, message, location: { file }, hint }
}

/** The warning about a pattern of `include` or `exclude` that matches no file, most likely because it is misspelled. */
export function unusedPattern(pattern: string): Warning {
  const message = `The include or exclude pattern \`${pattern}\` matches no file.`
  const next = 'Check the pattern: it is as in a .gitignore, relative to the root of the repository.'
  return { reason: 'UnusedPattern', message, hint: next }
}

/** The warning that the patterns of `include` do not apply to a path that is rendered. */
export function includeIgnored(path: string, { noun }: Renderer): Warning {
  const message = `Include patterns do not apply to the path \`${path || '.'}\`: it is a ${noun} and built as a whole.`
  const next = hint`To read only some of its files, set ${option('path')} to them, or exclude its ${noun} file.`
  return { reason: 'IncludeNotApplied', message, hint: next }
}

/** The problem of a folder to render below a path that is read as plain manifests. */
export function rendererBelow({ path, marker, below }: DetectedFolder, { noun }: Renderer): Diagnostic {
  return sourceError(
    marker,
    'NotRendered',
    `\`${path}\` is a ${noun} below the path \`${below || '.'}\`, which is read as plain manifests: its files must not be applied one by one.`,
    hint`Set ${option('path')} to the folder to build, for instance ${option('path', path)}, or exclude it with ${option('exclude', `${path}/`)}.`,
  )
}

/** The problem of a path that names the marker file of a folder to render, instead of the folder. */
export function markerAsPath(file: string, registry: Registry): Diagnostic {
  const nouns = new Intl.ListFormat('en', { type: 'disjunction' }).format(registry.map(({ noun }) => noun))
  return sourceError(
    file,
    'PathIsRenderedFile',
    `The path is the file of a ${nouns}, not its folder.`,
    hint`Set the folder: ${option('path', parentFolder(file) || '.')}.`,
  )
}

/** The problem of a path that names a file without the extension of a manifest. */
export function notAManifest(path: string): Diagnostic {
  const message = 'The path is a file without the extension of a manifest.'
  return sourceError(path, 'NotAManifestFile', message, 'Use a file that ends in .yaml, .yml or .json.')
}

/** The problem of a file whose name is not UTF-8. */
export function invalidFileName(path: string): Diagnostic {
  return sourceError(
    path,
    'NameNotUtf8',
    'The name of the file is not valid UTF-8.',
    hint`Rename it, or exclude it with ${option('exclude')}.`,
  )
}

/** The problem of a symbolic link that cannot be followed; `reason` continues "The symbolic link ...". */
export function badLink(path: string, reason: string): Diagnostic {
  return sourceError(
    path,
    'LinkNotFollowed',
    `The symbolic link ${reason}.`,
    hint`Change its target to a file or folder in the repository, or exclude it with ${option('exclude')}.`,
  )
}

/** The problem of a git submodule, whose files are not in the commit. */
export function submodule(path: string): Diagnostic {
  const message = 'This is a git submodule, and its files are not part of the commit.'
  const next = hint`Reconcile the repository of the submodule in a separate step, or exclude it with ${option('exclude')}.`
  return sourceError(path, 'Submodule', message, next)
}

/** The maximum number of siblings in the hint about a missing path. */
const MAX_SIBLINGS = 8

/** The problem of a path that does not exist; the hint lists its siblings. */
export function missingPath(path: string, { entries, folders }: PathIndex): Diagnostic {
  const parent = parentFolder(path)
  const siblings = [...folders.keys(), ...[...entries.keys()].filter(isManifestPath)]
    .filter((sibling) => sibling !== '' && parentFolder(sibling) === parent)
    .slice(0, MAX_SIBLINGS)
  return sourceError(
    path,
    entries.size === 0 ? 'NoFiles' : 'PathNotFound',
    entries.size === 0 ? 'There are no files.' : `The path \`${path}\` does not exist.`,
    siblings.length > 0
      ? `The folder has ${siblings.join(', ')}.`
      : hint`Check ${option('path')} and ${option('ref')}.`,
  )
}
