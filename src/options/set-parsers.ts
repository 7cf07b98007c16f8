import type { SetPolicy } from '../engine/set-config.ts'
import { isLabel } from '../object/dns-label.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import type { RunnerFacts } from './runner-facts.ts'
import { parseLines, parseText } from './text-parsers.ts'

const MODES = ['apply', 'plan'] as const

/** Parses the option `mode`. By default the commit of a pull request or a merge queue, which is not merged yet, is planned. */
export function parseMode(text: string, { event }: RunnerFacts): Parsed<SetPolicy['mode']> {
  if (text === '') return accepted(/^(pull_request|merge_group)/.test(event) ? 'plan' : 'apply')
  const mode = MODES.find((known) => known === text)
  if (mode !== undefined) return accepted(mode)
  return refused(`\`${text}\` is not known.`, `Allowed: ${MODES.map((known) => `\`${known}\``).join(', ')}.`)
}

/** Parses the option `plan-digest`; undefined where it is empty. */
export function parsePlanDigest(text: string): Parsed<string | undefined> {
  if (text === '' || /^sha256:[0-9a-f]{64}$/.test(text)) return parseText(text)
  return refused(
    'it is no digest of a plan.',
    'Write the output `plan-digest` of the run that was reviewed: `sha256:` and 64 hexadecimal digits.',
  )
}

/** Parses the option `name`; undefined where it is empty. */
export function parseSetName(text: string): Parsed<string | undefined> {
  if (text === '' || isLabel(text)) return parseText(text)
  return refused(`${JSON.stringify(text)} is no name for it: lower-case letters, digits and \`-\`, at most 63.`)
}

/** Parses the option `adopt-from`: inventories, one a line. */
export function parseAdoptFrom(text: string): Parsed<readonly string[]> {
  return parseLines(text, (line) => {
    if (/^([a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9.]*|applyset-[\w-]+-v1)$/.test(line)) return undefined
    return {
      reason: `${JSON.stringify(line)} is no inventory.`,
      hint: 'Write `NAMESPACE/NAME`, as the conflict names it.',
    }
  })
}

/** Parses the option `allowed-namespaces`: names, one a line. */
export function parseAllowedNamespaces(text: string): Parsed<readonly string[]> {
  return parseLines(text, (line) =>
    isLabel(line) ? undefined : { reason: `${JSON.stringify(line)} is no namespace name.`, hint: 'Write one a line.' },
  )
}

/** Parses the option `allowed-kinds`: each as `Kind` or `Kind.group`, one a line. */
export function parseAllowedKinds(text: string): Parsed<readonly string[]> {
  return parseLines(text, (line) => {
    if (/^[A-Z][A-Za-z0-9]*(\.[a-z0-9][-a-z0-9.]*)?$/.test(line)) return undefined
    return {
      reason: `${JSON.stringify(line)} is no kind.`,
      hint: 'Write `Deployment` or `Deployment.apps`, one a line.',
    }
  })
}
