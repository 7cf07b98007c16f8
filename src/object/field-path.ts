import { field, type Json, serialise } from '../json.ts'
import type { Step } from '../yaml/field.ts'

/**
 * Parses a field path as the server writes it, such as `spec.ports[0].port`, `data[key]` or, from server-side apply,
 * `.spec.containers[name="c"].env`. The path ends at the first step that the object does not have.
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

/** Returns the index that a selector stands for: a number, or the entry whose fields have these values. */
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

/** Formats a field path, for instance `spec.containers[0].env`. */
export function formatFieldPath(path: readonly Step[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('')
}
