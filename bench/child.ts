import { spawnSync } from 'node:child_process'

/** What a piece of work cost in a process of its own: wall time in milliseconds, and the most memory it held, in MiB. */
export interface Cost {
  readonly time: number
  readonly memory: number
  /** What it returned, as text. */
  readonly result: string
}

/** Runs this program again with `name`, for one piece of work, and returns its cost. */
export function measure(program: string, name: string): Cost {
  const child = start(program, name)
  if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`)
  const { time, memory, result } = JSON.parse(child.stdout)
  return { time, memory, result }
}

/** The smallest of these heaps, in MiB, in which a piece of work gets done; undefined where none suffices. */
export function smallestHeap(program: string, name: string, heaps: readonly number[]): number | undefined {
  return heaps.find((heap) => start(program, name, `--max-old-space-size=${heap}`).status === 0)
}

function start(program: string, name: string, ...flags: string[]) {
  return spawnSync(process.execPath, [...flags, program, name], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
}

/** Does the work that this process was started for, and prints its cost. */
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

/** A number of milliseconds or MiB without decimals. */
export function round(value: number): string {
  return value.toFixed(0)
}
