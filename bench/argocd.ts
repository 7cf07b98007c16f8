import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { loadAll } from 'js-yaml'
import { STATUSES, type Status } from '../src/health/status.ts'
import { field, type Json, listField, parseJson, stringField } from '../src/json.ts'
import { corpus } from '../test/corpora.ts'

/** What Argo CD expects of the health of an object: one case of its tests. */
export interface Case {
  /** The object's file, from the folder of all of them. */
  readonly file: string
  readonly group: string
  readonly kind: string
  readonly object: Json
  readonly expected: Status
}

/** All the cases below a folder, and those that cannot be used, with why. */
export interface Cases {
  readonly cases: readonly Case[]
  readonly unusable: readonly string[]
}

/** Argo CD's cases of health; its folder is beside the project and no part of it. */
export const CASES = corpus('argocd-health/resource_customizations')

/** Reads every `health_test.yaml` below a folder, with the objects that they name. */
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

/** Group and kind, as the folder says; where it says "any", as the object does. */
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

/** The documents of a file; none where it does not parse. */
function load(path: string): readonly Json[] {
  try {
    const documents = loadAll(readFileSync(path, 'utf8')).map((document) => parseJson(JSON.stringify(document)))
    return documents.filter((document) => document !== null)
  } catch {
    return []
  }
}
