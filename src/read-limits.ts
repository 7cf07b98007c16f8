import { type Hint, hint, option } from './hint.ts'
/** Bounds on what one run reads: a mistake or a hostile file is refused before it costs time and memory. */
export interface ReadLimits {
  /** Bytes of one manifest file. */
  readonly 'file-size': number
  /** Bytes of all manifest files together. */
  readonly 'total-size': number
  /** Documents in one file. */
  readonly documents: number
  /** Values in one document, keys and collections among them. */
  readonly nodes: number
  /** Levels of nesting, with what aliases stand for. */
  readonly depth: number
  /** Aliases in one document. */
  readonly aliases: number
  /** Keys that merges (`<<`) bring into one document. */
  readonly 'merge-keys': number
  /** Bytes that one document may come to with its aliases written out. */
  readonly 'expanded-size': number
}

/** Bytes of a mebibyte. */
export const MIB = 1024 * 1024

/** Generous for what people write: the largest definitions in use have 1.3 MB, and a server takes objects of 1.5 MiB. */
export const DEFAULT_LIMITS: ReadLimits = {
  'file-size': 5 * MIB,
  'total-size': 50 * MIB,
  documents: 50_000,
  nodes: 240_000,
  depth: 100,
  aliases: 1_000,
  'merge-keys': 10_000,
  'expanded-size': 16 * MIB,
}

/** A limit that was passed, in words: what it allows, and how to raise it to what is needed, where that is known. */
export function limitPassed(
  name: keyof ReadLimits,
  limits: ReadLimits,
  needed = limits[name] * 2,
): { readonly allowed: string; readonly hint: Hint } {
  const bound = limits[name]
  const written = isSizeLimit(name) ? sizeText(bound) : bound.toLocaleString('en-US')
  const more = isSizeLimit(name) ? `${Math.ceil(needed / MIB)}MiB` : needed
  return {
    allowed: `the limit \`${name}\` is ${written}`,
    hint: hint`If this is meant, raise it with ${option('read-limits')}, for instance ${option('read-limits', `${name}=${more}`)}.`,
  }
}

/** A number of bytes as people write it, for instance `5 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${Math.ceil(bytes / 1024).toLocaleString('en-US')} KiB`
}

/** Whether a limit is a number of bytes. */
export function isSizeLimit(name: string): boolean {
  return name.endsWith('-size')
}
