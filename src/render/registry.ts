import { chart } from './chart.ts'
import { kustomize } from './kustomize.ts'
import type { Renderer, UnsupportedFormat } from './renderer.ts'

/** The formats of folders, in order of precedence. */
export type Registry = readonly (Renderer | UnsupportedFormat)[]

/** All known formats. Any other folder contains plain manifests. */
export const FORMATS: Registry = [kustomize, chart]

/** The format of a folder, and the name of the file that identifies it. */
export interface DetectedFormat {
  readonly format: Registry[number]
  readonly marker: string
}

/**
 * Returns the first format of the registry that a folder has, according to the names of its members (in byte order);
 * undefined for a folder of plain manifests. Markers that `isUsable` rejects are ignored.
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

/** Whether a file of this name identifies a format. */
export function isMarker(name: string, registry: Registry): boolean {
  return registry.some((format) => format.detects([name]) !== undefined)
}
