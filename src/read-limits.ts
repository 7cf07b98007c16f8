import { type Hint, hint, option } from './hint.ts'

/** Limits on what a run reads, so that a mistake or a hostile file is rejected before it costs time and memory. */
export interface ReadLimits {
  /** Bytes of one manifest file. */
  readonly 'file-size': number
  /** Bytes of all manifest files together. */
  readonly 'total-size': number
  /** Documents in one file. */
  readonly documents: number
  /** Values in one document, including keys and collections. */
  readonly nodes: number
  /** Levels of nesting, with aliases expanded. */
  readonly depth: number
  /** Aliases in one document. */
  readonly aliases: number
  /** Keys that merges (`<<`) add to one document. */
  readonly 'merge-keys': number
  /** Bytes of one document with its aliases expanded. */
  readonly 'expanded-size': number
}

/** A mebibyte in bytes. */
export const MIB = 1024 * 1024

/** Far above usual manifests: the largest CRDs in use have 1.3 MB, and a server accepts objects of up to 1.5 MiB. */
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

/** Describes an exceeded limit: what it allows, and how to raise it to `needed`, by default to twice the limit. */
export function limitPassed(
  name: keyof ReadLimits,
  limits: ReadLimits,
  needed = limits[name] * 2,
): { readonly allowed: string; readonly hint: Hint } {
  const limit = limits[name]
  const formatted = isSizeLimit(name) ? sizeText(limit) : limit.toLocaleString('en-US')
  const more = isSizeLimit(name) ? `${Math.ceil(needed / MIB)}MiB` : needed
  return {
    allowed: `the limit \`${name}\` is ${formatted}`,
    hint: hint`If this is intended, raise the limit with ${option('read-limits')}, for instance ${option('read-limits', `${name}=${more}`)}.`,
  }
}

/** Formats a number of bytes, for instance `5 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${Math.ceil(bytes / 1024).toLocaleString('en-US')} KiB`
}

/** Whether a limit is in bytes. */
export function isSizeLimit(name: string): boolean {
  return name.endsWith('-size')
}
