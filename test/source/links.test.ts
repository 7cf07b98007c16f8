import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { followLinks, indexPaths } from '../../src/source/links.ts'
import { compareBytes, type TreeEntry } from '../../src/source/source-tree.ts'
import { runs } from '../runs.ts'

const file = (path: string): TreeEntry => ({ path, kind: 'file' })
const link = (path: string, target: string): TreeEntry => ({ path, kind: 'link', target })
const tree = (...entries: TreeEntry[]) => indexPaths(entries.toSorted((a, b) => compareBytes(a.path, b.path)))

/** Formats where a path leads: a file, a folder with a slash, or the last link and the reason. */
function resolve(entries: readonly TreeEntry[], path: string): string {
  const destination = followLinks(tree(...entries), path)
  if (destination.kind === 'nowhere') return `${destination.link?.path ?? ''}: ${destination.reason}`
  return destination.kind === 'folder' ? `${destination.path}/` : destination.path
}

test('links in any part of a path are followed as by an operating system', () => {
  const entries = [
    file('releases/v2/app/web.yaml'),
    file('shared/base.yaml'),
    link('current', 'releases/v2'),
    link('releases/latest', 'v2/'),
    link('app.yaml', './current/app/web.yaml'),
    link('releases/v2/app/base.yaml', '../../../shared/base.yaml'),
    link('here', '.'),
  ]
  assert.equal(resolve(entries, 'current/app/web.yaml'), 'releases/v2/app/web.yaml')
  assert.equal(resolve(entries, 'current'), 'releases/v2/')
  assert.equal(resolve(entries, 'releases/latest/app'), 'releases/v2/app/')
  assert.equal(resolve(entries, 'app.yaml'), 'releases/v2/app/web.yaml')
  assert.equal(resolve(entries, 'current/app/base.yaml'), 'shared/base.yaml')
  assert.equal(resolve(entries, 'here/here/shared'), 'shared/')
  assert.equal(resolve(entries, ''), '/')
})

test('a path that leads out of the tree is not followed, even through other links', () => {
  assert.equal(resolve([link('x.yaml', '/etc/passwd')], 'x.yaml'), 'x.yaml: points outside the repository')
  assert.equal(resolve([link('x.yaml', '../../outside')], 'x.yaml'), 'x.yaml: points outside the repository')
  // Normalised without following `l`, `l/../outside/s` would be the file a/b/c/outside/s.
  const chain = [
    link('a/b/c/l', '../../..'),
    link('a/b/c/n', 'l/../outside/s'),
    file('a/b/c/outside/s'),
    file('outside/s'),
    file('a/b/outside/s'),
  ]
  assert.equal(resolve(chain, 'a/b/c/n'), 'a/b/c/l: points outside the repository')
})

test('cycles, too long chains and links to nothing are not followed', () => {
  assert.equal(resolve([link('a', 'b'), link('b', 'a')], 'a'), 'a: is part of a cycle or of too long a chain of links')
  assert.equal(resolve([link('a', 'a')], 'a'), 'a: is part of a cycle or of too long a chain of links')
  const chain = Array.from({ length: 1_000 }, (_, index) => link(`l${index}`, `l${index + 1}`))
  assert.match(resolve([...chain, file('l1000')], 'l0'), /too long a chain of links/)
  assert.match(resolve([...chain, file('l1000')], 'l990'), /^l1000$/)
  assert.equal(resolve([link('a', 'none.yaml')], 'a'), 'a: points to nothing')
  assert.equal(resolve([link('a', 'f/x'), file('f')], 'a'), 'a: goes through something that is not a folder')
  assert.equal(resolve([{ path: 'a', kind: 'link' }], 'a'), 'a: cannot be followed because the checkout is partial')
})

test('property: with any links, a path leads to a file or folder of the tree, or nowhere', () => {
  const part = fc.constantFrom('a', 'b', 'c', '..', '.', '')
  const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const target = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
  const entry = fc.oneof(
    path.map(file),
    fc.tuple(path, target).map(([from, to]) => link(from, to)),
  )
  let found = 0
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), target, (given, start) => {
      // A tree has no file below a file, and no path twice.
      const entries = given.filter(
        (current, index) =>
          !given.some(
            (other, at) => (at < index && other.path === current.path) || current.path.startsWith(`${other.path}/`),
          ),
      )
      const index = tree(...entries)
      const destination = followLinks(index, start)
      if (destination.kind !== 'nowhere') found += 1
      if (destination.kind === 'file') assert.equal(index.entries.get(destination.path)?.kind, 'file')
      if (destination.kind === 'folder') assert.ok(index.folders.has(destination.path), destination.path)
    }),
    runs(500),
  )
  assert.ok(found > 50, String(found))
})
