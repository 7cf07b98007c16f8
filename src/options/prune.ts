import type { Permission, PruneLimit, PrunePermissions } from '../plan/prune-policy.ts'

/** Reads the lines of `prune-allow`. A string says what is wrong. */
export function parsePermissions(lines: readonly string[]): PrunePermissions | string {
  const objects: Permission[] = []
  for (const line of lines.filter((each) => each !== EMPTY_SET && each !== SCOPE_CHANGE)) {
    const [, kind = '', group, rest = ''] =
      /^([A-Z][A-Za-z0-9]*)(?:\.([a-z0-9][-a-z0-9.]*))?((?:\/[^/\s]+){0,2})$/.exec(line) ?? []
    if (kind === '')
      return `${JSON.stringify(line)} allows nothing. Write \`Kind\`, \`Kind/NAME\` or \`Kind/NAMESPACE/NAME\`, or one of the words \`${SCOPE_CHANGE}\` and \`${EMPTY_SET}\`.`
    const [name, namespace] = rest.split('/').slice(1).reverse()
    objects.push({
      kind,
      ...(group === undefined ? {} : { group }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    })
  }
  return { objects, mayEmpty: lines.includes(EMPTY_SET), mayChangeScope: lines.includes(SCOPE_CHANGE) }
}

const EMPTY_SET = 'empty-set'
const SCOPE_CHANGE = 'scope-change'

/** Reads `prune-limit`: a number, a percentage, or both with a blank between them. A string says what is wrong. */
export function parsePruneLimit(text: string): { readonly most?: PruneLimit } | string {
  if (text === '') return {}
  const [, objects = '', percent = ''] = /^(?:(\d+)(?=\s|$))?\s*(?:(\d+)%)?$/.exec(text) ?? []
  if ((objects === '' && percent === '') || Number(percent) > 100)
    return `${JSON.stringify(text)} is no limit. Write a number of objects, a percentage of the inventory, or both: \`25\`, \`50%\`, \`25 50%\`.`
  return { most: { objects: Number(objects || 0), percent: Number(percent || 0) } }
}
