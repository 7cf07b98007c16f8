import { existsSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', 'shared', 'corpora')

/** The folder of a set of real manifests beside the project, which is not part of it. */
export function corpus(name: string): string {
  return join(folder, name)
}

/** For a test's `skip`: false where the set is there, else the reason why the test cannot run. */
export function unlessPresent(name: string): string | false {
  return existsSync(join(folder, name)) ? false : `the manifests of ${name} are not beside the project`
}
