import { field, type Json, serialise } from '../json.ts'
import type { Step } from '../yaml/field.ts'

/**
 * The steps of a field's path as the server writes it, such as `spec.ports[0].port`, `data[key]` or, from server-side apply,
 * `.spec.containers[name="c"].env`. What the object does not have ends the path.
 */
export function parseFieldPath(text: string, object: Json): Step[] {
  const steps: Step[] = []
  let parent: Json | undefined = object
  for (const [, name, key] of text.matchAll(/\.?([^.[\]]+)|\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]/g)) {
    const step: Step | undefined = name ?? (Array.isArray(parent) ? entryIndex(key ?? '', parent) : key)
    const next: Json | undefined = step === undefined ? undefined : child(parent, step)
    if (step === undefined || next === undefined) break
    steps.push(step)
    parent = next
  }
  return steps
}

function child(parent: Json | undefined, step: Step): Json | undefined {
  return typeof step === 'number' && Array.isArray(parent) ? parent[step] : field(parent, String(step))
}

/** The index that a selector means: a number, or the entry whose fields have these values. */
function entryIndex(selector: string, list: readonly Json[]): number | undefined {
  if (/^\d+$/.test(selector)) return Number(selector)
  const wanted = [...selector.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|[^,]+)/g)]
  const index = list.findIndex((entry) =>
    wanted.every(([, name = '', value = '']) => {
      const own = field(entry, name)
      return own === undefined || serialise(own) === value
    }),
  )
  return wanted.length === 0 || index === -1 ? undefined : index
}

/** A field's path as people write it, for instance `spec.containers[0].env`. */
export function formatFieldPath(path: readonly Step[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('')
}
