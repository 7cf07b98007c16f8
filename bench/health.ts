// Compares Fairlead's health rules with the tests of Argo CD and with examples of other kinds; writes
// docs/explanation/health.md.
//   node bench/health.ts
import { healthOf } from '../src/health/health.ts'
import type { Health } from '../src/health/status.ts'
import { unlessPresent } from '../test/corpora.ts'
import { falselyReady, misjudged, readExamples } from '../test/health/examples.ts'
import { type Case, type Cases, readCases } from './argocd.ts'
import { writeBlock } from './block.ts'
import { judgementOf } from './differences.ts'

/** A case in which Fairlead differs from Argo CD, with Fairlead's health. */
export interface Difference extends Case {
  readonly ours: Health
}

/** The cases in which Fairlead differs; `rules` replaces the rules of custom kinds. */
export function differences(cases: readonly Case[], rules?: Parameters<typeof healthOf>[2]): readonly Difference[] {
  return cases.flatMap((each) => {
    const ours = healthOf(each, each.object, rules)
    return ours.status === each.expected ? [] : [{ ...each, ours }]
  })
}

/** The number and percentage of cases that are not wrong. */
function agreement(wrong: readonly unknown[], all: readonly unknown[]): string {
  const right = all.length - wrong.length
  return `${right} = ${((100 * right) / all.length).toFixed(1)} %`
}

function report({ cases, unusable }: Cases): string {
  const [ours, alone] = [differences(cases), differences(cases, () => [])]
  const kindOf = ({ file }: Case) => file.split('/').slice(0, 2).join('/')
  const [kinds, wrong] = [new Set(cases.map(kindOf)), new Set(ours.map(kindOf))]
  const isFalselyHealthy = (each: Difference) => each.ours.status === 'Healthy'
  const examples = readExamples()
  const known = new Set(examples.map(({ groupKind }) => groupKind))
  const [wrongExamples, wrongAlone] = [misjudged(examples), misjudged(examples, () => [])]
  const several = examples.filter((each) => each.expected.length > 1).length
  return `| | |
|--|--|
| cases of Argo CD's tests | ${cases.length} of ${kinds.size} kinds; ${unusable.length} more cannot be used |
| we agree in | ${agreement(ours, cases)} |
| without a rule for any custom kind, by the conventions alone | ${agreement(alone, cases)} |
| kinds in which we agree in every case | ${kinds.size - wrong.size} |
| cases that we call Healthy and Argo CD does not | ${ours.filter(isFalselyHealthy).length} |
| examples of our own, of other kinds | ${examples.length} of ${known.size} kinds; in ${several} more than one answer is right |
| we agree in | ${agreement(wrongExamples, examples)} |
| without a rule for any custom kind | ${agreement(wrongAlone, examples)} |
| examples that we call ready and that are not | ${falselyReady(wrongExamples).length}; without a rule ${falselyReady(wrongAlone).length} |

| case | Argo CD | Fairlead | our reason | who is right, and why |
|--|--|--|--|--|
${ours.map(row).join('\n')}
`
}

function row({ file, expected, ours }: Difference): string {
  const judgement = judgementOf(file)
  if (judgement === undefined)
    throw new Error(`${file} differs from Argo CD. Say in bench/differences.ts who is right.`)
  const name = file.replace('/testdata/', '/').replace(/\.yaml$/, '')
  const cells = [name, expected, ours.status, ours.reason, judgement]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

if (import.meta.main) {
  const missing = unlessPresent('argocd-health')
  if (missing !== false) throw new Error(`No test cases: ${missing}.`)
  const cases = readCases()
  const text = report(cases)
  console.log(text)
  for (const each of cases.unusable) console.log(`unusable: ${each}`)
  writeBlock('health.md', 'health', text)
}
