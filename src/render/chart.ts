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
    return {
      code: 'E-SOURCE',
      reason: 'ChartNotRendered',
      message: `${what} Charts are not rendered.`,
      location: { file: marker },
      hint:
        'Render it in an earlier step (`helm template ... > rendered/all.yaml`) and give that folder as `repository: ./rendered`' +
        `${folder === '' ? '.' : `, or leave it out with \`exclude: ${folder}/\`.`}`,
    }
  },
}
