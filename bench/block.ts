import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const docs = join(import.meta.dirname, '../docs/explanation')

/** Replaces the text in a page of docs/explanation/ between the markers `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
export function writeBlock(page: string, name: string, text: string): void {
  const path = join(docs, page)
  const before = readFileSync(path, 'utf8')
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`docs/explanation/${page} lacks the markers ${begin} and ${end}.`)
  writeFileSync(path, `${before.slice(0, from)}${begin}\n\n${text}\n${before.slice(to)}`)
}
