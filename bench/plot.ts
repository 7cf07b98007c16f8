import type { Sizes } from './cases.ts'
import { type Case, type Measurement, type Result, ROUND_TRIPS, resultOf, wallOf } from './measurement.ts'
import { type Described, duration, seconds, titleOf } from './table.ts'

/** The colours of a plot, for GitHub's light or dark theme. */
export interface Theme {
  readonly text: string
  readonly line: string
  /** One per round trip. */
  readonly bars: readonly string[]
}

export const LIGHT: Theme = { text: '#1f2328', line: '#d1d9e0', bars: ['#0969da', '#54aeff', '#8c959f'] }
export const DARK: Theme = { text: '#f0f6fc', line: '#3d444d', bars: ['#58a6ff', '#1f6feb', '#6e7681'] }

/** Dimensions in pixels. */
const [WIDTH, LABELS, VALUES, BAR, GAP, HEAD, COLUMNS] = [530, 172, 62, 9, 7, 34, 2]
const AXIS = WIDTH - LABELS - VALUES

/** An SVG with the wall times of some cases as bars on a logarithmic axis; estimates are hollow. */
export function plot(
  measurements: readonly Measurement[],
  cases: readonly Case[],
  deployers: readonly Described[],
  sizes: Sizes,
  theme: Theme,
): string {
  const scale = scaleOf(measurements)
  const panels = cases.map((name) => {
    const rows = deployers.filter(({ key }) => measurements.some((one) => one.deployer === key && one.case === name))
    const body = rows.map((deployer, index) => {
      const y = HEAD + index * (ROUND_TRIPS.length * BAR + GAP)
      const results = ROUND_TRIPS.map((roundTrip) => resultOf(measurements, deployer.key, name, roundTrip))
      const bars = results.map((result, at) => bar(result, y + at * BAR, theme.bars[at] ?? theme.text, scale))
      const middle = y + (ROUND_TRIPS.length * BAR) / 2 + 4
      return `<text x="${LABELS - 8}" y="${middle}" text-anchor="end">${deployer.name}</text>${bars.join('')}`
    })
    const height = HEAD + rows.length * (ROUND_TRIPS.length * BAR + GAP)
    return { svg: `${title(titleOf(name, sizes))}${grid(scale, height, theme)}${body.join('\n')}`, height }
  })
  return sheet(panels, theme)
}

interface Scale {
  /** The range of the axis: powers of ten, in milliseconds. */
  readonly from: number
  readonly to: number
}

function scaleOf(measurements: readonly Measurement[]): Scale {
  const walls = measurements.flatMap(({ result }) => wallOf(result) ?? [])
  const exponents = walls.map((wall) => Math.log10(Math.max(wall, 1)))
  return { from: Math.floor(Math.min(...exponents, 2)), to: Math.ceil(Math.max(...exponents, 4)) }
}

function along(milliseconds: number, { from, to }: Scale): number {
  return (AXIS * (Math.log10(Math.max(milliseconds, 1)) - from)) / (to - from)
}

function bar(result: Result, y: number, colour: string, scale: Scale): string {
  const wall = wallOf(result)
  const value = (x: number, text: string) => `<text x="${x + 4}" y="${y + BAR - 1.5}" class="value">${text}</text>`
  if (wall === undefined) return result.state === 'failed' ? value(LABELS, 'failed') : ''
  const width = Math.max(along(wall, scale), 1)
  const fill =
    result.state === 'measured' ? `fill="${colour}"` : `fill="none" stroke="${colour}" stroke-dasharray="3 2"`
  const text = result.state === 'measured' ? seconds(wall) : `~${duration(wall)}`
  const shape = `<rect x="${LABELS}" y="${y + 0.5}" width="${width.toFixed(1)}" height="${BAR - 1.5}" ${fill}/>`
  return shape + value(LABELS + width, text)
}

function title(text: string): string {
  return `<text x="${LABELS}" y="13" class="title">${text}</text>`
}

function grid(scale: Scale, height: number, theme: Theme): string {
  return Array.from({ length: scale.to - scale.from + 1 }, (_, index) => {
    const value = 10 ** (scale.from + index)
    const x = (LABELS + along(value, scale)).toFixed(1)
    const label = `<text x="${x}" y="27" text-anchor="middle" class="value">${value / 1_000} s</text>`
    return `<line x1="${x}" x2="${x}" y1="${HEAD - 4}" y2="${height}" stroke="${theme.line}"/>${label}`
  }).join('')
}

function sheet(panels: readonly { readonly svg: string; readonly height: number }[], theme: Theme): string {
  const top = 26
  const tallest = Math.max(...panels.map(({ height }) => height)) + 24
  const rows = Math.ceil(panels.length / COLUMNS)
  const placed = panels.map(({ svg }, index) => {
    const [x, y] = [(index % COLUMNS) * WIDTH, top + Math.floor(index / COLUMNS) * tallest]
    return `<g transform="translate(${x} ${y})">\n${svg}\n</g>`
  })
  const legend = ROUND_TRIPS.map((roundTrip, index) => {
    const x = LABELS + index * 150
    return `<rect x="${x}" y="3" width="10" height="10" fill="${theme.bars[index]}"/>
<text x="${x + 15}" y="12">${roundTrip} ms round trip</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${COLUMNS * WIDTH} ${top + rows * tallest}" role="img">
<title>Wall time of deployers, in seconds on a logarithmic axis</title>
<style>
text { font: 11px system-ui, sans-serif; fill: ${theme.text} }
.title { font-weight: 600; font-size: 13px }
.value { font-size: 8.5px }
</style>
${[...legend, ...placed].join('\n')}
</svg>
`
}
