// Compares the time to read manifests with plain js-yaml, and measures the memory that reading needs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { readManifests } from '../src/manifests/read-file.ts'
import { DEFAULT_LIMITS } from '../src/read-limits.ts'
import { median, round, smallestHeap, work } from './child.ts'

const prometheus = join(import.meta.dirname, '../../shared/corpora/kube-prometheus/manifests')
/** How many times as long as js-yaml reading may take. */
const MAX_TIME_RATIO = 2
const ROUNDS = 9

/** The manifests of kube-prometheus, in a folder outside the project that may be missing. */
function kubePrometheus(): Buffer[] {
  return readdirSync(prometheus, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
}

function smallObjects(): Buffer[] {
  const object = (index: number) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-${index}
  namespace: team-${index % 50}
  labels:
    app.kubernetes.io/name: app-${index % 100}
data:
  LOG_LEVEL: info
  REPLICAS: "${index % 7}"
`
  return Array.from({ length: 10_000 }, (_, index) => Buffer.from(object(index)))
}

const sets: Record<string, () => Buffer[]> = {
  ...(existsSync(prometheus) ? { 'kube-prometheus': kubePrometheus } : {}),
  '10,000 small objects': smallObjects,
}

function read(files: readonly Buffer[]): number {
  return files.reduce((count, bytes) => count + readManifests('f.yaml', bytes, DEFAULT_LIMITS).manifests.length, 0)
}

function readPlainly(files: readonly Buffer[]): number {
  return files.reduce((count, bytes) => count + loadAll(bytes.toString('utf8')).length, 0)
}

/** The median times, in milliseconds, of two functions that run alternately. */
function compare(one: () => unknown, other: () => unknown): [number, number] {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, job] of [one, other].entries()) {
      const start = performance.now()
      job()
      times[index]?.push(performance.now() - start)
    }
  }
  return [median(times[0]), median(times[1])]
}

function report(): void {
  console.log('| set | size | objects | js-yaml loadAll | Fairlead: values, locations, validation | times |')
  console.log('| -- | --: | --: | --: | --: | --: |')
  let isOver = false
  for (const [name, make] of Object.entries(sets)) {
    const files = make()
    const size = files.reduce((sum, bytes) => sum + bytes.length, 0) / 2 ** 20
    const [plain, ours] = compare(
      () => readPlainly(files),
      () => read(files),
    )
    isOver ||= ours > plain * MAX_TIME_RATIO
    console.log(
      `| ${name} | ${size.toFixed(1)} MiB | ${read(files)} | ${round(plain)} ms | ${round(ours)} ms | ${(ours / plain).toFixed(2)} |`,
    )
  }
  console.log('\n| read file by file, without keeping the result | size | smallest heap |\n| -- | --: | --: |')
  for (const [name, files] of Object.entries(held)) {
    const size = files().reduce((sum, bytes) => sum + bytes.length, 0) / 2 ** 20
    const heap = smallestHeap(import.meta.filename, name, HEAPS)
    console.log(`| ${name} | ${size.toFixed(1)} MiB | ${heap ?? `over ${HEAPS.at(-1)}`} MiB |`)
  }
  if (isOver) console.log(`\nOver the limit of ${MAX_TIME_RATIO} times js-yaml.`)
  process.exitCode = isOver ? 1 : 0
}

const HEAPS = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
/** Results are dropped after each file, so the needed heap must not grow with the number of files. */
const held: Record<string, () => Buffer[]> = existsSync(prometheus)
  ? {
      'the largest file of kube-prometheus': () =>
        kubePrometheus()
          .toSorted((a, b) => b.length - a.length)
          .slice(0, 1),
      'kube-prometheus': kubePrometheus,
      'kube-prometheus, eight times': () => Array.from({ length: 8 }, kubePrometheus).flat(),
    }
  : {}

const job = held[process.argv[2] ?? '']
if (job === undefined) report()
else work(() => String(read(job())))
