import { createHash } from 'node:crypto'
import type { ScopeFingerprint } from '../object/inventory-record.ts'
import type { Patterns } from '../render/scope.ts'
import { type Identified, nameOfSource } from './default-name.ts'

/** What the objects of a set are chosen by. */
export interface ScopeInput {
  readonly source: Identified
  /** The workflow's own repository, as `owner/name`. */
  readonly own: string
  readonly scope: Patterns & { readonly paths: readonly string[] }
  /** The namespace of objects that name none. */
  readonly namespace: string
}

/**
 * By what a set is chosen, a short digest for each part, named as people know it. An object that is missing where one of them
 * is another one may be missing for that alone: it was moved out of sight, not out of Git.
 */
export function fingerprintScope({ source, own, scope, namespace }: ScopeInput): ScopeFingerprint {
  return {
    '`repository`': digest([isElsewhere(source) ? '' : nameOfSource(source, own)]),
    '`path`': digest([...scope.paths].sort()),
    '`include`': digest([...scope.include].sort()),
    '`exclude`': digest([...scope.exclude].sort()),
    'the default namespace': digest([namespace]),
  }
}

function digest(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('base64url').slice(0, 10)
}

/** Whether a source is a folder outside of the workspace, which may be another one in every run. */
function isElsewhere(source: Identified): boolean {
  return source.kind === 'local' && source.workspacePath === undefined
}
