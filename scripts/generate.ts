// Writes what is made from the tables of options and outputs: `npm run generate`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GENERATED_FILES } from './generated-files.ts'

const root = join(import.meta.dirname, '..')
for (const { path, generate } of GENERATED_FILES) {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, generate(existsSync(file) ? readFileSync(file, 'utf8') : ''))
}
