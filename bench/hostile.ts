// Measures the worst file of each shape, within and beyond the read limits, each in its own process.

import { readManifests } from '../src/manifests/read-file.ts'
import { DEFAULT_LIMITS } from '../src/read-limits.ts'
import { measure, round, work } from './child.ts'

/** The most that reading one file may take, and the most memory of the whole process. */
const [MAX_TIME_MS, MAX_MEMORY_MIB] = [1_000, 256]

const size = DEFAULT_LIMITS['file-size']
const { nodes } = DEFAULT_LIMITS
const fill = (piece: string, length = size) => piece.repeat(Math.floor(length / piece.length))
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n')
const bomb = lines(
  9,
  (n) =>
    `a${n}: &a${n} [${Array(9)
      .fill(n === 0 ? 'x' : `*a${n - 1}`)
      .join(', ')}]`,
)

const shapes: Record<string, () => string> = {
  'numbers in brackets, to the file size': () => `[${fill('0,')}0]`,
  'numbers in brackets, to the limit': () => `[${'0,'.repeat(nodes - 2)}0]`,
  'pairs in brackets, to the limit': () => `[${'a: b,'.repeat(nodes / 2 - 2)}]`,
  'keys in braces, to the limit': () => `{${Array.from({ length: nodes - 2 }, (_, n) => `k${n}`).join(',')}}`,
  'lists in lists, to the limit': () => `[${'[],'.repeat(nodes / 2 - 2)}]`,
  'dashes on a line': () => lines(nodes / 60, () => `${'- '.repeat(50)}x`),
  'keys, to the limit': () => lines(nodes / 2 - 1, (n) => `k${n}: v`),
  'the same key': () => lines(nodes / 2 - 1, () => 'k: v'),
  'JSON objects, to the limit': () => `{"a":[${'{"a":"b"},'.repeat(nodes / 2 - 2)}1]}`,
  'JSON that breaks off': () => `{"a":[${fill('[],', size - 20)}1}`,
  'JSON text that breaks off': () => `{"a":"${fill('\\"', size - 20)}`,
  'JSON objects in a row': () => fill('{}'),
  'one text': () => `a: ${fill('b ', size - 3)}`,
  'one text of escapes': () => `a: "${fill('\\n', size - 10)}"`,
  'one text of lines, to the limit': () => `a: |\n${' x\n'.repeat(nodes - 2)}`,
  'one folded text, to the limit': () => `a: >\n${' x\n'.repeat(nodes - 2)}`,
  'one plain text over lines': () => `a: ${'b\n '.repeat(nodes - 2)}`,
  'one comment': () => `#${fill('a', size - 1)}`,
  blanks: () => fill(' '),
  tabs: () => `a:\n${fill('\t', size - 3)}`,
  separators: () => fill('---\n'),
  'lines that are nearly separators': () => fill('---x\n'),
  'the end of the document, and comments': () => `a: 1\n...\n${'#x\n'.repeat(nodes - 10)}y`,
  'nesting in brackets': () => fill('['),
  'nesting by indentation': () => lines(3_000, (n) => `${' '.repeat(n)}a:`),
  'a bomb of aliases': () => bomb,
  'a chain of aliases': () => `a0: &a0 [x]\n${lines(900, (n) => `a${n + 1}: &a${n + 1} [*a${n}]`)}`,
  'a long text by aliases': () => `a: &a "${'x'.repeat(1_000_000)}"\nb: [${'*a,'.repeat(900)}]`,
  'a chain of merges': () => `a0: &a0 {k: v}\n${lines(500, (n) => `a${n + 1}: &a${n + 1} {<<: *a${n}, k${n}: v}`)}`,
  'empty merges': () => `a: &a {}\n${lines(900, (n) => `b${n}: {<<: [${Array(3).fill('*a').join(', ')}]}`)}`,
  'brackets that go on at the margin': () => `a:\n  k: [\n${'  x,\n'.repeat(nodes / 2 - 10)}  ]\n`,
  'brackets that go on at the margin, behind a long text': () =>
    `z: "${'x'.repeat(4_000_000)}"\na:\n    k: [\n${'  x,\n'.repeat(2_000)}  ]\n`,
  'line breaks behind the end of the document': () => `a: 1\n...\n${'\n'.repeat(200_000)}y`,
  'brackets at the margin in many documents': () =>
    Array.from({ length: 600 }, () => `a:\n  k: [\n${'  x,\n'.repeat(1_000)}  ]\n`).join('---\n'),
  'labels that are numbers': () =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n${lines(nodes / 4, (n) => `    k${n}: 1`)}`,
  'environment variables of one name': () =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, env: [${'{name: A},'.repeat(nodes / 6)}]}]}`,
  'a merge of many keys': () =>
    `a: &a {${Array.from({ length: 60_000 }, (_, n) => `k${n}: 1`).join(',')}}\nb: {<<: [*a, *a, *a]}`,
  'merges over the same keys': () => {
    const keys = Array.from({ length: 4_000 }, (_, n) => `k${n}: 1`).join(', ')
    return `a: &a {${keys}}\nb: {${keys}, <<: *a}`
  },
  'aliases with a status': () =>
    `x: &x {apiVersion: v1, kind: Pod, metadata: {name: a}, status: {a: 1}}\napiVersion: v1\nkind: List\nitems:\n${'- *x\n'.repeat(990)}`,
  'objects without a name': () => fill('a: 1\n---\n', 400_000),
  'a list of objects without a name': () =>
    `apiVersion: v1\nkind: List\nitems:\n${lines(nodes / 8, () => '- {apiVersion: v1, kind: Pod}')}`,
  'marks of a merge conflict': () => fill('<<<<<<< x\n'),
  'a long tag': () => `a: !${fill('x', size - 5)}`,
  anchors: () => `a:\n${lines(nodes / 2 - 10, (n) => `- &a${n} x`)}`,
}

function report(): void {
  let isOver = false
  console.log('| shape | size | time | memory | |\n| -- | --: | --: | --: | -- |')
  for (const [name, make] of Object.entries(shapes)) {
    const { time, memory, result } = measure(import.meta.filename, name)
    isOver ||= time > MAX_TIME_MS || memory > MAX_MEMORY_MIB
    console.log(
      `| ${name} | ${(make().length / 2 ** 20).toFixed(1)} MiB | ${round(time)} ms | ${round(memory)} MiB | ${result} |`,
    )
  }
  console.log(
    isOver
      ? `\nOver the limit of ${MAX_TIME_MS} ms or ${MAX_MEMORY_MIB} MiB.`
      : `\nAll within ${MAX_TIME_MS} ms and ${MAX_MEMORY_MIB} MiB.`,
  )
  process.exitCode = isOver ? 1 : 0
}

const make = shapes[process.argv[2] ?? '']
if (make === undefined) report()
else {
  const bytes = Buffer.from(make())
  work(() => {
    const { manifests, problems, skipped } = readManifests('f.yaml', bytes, DEFAULT_LIMITS)
    const firstMessage = problems[0]?.message ?? skipped[0]?.reason ?? ''
    return `${manifests.length} read, ${problems.length} rejected: ${firstMessage.slice(0, 70)}`
  })
}
