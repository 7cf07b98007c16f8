import { spawnSync } from 'node:child_process'

/** The cost of some work in a separate process: wall time in milliseconds, and peak memory in MiB. */
export interface Cost {
  readonly time: number
  readonly memory: number
  /** Its return value as text. */
  readonly result: string
}

/** Runs this program in a child process for the work `name`, and returns its cost. */
export function measure(program: string, name: string): Cost {
  const child = start(program, name)
  if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`)
  const { time, memory, result } = JSON.parse(child.stdout)
  return { time, memory, result }
}

/** The smallest of the given heap sizes, in MiB, in which the work succeeds; undefined if none suffices. */
export function smallestHeap(program: string, name: string, heaps: readonly number[]): number | undefined {
  return heaps.find((heap) => start(program, name, `--max-old-space-size=${heap}`).status === 0)
}

function start(program: string, name: string, ...flags: string[]) {
  return spawnSync(process.execPath, [...flags, program, name], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
}

/** Does the work of this child process, and prints its cost. */
export function work(job: () => string): void {
  const start = performance.now()
  const result = job()
  const time = performance.now() - start
  console.log(JSON.stringify({ time, memory: process.resourceUsage().maxRSS / 1024, result }))
}

/** The median of some values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** A number without decimals. */
export function round(value: number): string {
  return value.toFixed(0)
}
