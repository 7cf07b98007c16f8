import { hint, option } from '../hint.ts'
import { parentFolder } from '../source/links.ts'
import type { UnsupportedFormat } from './renderer.ts'

const MARKER = /^Chart\.ya?ml$/

/** Helm charts, which are not rendered yet. */
export const chart: UnsupportedFormat = {
  name: 'helm',
  noun: 'chart',
  detects: (members) => members.find((name) => MARKER.test(name)),
  refuse: ({ path, marker, below }) => {
    const what =
      below === undefined
        ? `The path \`${path || '.'}\` is a Helm chart.`
        : `\`${path}\` is a Helm chart below the raw path \`${below || '.'}\`.`
    const folder = parentFolder(marker)
    const orExclude = folder === '' ? '' : hint`, or leave it out with ${option('exclude', `${folder}/`)}`
    return {
      code: 'E-SOURCE',
      reason: 'ChartNotRendered',
      message: `${what} Charts are not rendered.`,
      location: { file: marker },
      hint: hint`Render it in an earlier step (\`helm template ... > rendered/all.yaml\`) and give that folder as ${option('repository', './rendered')}${orExclude}.`,
    }
  },
}
