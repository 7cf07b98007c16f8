import type { Permission, PruneLimit, PrunePermissions } from '../plan/prune-policy.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import { linesOf } from './text-parsers.ts'

const EMPTY_SET = 'empty-set'
const SCOPE_CHANGE = 'scope-change'

/** Parses the option `prune-allow`: objects by kind, namespace and name, or one of two words, one per line. */
export function parsePermissions(text: string): Parsed<PrunePermissions> {
  const lines = linesOf(text)
  const objects: Permission[] = []
  for (const line of lines.filter((text) => text !== EMPTY_SET && text !== SCOPE_CHANGE)) {
    const permission = parsePermission(line)
    if (permission === undefined)
      return refused(
        `${JSON.stringify(line)} is not a permission.`,
        `Write \`Kind\`, \`Kind/NAME\` or \`Kind/NAMESPACE/NAME\`, or one of the words \`${SCOPE_CHANGE}\` and \`${EMPTY_SET}\`.`,
      )
    objects.push(permission)
  }
  return accepted({ objects, mayEmpty: lines.includes(EMPTY_SET), mayChangeScope: lines.includes(SCOPE_CHANGE) })
}

function parsePermission(line: string): Permission | undefined {
  const [, kind = '', group, rest = ''] =
    /^([A-Z][A-Za-z0-9]*)(?:\.([a-z0-9][-a-z0-9.]*))?((?:\/[^/\s]+){0,2})$/.exec(line) ?? []
  if (kind === '') return undefined
  const [name, namespace] = rest.split('/').slice(1).reverse()
  return {
    kind,
    ...(group === undefined ? {} : { group }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  }
}

/** Parses the option `prune-limit`: a number, a percentage, or both separated by a space; undefined if it is empty. */
export function parsePruneLimit(text: string): Parsed<PruneLimit | undefined> {
  if (text === '') return accepted(undefined)
  const [, objects = '', percent = ''] = /^(?:(\d+)(?=\s|$))?\s*(?:(\d+)%)?$/.exec(text) ?? []
  if ((objects === '' && percent === '') || Number(percent) > 100)
    return refused(
      `${JSON.stringify(text)} is not a limit.`,
      'Write a number of objects, a percentage of the inventory, or both: `25`, `50%`, `25 50%`.',
    )
  return accepted({ objects: Number(objects || 0), percent: Number(percent || 0) })
}
