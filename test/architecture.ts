import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** The folder of the checkout. */
export const ROOT = join(import.meta.dirname, '..')

/** What a file imports: files of the sources by their paths below `src/`, and modules by their names. */
export interface Imports {
  readonly files: readonly string[]
  readonly modules: readonly string[]
}

/** The texts of all sources, by their paths below `src/`. */
export const SOURCES: ReadonlyMap<string, string> = new Map(
  globSync('**/*.ts', { cwd: join(ROOT, 'src') })
    .sort()
    .map((file) => [file, readFileSync(join(ROOT, 'src', file), 'utf8')]),
)

const IMPORT = /^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm

/** What each source imports, types among it. */
export const IMPORTS: ReadonlyMap<string, Imports> = new Map(
  [...SOURCES].map(([file, text]) => {
    const targets = [...text.matchAll(IMPORT)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
    const isRelative = (target: string) => target.startsWith('.')
    const files = targets.filter(isRelative).map((target) => normalize(join(dirname(file), target)))
    return [file, { files, modules: targets.filter((target) => !isRelative(target)) }]
  }),
)

/** The room of a source: its first folder, or the ground floor for a file that is in none. */
export function roomOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : GROUND_FLOOR
}

/** The files of `src/` itself, which every room may import. */
export const GROUND_FLOOR = 'ground floor'

/** All files and modules that a source imports, and what these import in turn, each with the chain of files to it. */
export function closureOf(start: string): Map<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>()
  const visit = (file: string, chain: readonly string[]): void => {
    const { files = [], modules = [] } = IMPORTS.get(file) ?? {}
    for (const target of [...files, ...modules]) {
      if (chains.has(target)) continue
      chains.set(target, [...chain, file])
      visit(target, [...chain, file])
    }
  }
  visit(start, [])
  return chains
}

/** The rooms that each room imports, without those that it already reaches through another one (transitive reduction). */
export function roomEdges(order: readonly string[]): Map<string, readonly string[]> {
  const direct = new Map(order.map((room) => [room, new Set<string>()]))
  for (const [file, { files }] of IMPORTS)
    for (const target of files) if (roomOf(target) !== roomOf(file)) direct.get(roomOf(file))?.add(roomOf(target))
  const reachable = new Map<string, ReadonlySet<string>>()
  for (const room of order.toReversed()) {
    const next = [...(direct.get(room) ?? [])]
    reachable.set(room, new Set([...next, ...next.flatMap((each) => [...(reachable.get(each) ?? [])])]))
  }
  return new Map(
    order.map((room) => {
      const next = order.filter((each) => direct.get(room)?.has(each))
      return [room, next.filter((each) => !next.some((other) => reachable.get(other)?.has(each)))]
    }),
  )
}

/** The rooms and their imports as a Mermaid flowchart, for CONTRIBUTING.md. */
export function drawRooms(order: readonly string[]): string {
  const box = (room: string) => (room === GROUND_FLOOR ? 'ground["src/*.ts"]' : room)
  const lines = [...roomEdges(order)].flatMap(([room, next]) =>
    next.length === 0 ? [] : [`  ${box(room)} --> ${next.map(box).join(' & ')}`],
  )
  return ['flowchart TD', ...lines].join('\n')
}

/** A section of CONTRIBUTING.md, by its title. */
export function sectionOfContributing(title: string): string {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  return text.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? ''
}
