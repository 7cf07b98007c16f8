import { mkdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The platform in the names of Go and of the Kubernetes releases, for example `linux` and `amd64`. */
export const platform = {
  os: process.platform,
  arch: process.arch === 'x64' ? 'amd64' : process.arch,
} as const

/**
 * The folder for built programs, which all checkouts on this machine share: `FAIRLEAD_TESTBED_CACHE`, by default
 * `fairlead-testbed` in the user's cache folder.
 */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const folder = process.env.FAIRLEAD_TESTBED_CACHE ?? join(base, 'fairlead-testbed')
  mkdirSync(folder, { recursive: true })
  return folder
}

/**
 * Runs `make` with a new folder inside `parent` and removes the folder afterwards. Programs are built there and then renamed
 * into place, so that parallel builds do not clash and a failed build leaves nothing behind.
 */
export async function inWorkFolder<T>(parent: string, make: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(parent, `.work-${process.pid}-${Date.now()}`)
  mkdirSync(folder, { recursive: true })
  try {
    return await make(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
