import { failIfAny, type Location, type Problem } from '../errors.ts'
import { byBytes, isManifestPath, type TreeEntry } from '../source/tree.ts'

/** Why something was not taken for a manifest. */
export interface Skipped {
  readonly location: Location
  readonly reason: string
}

/** What to read of a tree, decided from its paths alone. */
export interface Discovery {
  /** Manifest files to read as they are, in byte order of their paths. */
  readonly files: readonly string[]
  /** Folders to build with kustomize; the root is the empty string. */
  readonly kustomizations: readonly string[]
  readonly skipped: readonly Skipped[]
}

const KUSTOMIZATION = /^(kustomization\.ya?ml|Kustomization)$/
const CHART = /^Chart\.ya?ml$/

/**
 * Finds the manifests under `paths`: every .yaml, .yml and .json file, recursively, but for folders whose name starts
 * with a dot. A path that has a kustomization is to be built instead. Raises E-SOURCE, with all problems at once, for
 * what must never be read raw: a kustomization or a chart below a raw path, a link, a submodule, a path that is not there.
 */
export function discover(entries: readonly TreeEntry[], paths: readonly string[]): Discovery {
  const problems: Problem[] = []
  const files = new Map<string, TreeEntry>()
  const kustomizations = new Set<string>()
  const skipped = new Map<string, Skipped>()
  const skip = ({ path }: TreeEntry, reason: string) => skipped.set(path, { location: { file: path }, reason })
  for (const path of paths) {
    const link = entries.find((entry) => entry.kind === 'link' && `${path}/`.startsWith(`${entry.path}/`))
    const below = entries.filter((entry) => path === '' || entry.path === path || entry.path.startsWith(`${path}/`))
    const relative = (entry: TreeEntry) => entry.path.slice(path === '' ? 0 : path.length + 1)
    if (link !== undefined) {
      problems.push(linked(link, 'Name the place that the link points to.'))
    } else if (below.length === 0) {
      problems.push(missing(path, entries))
    } else if (below[0]?.path === path && !isManifestPath(path)) {
      problems.push(noManifest(path))
    } else if (below.some((entry) => KUSTOMIZATION.test(relative(entry)))) {
      kustomizations.add(path)
    } else if (below.some((entry) => CHART.test(relative(entry)))) {
      problems.push(chart(`${prefix(path)}Chart.yaml`, `The path \`${path || '.'}\` is a Helm chart.`))
    } else {
      for (const entry of below) {
        const hidden = relative(entry)
          .split('/')
          .some((part) => part.startsWith('.'))
        if (hidden && isManifestPath(entry.path)) {
          skip(entry, 'in a folder or file whose name starts with a dot')
        } else if (!hidden) {
          const problem = refusal(entry, path)
          if (problem !== undefined) problems.push(problem)
          else if (entry.kind === 'link') skip(entry, 'a symbolic link, and links are not followed')
          else if (isManifestPath(entry.path)) files.set(entry.path, entry)
        }
      }
    }
  }
  failIfAny(problems)
  return { files: [...files.keys()].sort(byBytes), kustomizations: [...kustomizations], skipped: [...skipped.values()] }
}

/** The paths that a run must read for a discovery: a kustomization may refer to any file of its tree. */
export function wanted(discovery: Discovery, entries: readonly TreeEntry[]): Set<string> {
  if (discovery.kustomizations.length === 0) return new Set(discovery.files)
  return new Set(entries.filter((entry) => entry.kind === 'file').map((entry) => entry.path))
}

function refusal(entry: TreeEntry, root: string): Problem | undefined {
  const name = entry.path.split('/').at(-1) ?? ''
  const location = { file: entry.path }
  const folder = entry.path.slice(0, -name.length - 1)
  if (KUSTOMIZATION.test(name)) {
    return {
      class: 'E-SOURCE',
      message: `\`${folder}\` is a kustomization below the raw path \`${root || '.'}\`: applied file by file it would mean something else.`,
      location,
      next: `Give the overlay to build as \`path\`, for instance \`path: ${folder}\`.`,
    }
  }
  if (CHART.test(name)) return chart(entry.path, `\`${folder}\` is a Helm chart below the raw path \`${root || '.'}\`.`)
  if (entry.kind === 'submodule') {
    return {
      class: 'E-SOURCE',
      message: 'This is a git submodule, whose files are not part of the commit.',
      location,
      next: 'Reconcile the submodule’s repository in a step of its own, or exclude it by naming narrower paths.',
    }
  }
  // A link without an ending may be a whole folder of manifests; one to a README is nobody's business.
  const mayHoldManifests = isManifestPath(name) || !name.includes('.')
  if (entry.kind === 'link' && mayHoldManifests) {
    return linked(entry, 'Commit the files themselves, or use a kustomization that refers to them.')
  }
  return undefined
}

function noManifest(path: string): Problem {
  const message = 'The path names a file that is no manifest by its name.'
  return { class: 'E-SOURCE', message, location: { file: path }, next: 'Manifests end in .yaml, .yml or .json.' }
}

function linked({ path }: TreeEntry, next: string): Problem {
  return {
    class: 'E-SOURCE',
    message: 'This is a symbolic link, and links are not followed.',
    location: { file: path },
    next,
  }
}

function chart(file: string, what: string): Problem {
  return {
    class: 'E-SOURCE',
    message: `${what} Charts are not rendered.`,
    location: { file },
    next: 'Render it in an earlier step (`helm template ... > rendered/all.yaml`) and give that folder as `repository: ./rendered`.',
  }
}

function missing(path: string, entries: readonly TreeEntry[]): Problem {
  const folders = new Set(
    entries.map((entry) => entry.path.split('/').slice(0, -1).join('/')).filter((folder) => folder !== ''),
  )
  const parent = path.split('/').slice(0, -1).join('/')
  const near = [...folders]
    .filter((folder) => folder.split('/').slice(0, -1).join('/') === parent)
    .sort(byBytes)
    .slice(0, 8)
  return {
    class: 'E-SOURCE',
    message: entries.length === 0 ? 'There are no files at all.' : `There is no \`${path}\`.`,
    next: near.length > 0 ? `Folders beside it: ${near.join(', ')}.` : 'Check `path` and `ref`.',
  }
}

function prefix(path: string): string {
  return path === '' ? '' : `${path}/`
}
