import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInteger, parse } from 'lossless-json'
import { field, isObject, type Json, type JsonObject, serialise } from '../src/json.ts'
import { runProgram } from '../src/process.ts'
import { binaries } from '../testbed/binaries.ts'
import { temporaryFolder } from '../testbed/repository.ts'

/** Files that one kubectl reads at a time. */
const BATCH = 200

/**
 * What kubectl reads from each text, every object as canonical JSON; undefined where it refuses the file. Needs no server:
 * `kubectl annotate --local` prints what it read, exact to the last digit. Empty metadata and annotations are left out.
 */
export async function oracle(texts: readonly string[]): Promise<(string[] | undefined)[]> {
  const kubectl = join(await binaries(() => {}), 'kubectl')
  const read: (string[] | undefined)[] = []
  for (let from = 0; from < texts.length; from += BATCH) {
    read.push(...(await readBatch(kubectl, texts.slice(from, from + BATCH))))
  }
  return read
}

async function readBatch(kubectl: string, texts: readonly string[]): Promise<(string[] | undefined)[]> {
  const folder = join(temporaryFolder(), 'oracle')
  mkdirSync(folder)
  const files = texts.flatMap((text, index) => {
    writeFileSync(join(folder, `${index}.yaml`), text)
    writeFileSync(join(folder, `${index}.mark.yaml`), `apiVersion: v1\nkind: Mark\nmetadata: {name: end}\n`)
    return [`--filename=${folder}/${index}.yaml`, `--filename=${folder}/${index}.mark.yaml`]
  })
  const args = ['annotate', '--local', ...files, '--output=json', 'oracle=x']
  const exit = await runProgram(kubectl, args, { env: { PATH: '/bin', HOME: folder } })
  const refused = new Set([...exit.stderr.matchAll(/\/oracle\/(\d+)\.yaml/g)].map(([, index]) => Number(index)))
  const read: string[][] = [[]]
  for (const object of objectsIn(String(exit.stdout))) {
    if (field(object, 'kind') === 'Mark') read.push([])
    else read.at(-1)?.push(serialise(withoutMark(object)))
  }
  return texts.map((_, index) => (refused.has(index) ? undefined : read[index]))
}

/** The objects that kubectl prints one after the other, each indented from the first column on. */
function objectsIn(stdout: string): Json[] {
  const stream = parseExactly(`[${stdout.trim().replaceAll(/^}\n{/gm, '}\n,{')}]`)
  return Array.isArray(stream) ? stream : []
}

/**
 * Parses JSON, integers exact to the last digit. Not by JSON.parse, which takes one key for another behind objects whose
 * keys hold a backslash (nodejs/node#63785).
 */
export function parseExactly(text: string): Json {
  return parse(text, null, (digits) => {
    const isLong = isInteger(digits) && !Number.isSafeInteger(Number(digits))
    return isLong ? BigInt(digits) : Number(digits)
  }) as Json
}

/** An object without the annotation that the oracle sets, nor what that made: empty annotations and metadata, no nulls. */
export function withoutMark(object: Json): JsonObject {
  if (!isObject(object)) return {}
  const { metadata, ...rest } = object
  if (!isObject(metadata)) return object
  const { annotations, ...others } = metadata
  const all = Object.entries(isObject(annotations) ? annotations : {}).map(
    ([name, value]) => [name, value ?? ''] as const,
  )
  const kept = all.filter(([name]) => name !== 'oracle')
  const settled = kept.length === 0 ? others : { ...others, annotations: Object.fromEntries(kept) }
  return Object.keys(settled).length === 0 ? rest : { ...rest, metadata: settled }
}
