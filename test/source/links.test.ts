import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { followLinks, indexPaths } from '../../src/source/links.ts'
import { compareBytes, type TreeEntry } from '../../src/source/source-tree.ts'
import { runs } from '../runs.ts'

const file = (path: string): TreeEntry => ({ path, kind: 'file' })
const link = (path: string, target: string): TreeEntry => ({ path, kind: 'link', target })
const tree = (...entries: TreeEntry[]) => indexPaths(entries.toSorted((a, b) => compareBytes(a.path, b.path)))

/** Where a path leads, in one word: a file, a folder with a slash, or the reason why nowhere. */
function lead(entries: readonly TreeEntry[], path: string): string {
  const destination = followLinks(tree(...entries), path)
  if (destination.kind === 'nowhere') return `${destination.link?.path ?? ''}: ${destination.reason}`
  return destination.kind === 'folder' ? `${destination.path}/` : destination.path
}

test('links are followed as an operating system follows them, wherever they stand in a path (F007)', () => {
  const entries = [
    file('releases/v2/app/web.yaml'),
    file('shared/base.yaml'),
    link('current', 'releases/v2'),
    link('releases/latest', 'v2/'),
    link('app.yaml', './current/app/web.yaml'),
    link('releases/v2/app/base.yaml', '../../../shared/base.yaml'),
    link('here', '.'),
  ]
  assert.equal(lead(entries, 'current/app/web.yaml'), 'releases/v2/app/web.yaml')
  assert.equal(lead(entries, 'current'), 'releases/v2/')
  assert.equal(lead(entries, 'releases/latest/app'), 'releases/v2/app/')
  assert.equal(lead(entries, 'app.yaml'), 'releases/v2/app/web.yaml')
  assert.equal(lead(entries, 'current/app/base.yaml'), 'shared/base.yaml')
  assert.equal(lead(entries, 'here/here/shared'), 'shared/')
  assert.equal(lead(entries, ''), '/')
})

test('what leads out of the tree is nowhere, also by way of other links and past a decoy (F008, F009, F010)', () => {
  assert.equal(lead([link('x.yaml', '/etc/passwd')], 'x.yaml'), 'x.yaml: leads out of the repository')
  assert.equal(lead([link('x.yaml', '../../outside')], 'x.yaml'), 'x.yaml: leads out of the repository')
  // Component by component and by name alone, `l/../outside/s` seems to stay inside, where a decoy waits.
  const chain = [
    link('a/b/c/l', '../../..'),
    link('a/b/c/n', 'l/../outside/s'),
    file('a/b/c/outside/s'),
    file('outside/s'),
    file('a/b/outside/s'),
  ]
  assert.equal(lead(chain, 'a/b/c/n'), 'a/b/c/l: leads out of the repository')
})

test('circles, chains without end and links to nothing are nowhere (F011, F012)', () => {
  assert.equal(lead([link('a', 'b'), link('b', 'a')], 'a'), 'a: leads in a circle, or through too many links')
  assert.equal(lead([link('a', 'a')], 'a'), 'a: leads in a circle, or through too many links')
  const chain = Array.from({ length: 1_000 }, (_, index) => link(`l${index}`, `l${index + 1}`))
  assert.match(lead([...chain, file('l1000')], 'l0'), /too many links/)
  assert.match(lead([...chain, file('l1000')], 'l990'), /^l1000$/)
  assert.equal(lead([link('a', 'none.yaml')], 'a'), 'a: leads to nothing')
  assert.equal(lead([link('a', 'f/x'), file('f')], 'a'), 'a: leads through what is no folder')
  assert.equal(lead([{ path: 'a', kind: 'link' }], 'a'), 'a: cannot be followed, because the checkout is partial')
})

test('property: whatever links say, a path leads to a file of the tree, a folder of it, or nowhere (I-32)', () => {
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
        (each, index) =>
          !given.some(
            (other, at) => (at < index && other.path === each.path) || each.path.startsWith(`${other.path}/`),
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
