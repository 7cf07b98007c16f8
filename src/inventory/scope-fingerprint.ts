import { createHash } from 'node:crypto'
import type { ScopeFingerprint } from '../object/inventory-record.ts'
import type { Patterns } from '../render/scope.ts'
import { type Identified, nameOfSource } from './default-name.ts'

/** What selects the objects of a set. */
export interface ScopeInput {
  readonly source: Identified
  /** The workflow's own repository, as `owner/name`. */
  readonly own: string
  readonly scope: Patterns & { readonly paths: readonly string[] }
  /** The namespace of objects that name none. */
  readonly namespace: string
}

/**
 * The scope of a set as a short digest of each part, by a name for messages. If a part has changed, an object may be missing
 * only because of that, without having been removed from Git.
 */
export function fingerprintScope({ source, own, scope, namespace }: ScopeInput): ScopeFingerprint {
  return {
    '`repository`': digest([isOutsideWorkspace(source) ? '' : nameOfSource(source, own)]),
    '`path`': digest([...scope.paths].sort()),
    '`include`': digest([...scope.include].sort()),
    '`exclude`': digest([...scope.exclude].sort()),
    'the default namespace': digest([namespace]),
  }
}

function digest(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('base64url').slice(0, 10)
}

/** Whether a source is a folder outside the workspace, which may have another path in every run. */
function isOutsideWorkspace(source: Identified): boolean {
  return source.kind === 'local' && source.workspacePath === undefined
}
