import type { SetConfig, SetPolicy } from '../engine/set-config.ts'
import { defaultName, INVENTORY_NAMESPACE } from '../inventory/default-name.ts'
import type { AllowedTargets } from '../object/allowed-targets.ts'
import type { PrunePolicy } from '../plan/prune-policy.ts'
import type { SourceConfig } from '../source/source-config.ts'
import type { RunnerFacts } from './runner-facts.ts'
import type { OptionValues } from './table.ts'

/** Builds the configuration of the set. */
export function buildSet(values: OptionValues, source: SourceConfig, { repository: own }: RunnerFacts): SetConfig {
  const { path: paths, include, exclude, namespace } = values
  const prune = buildPrunePolicy(values)
  return {
    scope: { paths, include, exclude, ...(prune.isOn && prune.mayEmpty ? { mayBeMissing: true } : {}) },
    inventory: {
      namespace: values['inventory-namespace'] ?? namespace ?? INVENTORY_NAMESPACE,
      name: values.name ?? defaultName(source, own, paths, namespace),
    },
    policy: buildPolicy(values, prune),
  }
}

function buildPolicy(values: OptionValues, prune: PrunePolicy): SetPolicy {
  const { mode, wait, parallelism } = values
  const planDigest = values['plan-digest']
  return {
    mode,
    forceConflicts: values['force-conflicts'],
    prune,
    allowRollback: values['allow-rollback'],
    adoptFrom: values['adopt-from'],
    allowed: buildAllowed(values),
    wait,
    timeoutMs: values.timeout,
    lockTimeoutMs: values['lock-timeout'],
    ...(planDigest === undefined ? {} : { planDigest }),
    ...(parallelism === undefined ? {} : { parallelism }),
  }
}

function buildPrunePolicy(values: OptionValues): PrunePolicy {
  const limit = values['prune-limit']
  return { isOn: values.prune, ...values['prune-allow'], ...(limit === undefined ? {} : { most: limit }) }
}

function buildAllowed(values: OptionValues): AllowedTargets {
  const [namespaces, kinds] = [values['allowed-namespaces'], values['allowed-kinds']]
  return { ...(namespaces.length === 0 ? {} : { namespaces }), ...(kinds.length === 0 ? {} : { kinds }) }
}
