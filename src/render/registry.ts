import { chart } from './chart.ts'
import { kustomize } from './kustomize.ts'
import type { Renderer, UnsupportedFormat } from './renderer.ts'

/** Formats of folders, in order of precedence. */
export type Registry = readonly (Renderer | UnsupportedFormat)[]

/** Every format that is known. A folder of none of them holds plain manifests. */
export const FORMATS: Registry = [kustomize, chart]

/** The format of a folder, and the name of the file that makes it one. */
export interface DetectedFormat {
  readonly format: Registry[number]
  readonly marker: string
}

/**
 * Returns the first format in the registry that a folder belongs to, judged by its members (names, in byte order); undefined
 * for a folder of plain manifests. A marker that `isUsable` turns down does not count.
 */
export function detectFormat(
  members: readonly string[],
  isUsable: (marker: string) => boolean,
  registry: Registry,
): DetectedFormat | undefined {
  for (const format of registry) {
    for (let rest = members; ; ) {
      const marker = format.detects(rest)
      if (marker === undefined) break
      if (isUsable(marker)) return { format, marker }
      rest = rest.filter((name) => name !== marker)
    }
  }
  return undefined
}

/** Whether a file of this name alone gives its folder a format. */
export function isMarker(name: string, registry: Registry): boolean {
  return registry.some((format) => format.detects([name]) !== undefined)
}
