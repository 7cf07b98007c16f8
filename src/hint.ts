/** A reference to an option, with the value to set, if the hint suggests one. */
export interface OptionReference {
  readonly option: string
  readonly value?: string
}

/**
 * What to do next, as sentences. References to options stay data, because a workflow and a command line write options
 * differently. Serialisable.
 */
export type Hint = string | readonly (string | OptionReference)[]

/** Returns a reference to an option for a `hint`, with the value to set, if any. */
export function option(name: string, value?: string | number): OptionReference {
  return { option: name, ...(value === undefined ? {} : { value: String(value) }) }
}

/** Builds a hint from a template whose values are texts, numbers, references to options, or other hints. */
export function hint(texts: TemplateStringsArray, ...values: readonly (Hint | OptionReference | number)[]): Hint {
  const parts = texts.flatMap((text, index) => [text, ...partsOf(values[index] ?? '')])
  const merged = parts.reduce<(string | OptionReference)[]>(addPart, [])
  return merged.every((part) => typeof part === 'string') ? merged.join('') : merged
}

function partsOf(value: Hint | OptionReference | number): readonly (string | OptionReference)[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]
  return 'option' in value ? [value] : value
}

/** Appends a part; adjacent texts are joined, so that equal hints have equal parts. */
function addPart(parts: (string | OptionReference)[], part: string | OptionReference): (string | OptionReference)[] {
  const last = parts.at(-1)
  if (part === '') return parts
  if (typeof part !== 'string' || typeof last !== 'string') return [...parts, part]
  return [...parts.slice(0, -1), last + part]
}

/** How an entry point writes a reference to an option, as Markdown code. */
export type OptionStyle = (reference: OptionReference) => string

/** An option as an input of the action: `name`, or `name: value`. */
export const inputStyle: OptionStyle = ({ option, value }) => `\`${option}${value === undefined ? '' : `: ${value}`}\``

/** Formats a hint as text, with its options in the given style. */
export function formatHint(hint: Hint, style: OptionStyle = inputStyle): string {
  if (typeof hint === 'string') return hint
  return hint.map((part) => (typeof part === 'string' ? part : style(part))).join('')
}
