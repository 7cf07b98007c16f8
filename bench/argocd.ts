import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { loadAll } from 'js-yaml'
import { STATUSES, type Status } from '../src/health/status.ts'
import { field, type Json, listField, parseJson, stringField } from '../src/json.ts'
import { corpus } from '../test/corpora.ts'

/** One case of Argo CD's health tests: an object and its expected health. */
export interface Case {
  /** The object's file, relative to the folder of cases. */
  readonly file: string
  readonly group: string
  readonly kind: string
  readonly object: Json
  readonly expected: Status
}

/** The cases below a folder, and the unusable ones with the reason. */
export interface Cases {
  readonly cases: readonly Case[]
  readonly unusable: readonly string[]
}

/** Argo CD's health tests, in a folder outside the project. */
export const CASES = corpus('argocd-health/resource_customizations')

/** Reads every `health_test.yaml` below a folder, with the objects that it refers to. */
export function readCases(folder = CASES): Cases {
  const cases: Case[] = []
  const unusable: string[] = []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => basename(file) === 'health_test.yaml',
  )
  for (const file of files.sort()) {
    for (const test of listField(load(join(folder, file))[0], 'tests')) {
      const input = stringField(test, 'inputPath') ?? ''
      const path = join(dirname(file), input)
      const expected = statusIn(test)
      const object = input !== '' && existsSync(join(folder, path)) ? load(join(folder, path))[0] : undefined
      if (expected === undefined || object === undefined) unusable.push(`${file}: ${JSON.stringify(test)}`)
      else cases.push({ file: path, ...kindOf(path, object), object, expected })
    }
  }
  return { cases, unusable }
}

/** Group and kind from the folder, or from the object where the folder matches any. */
function kindOf(path: string, object: Json): { readonly group: string; readonly kind: string } {
  const [group = '', kind = ''] = path.split('/')
  const [actual = ''] = (stringField(object, 'apiVersion') ?? '').split('/')
  return {
    group: group.startsWith('_') ? actual : group,
    kind: kind === '_' ? (stringField(object, 'kind') ?? '') : kind,
  }
}

function statusIn(test: Json): Status | undefined {
  const word = stringField(field(test, 'healthStatus'), 'status')
  return STATUSES.find((status) => status === word)
}

/** The documents of a file; none if it does not parse. */
function load(path: string): readonly Json[] {
  try {
    const documents = loadAll(readFileSync(path, 'utf8')).map((document) => parseJson(JSON.stringify(document)))
    return documents.filter((document) => document !== null)
  } catch {
    return []
  }
}
