import { throwIfAny } from '../diagnostics.ts'
import type { Config } from '../engine/config.ts'
import type { ClusterConfig } from '../kube/cluster-config.ts'
import { optionProblem, readOptions } from './read-options.ts'
import type { RunnerFacts } from './runner-facts.ts'
import { buildSet } from './set.ts'
import { buildSource, sourceContradictions, sourceSecrets } from './source.ts'
import type { OptionValues } from './table.ts'

/** Reads all options into a frozen `Config`. Raises one failure with all problems (E-INPUT). */
export function readConfig(runner: RunnerFacts): Config {
  const { values, problems } = readOptions(runner)
  const contradictions = sourceContradictions(values, runner).map(({ name, ...refusal }) =>
    optionProblem(name, refusal),
  )
  throwIfAny([...problems, ...contradictions])
  // Without problems, every option has a value.
  return deepFreeze(buildConfig(values as OptionValues, runner))
}

function buildConfig(values: OptionValues, runner: RunnerFacts): Config {
  const source = buildSource(values, runner)
  return {
    source,
    readLimits: values['read-limits'],
    cluster: buildCluster(values),
    sets: [buildSet(values, source, runner)],
    ownRepository: runner.repository,
    environment: runner.environment,
    runName: runner.runUrl || 'a run outside of a workflow',
    tempDir: runner.tempDir,
    secrets: sourceSecrets(values),
  }
}

function buildCluster({ kubeconfig, context, namespace, 'cluster-id': expectedId }: OptionValues): ClusterConfig {
  return {
    kubeconfig,
    ...(context === undefined ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(expectedId === undefined ? {} : { expectedId }),
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}
