import { hint, option } from '../hint.ts'
import { parentFolder } from '../source/links.ts'
import type { UnsupportedFormat } from './renderer.ts'

const MARKER = /^Chart\.ya?ml$/

/** Helm charts, which are not rendered. */
export const chart: UnsupportedFormat = {
  name: 'helm',
  noun: 'chart',
  detects: (members) => members.find((name) => MARKER.test(name)),
  refuse: ({ path, marker, below }) => {
    const subject =
      below === undefined
        ? `The path \`${path || '.'}\` is a Helm chart.`
        : `\`${path}\` is a Helm chart below the path \`${below || '.'}\`, which is read as plain manifests.`
    const folder = parentFolder(marker)
    const orExclude = folder === '' ? '' : hint`, or exclude it with ${option('exclude', `${folder}/`)}`
    return {
      code: 'E-SOURCE',
      reason: 'ChartNotRendered',
      message: `${subject} Charts are not rendered.`,
      location: { file: marker },
      hint: hint`Render the chart in an earlier step (\`helm template ... > rendered/all.yaml\`) and set ${option('repository', './rendered')}${orExclude}.`,
    }
  },
}
