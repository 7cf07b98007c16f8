import type { SetPolicy } from '../engine/set-config.ts'
import { isLabel } from '../object/dns-label.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import type { RunnerFacts } from './runner-facts.ts'
import { parseLines, parseText } from './text-parsers.ts'

const MODES = ['apply', 'plan'] as const

/**
 * Parses the option `mode`. The default is `plan` for a pull request or a merge queue, whose commit is not merged yet,
 * else `apply`.
 */
export function parseMode(text: string, { event }: RunnerFacts): Parsed<SetPolicy['mode']> {
  if (text === '') return accepted(/^(pull_request|merge_group)/.test(event) ? 'plan' : 'apply')
  const mode = MODES.find((known) => known === text)
  if (mode !== undefined) return accepted(mode)
  return refused(`\`${text}\` is not a mode.`, `Use ${MODES.map((known) => `\`${known}\``).join(' or ')}.`)
}

/** Parses the option `plan-digest`; undefined if it is empty. */
export function parsePlanDigest(text: string): Parsed<string | undefined> {
  if (text === '' || /^sha256:[0-9a-f]{64}$/.test(text)) return parseText(text)
  return refused(
    'it is not the digest of a plan.',
    'Use the output `plan-digest` of the reviewed run: `sha256:` and 64 hexadecimal digits.',
  )
}

/** Parses the option `name`; undefined if it is empty. */
export function parseSetName(text: string): Parsed<string | undefined> {
  if (text === '' || isLabel(text)) return parseText(text)
  return refused(`${JSON.stringify(text)} is not a valid name: use at most 63 lower-case letters, digits and \`-\`.`)
}

/** Parses the option `adopt-from`: inventories, one per line. */
export function parseAdoptFrom(text: string): Parsed<readonly string[]> {
  return parseLines(text, (line) => {
    if (/^([a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9.]*|applyset-[\w-]+-v1)$/.test(line)) return undefined
    return {
      reason: `${JSON.stringify(line)} is not an inventory.`,
      hint: 'Write `NAMESPACE/NAME`, as in the message about the conflict.',
    }
  })
}

/** Parses the option `allowed-namespaces`: names, one per line. */
export function parseAllowedNamespaces(text: string): Parsed<readonly string[]> {
  return parseLines(text, (line) =>
    isLabel(line)
      ? undefined
      : { reason: `${JSON.stringify(line)} is not a namespace name.`, hint: 'Write one per line.' },
  )
}

/** Parses the option `allowed-kinds`: each as `Kind` or `Kind.group`, one per line. */
export function parseAllowedKinds(text: string): Parsed<readonly string[]> {
  return parseLines(text, (line) => {
    if (/^[A-Z][A-Za-z0-9]*(\.[a-z0-9][-a-z0-9.]*)?$/.test(line)) return undefined
    return {
      reason: `${JSON.stringify(line)} is not a kind.`,
      hint: 'Write `Deployment` or `Deployment.apps`, one per line.',
    }
  })
}
