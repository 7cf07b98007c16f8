import type { Diagnostic, Warning } from '../diagnostics.ts'
import { type Hint, hint, option } from '../hint.ts'
import { type PathIndex, parentFolder } from '../source/links.ts'
import { isManifestPath } from '../source/source-tree.ts'
import type { Registry } from './registry.ts'
import type { DetectedFolder, Renderer } from './renderer.ts'

function sourceError(file: string, reason: string, message: string, hint: Hint): Diagnostic {
  return { code: 'E-SOURCE', reason, message, location: { file }, hint }
}

/** A pattern of `include` or `exclude` that matches nothing is most likely misspelt. */
export function unusedPattern(pattern: string): Warning {
  const message = `The pattern \`${pattern}\` of \`include\` or \`exclude\` matches no file.`
  const next = 'Patterns are those of a .gitignore, and start at the root of the repository.'
  return { reason: 'UnusedPattern', message, hint: next }
}

/** A path of the scope is rendered, and the patterns of `include` do not apply to it. */
export function includeIgnored(path: string, { noun }: Renderer): Warning {
  const message = `\`include\` has no say in the path \`${path || '.'}\`, which is a ${noun} and built as a whole.`
  const next = hint`To read some of its files instead, name them as ${option('path')}, or exclude its ${noun} file.`
  return { reason: 'IncludeNotApplied', message, hint: next }
}

/** A folder that has to be rendered lies below a path that is read file by file. */
export function rendererBelow({ path, marker, below }: DetectedFolder, { noun }: Renderer): Diagnostic {
  return sourceError(
    marker,
    'NotRendered',
    `\`${path}\` is a ${noun} below the raw path \`${below || '.'}\`: applied file by file it would mean something else.`,
    hint`Give the overlay to build as ${option('path')}, for instance ${option('path', path)}, or leave it out with ${option('exclude', `${path}/`)}.`,
  )
}

/** A path of the scope names the file that makes its folder one to render, instead of the folder. */
export function markerAsPath(file: string, registry: Registry): Diagnostic {
  const nouns = new Intl.ListFormat('en', { type: 'disjunction' }).format(registry.map(({ noun }) => noun))
  return sourceError(
    file,
    'PathIsRenderedFile',
    `The path names the file of a ${nouns}.`,
    hint`Name its folder: ${option('path', parentFolder(file) || '.')}.`,
  )
}

/** A path of the scope names a file that does not have the name of a manifest. */
export function notAManifest(path: string): Diagnostic {
  const message = 'The path names a file that is no manifest by its name.'
  return sourceError(path, 'NotAManifestFile', message, 'Manifests end in .yaml, .yml or .json.')
}

/** The name of a file is not UTF-8. */
export function invalidFileName(path: string): Diagnostic {
  return sourceError(
    path,
    'NameNotUtf8',
    'The name of this file is no UTF-8.',
    hint`Rename it, or leave it out with ${option('exclude')}.`,
  )
}

/** A symbolic link that cannot be followed; `reason` continues "a symbolic link that ...". */
export function badLink(path: string, reason: string): Diagnostic {
  return sourceError(
    path,
    'LinkNotFollowed',
    `This is a symbolic link that ${reason}.`,
    hint`Let it point to something inside of the repository, or leave it out with ${option('exclude')}.`,
  )
}

/** A git submodule, whose files are not in the commit. */
export function submodule(path: string): Diagnostic {
  const message = 'This is a git submodule, whose files are not part of the commit.'
  const next = hint`Reconcile the submodule’s repository in a step of its own, or leave it out with ${option('exclude')}.`
  return sourceError(path, 'Submodule', message, next)
}

/** How many neighbours the message about a missing path names. */
const MAX_NEIGHBOURS = 8

/** A path of the scope does not exist; the hint names what is beside it. */
export function missingPath(path: string, { entries, folders }: PathIndex): Diagnostic {
  const parent = parentFolder(path)
  const neighbours = [...folders.keys(), ...[...entries.keys()].filter(isManifestPath)]
    .filter((each) => each !== '' && parentFolder(each) === parent)
    .slice(0, MAX_NEIGHBOURS)
  return sourceError(
    path,
    entries.size === 0 ? 'NoFiles' : 'PathNotFound',
    entries.size === 0 ? 'There are no files at all.' : `There is no \`${path}\`.`,
    neighbours.length > 0
      ? `Beside it are ${neighbours.join(', ')}.`
      : hint`Check ${option('path')} and ${option('ref')}.`,
  )
}
