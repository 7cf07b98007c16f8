import type { Kubectl } from '../../src/kube/kubectl.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import type { RenderContext, Renderer } from '../../src/render/renderer.ts'
import { compareBytes, type SourceTree, type TreeEntry } from '../../src/source/source-tree.ts'

/** Returns the entries of a tree of files, in byte order. */
export function entriesOf(...paths: string[]): TreeEntry[] {
  return paths.toSorted(compareBytes).map((path) => ({ path, kind: 'file' }))
}

/** Returns a tree in memory, with all files read. */
export function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  return {
    commit: undefined,
    entries: entriesOf(...Object.keys(files)),
    files: new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
    problems: [],
  }
}

/** Returns a renderer of folders with a file of the given name, whose contents it renders in upper case. */
export function makeRenderer(marker: string, overrides: Partial<Renderer> = {}): Renderer {
  return {
    name: marker,
    noun: marker,
    detects: (members) => members.find((name) => name === marker),
    render: async (folders, { source }) => ({
      files: folders.map((folder) => {
        const file = folder === '' ? marker : `${folder}/${marker}`
        return { file, bytes: Buffer.from(String(source.files.get(file)).toUpperCase()), hasSourceLines: false }
      }),
      problems: [],
    }),
    secrets: () => [],
    ...overrides,
  }
}

/** Returns what rendering needs besides a tree; `run` replaces kubectl, which must not be run by default. */
export function makeOptions(
  tempDir: string,
  run: Kubectl['run'] = () => Promise.reject(new Error('kubectl was run')),
): Omit<RenderContext, 'source'> {
  const kubectl: Kubectl = {
    version: Promise.resolve('v1.36.0'),
    run,
    serve: () => {
      throw new Error('kubectl was started')
    },
    with: () => kubectl,
  }
  return { kubectl, limits: DEFAULT_LIMITS, tempDir, signal: new AbortController().signal }
}
