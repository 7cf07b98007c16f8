import type { AllowedTargets } from '../object/allowed-targets.ts'
import { isLabel } from '../object/dns-label.ts'
import type { PrunePolicy } from '../plan/prune-policy.ts'
import type { Inputs } from './inputs.ts'
import { parsePermissions, parsePruneLimit } from './prune.ts'

/** What a run does, and how far it goes. */
export interface Policy {
  /** Whether it applies, or only says what it would do. */
  readonly mode: 'apply' | 'plan'
  /** The digest of the plan that somebody has reviewed: no other one is applied. Absent where any is. */
  readonly digest?: string
  /** What becomes of fields that other field managers have. */
  readonly conflicts: 'overwrite' | 'fail'
  /** How many kubectl processes apply at once at most; absent where the run chooses. */
  readonly parallelism?: number
  readonly prune: PrunePolicy
  /** Whether a commit may be applied that does not descend from the one that was applied last. */
  readonly mayRollBack: boolean
  /** Inventories whose objects may become ours, each as `NAMESPACE/NAME` or as what its members' label says. */
  readonly adoptFrom: readonly string[]
  readonly allowed: AllowedTargets
  /** Whether a run waits at its end until all that it applied is ready. */
  readonly wait: boolean
  /** How long to wait for one object, to be ready or to be gone, in milliseconds. */
  readonly timeout: number
  /** How long to wait for another run of the same set, in milliseconds. */
  readonly lockTimeout: number
}

/** Reads what a run is to do; `event` is the name of what started it. */
export function readPolicy(inputs: Inputs, event: string): Policy {
  // The commit of a pull request, or of a merge queue, is not merged yet.
  const mode = inputs.oneOf('mode', ['apply', 'plan']) ?? (/^(pull_request|merge_group)/.test(event) ? 'plan' : 'apply')
  const digest = inputs.text('digest') ?? ''
  if (digest !== '' && !/^sha256:[0-9a-f]{64}$/.test(digest))
    inputs.refuse(
      'digest',
      'it is no digest of a plan. Write the output `digest` of the run that was reviewed: `sha256:` and 64 hexadecimal digits.',
    )
  const processes = inputs.text('processes') ?? ''
  if (processes !== '' && !(/^\d+$/.test(processes) && Number(processes) >= 1 && Number(processes) <= MOST_PROCESSES))
    inputs.refuse('processes', `it must be a whole number from 1 to ${MOST_PROCESSES}.`)
  return {
    mode,
    conflicts: inputs.oneOf('conflicts', ['overwrite', 'fail']) ?? 'overwrite',
    prune: readPrune(inputs),
    mayRollBack: inputs.boolean('allow-rollback'),
    adoptFrom: readTakeOver(inputs),
    allowed: readBounds(inputs),
    wait: inputs.boolean('wait', true),
    timeout: readDuration('timeout', 10 * 60_000, inputs),
    lockTimeout: readDuration('lock-timeout', 10 * 60_000, inputs),
    ...(digest === '' ? {} : { digest }),
    ...(processes === '' ? {} : { parallelism: Number(processes) }),
  }
}

/** More kubectl processes than that keep a runner busy with themselves. */
const MOST_PROCESSES = 32

function readPrune(inputs: Inputs): PrunePolicy {
  const permissions = inputs.parsed('prune-allow', parsePermissions(inputs.lines('prune-allow')))
  const limit = inputs.parsed('prune-limit', parsePruneLimit(inputs.text('prune-limit') ?? ''))
  return {
    isOn: inputs.boolean('prune'),
    ...(permissions ?? { objects: [], mayEmpty: false, mayChangeScope: false }),
    ...(limit ?? {}),
  }
}

function readTakeOver(inputs: Inputs): string[] {
  return inputs.lines('take-over').map((line) => {
    if (!/^([a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9.]*|applyset-[\w-]+-v1)$/.test(line))
      inputs.refuse(
        'take-over',
        `${JSON.stringify(line)} is no inventory. Write \`NAMESPACE/NAME\`, as the conflict names it.`,
      )
    return line
  })
}

function readBounds(inputs: Inputs): AllowedTargets {
  const [namespaces, kinds] = [inputs.lines('allowed-namespaces'), inputs.lines('allowed-kinds')]
  for (const name of namespaces)
    if (!isLabel(name))
      inputs.refuse('allowed-namespaces', `${JSON.stringify(name)} is no namespace name. Write one a line.`)
  for (const kind of kinds)
    if (!/^[A-Z][A-Za-z0-9]*(\.[a-z0-9][-a-z0-9.]*)?$/.test(kind))
      inputs.refuse(
        'allowed-kinds',
        `${JSON.stringify(kind)} is no kind. Write \`Deployment\` or \`Deployment.apps\`, one a line.`,
      )
  return {
    ...(namespaces.length === 0 ? {} : { namespaces }),
    ...(kinds.length === 0 ? {} : { kinds }),
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Reads a duration such as `90s`, `10m` or `1h`, in milliseconds. */
function readDuration(name: string, usual: number, inputs: Inputs): number {
  const text = inputs.text(name) ?? ''
  const [, digits = '', unit = ''] = /^(\d+)([smh])$/.exec(text) ?? []
  if (text === '') return usual
  if (digits === '' || Number(digits) === 0)
    inputs.refuse(
      name,
      `${JSON.stringify(text)} is no duration. Write a whole number with its unit, such as \`90s\`, \`10m\` or \`1h\`.`,
    )
  return Number(digits) * (UNITS[unit] ?? 0)
}
