import { type Hint, hint, option } from '../../hint.ts'
import type { JsonObject } from '../../json.ts'
import type { ValidationError } from '../validation-error.ts'
import { annotationError, annotationList, annotationPath } from './read-annotation.ts'
import { ANNOTATIONS, type Annotation } from './table.ts'

/** A phase of an Argo CD sync: objects that are not hooks belong to `Sync`. */
export type SyncPhase = (typeof SYNC_PHASES)[number]

/** The phases, in order. */
export const SYNC_PHASES = ['PreSync', 'Sync', 'PostSync'] as const

/** The hook annotations of a manifest. */
export interface HookAnnotations {
  /** The phase of a hook; undefined for other objects. */
  readonly phase: SyncPhase | undefined
  /** The delete policies of a hook, in the words of Argo CD; empty for other objects. */
  readonly deletePolicies: readonly string[]
}

/** Other hooks of Argo CD, which do not run during a sync. */
const OTHER_HOOKS = ['SyncFail', 'PreDelete', 'PostDelete', 'Skip']
/** Hooks of Helm that run neither on installation nor on upgrade. */
const OTHER_HELM_HOOKS = [
  ...['pre-delete', 'post-delete', 'pre-rollback', 'post-rollback'],
  ...['test', 'test-success', 'test-failure'],
]
const DELETE_POLICIES = ['BeforeHookCreation', 'HookSucceeded', 'HookFailed']

/** Reads the annotations of hooks; `validateHook` has found no error in them. */
export function readHook(annotations: JsonObject): HookAnnotations {
  const [phase] = phasesIn(annotations)
  const deletePolicies = phase === undefined ? [] : annotationList(annotations, ANNOTATIONS.hookDeletePolicy)
  return { phase, deletePolicies }
}

/** Errors in the annotations of hooks. */
export function validateHook(annotations: JsonObject): ValidationError[] {
  const phases = phasesIn(annotations)
  const several = annotationError(
    ANNOTATIONS.hook,
    `This hook runs in ${phases.join(' and ')}, but an object is applied only once in a run.`,
    'Write one manifest for each phase, with different names.',
  )
  return [
    ...validateWords(annotations, ANNOTATIONS.hook, [...SYNC_PHASES, ...OTHER_HOOKS]),
    ...validateWords(annotations, ANNOTATIONS.hookDeletePolicy, DELETE_POLICIES),
    ...(phases.length > 1 ? [several] : []),
  ]
}

function validateWords(annotations: JsonObject, annotation: Annotation, known: readonly string[]): ValidationError[] {
  return annotationList(annotations, annotation)
    .filter((word) => !known.includes(word))
    .map((word) => {
      const message = `\`${annotation.name}\` has no value \`${word}\`.`
      return annotationError(annotation, message, `Use one of ${known.join(', ')}.`)
    })
}

/** The phases that a hook runs in, each once. */
function phasesIn(annotations: JsonObject): SyncPhase[] {
  const hooks = annotationList(annotations, ANNOTATIONS.hook)
  return SYNC_PHASES.filter((phase) => hooks.includes(phase))
}

/**
 * Returns why a hook is not applied: it runs neither during a sync of Argo CD nor on a Helm installation or upgrade. Undefined for
 * every other object.
 */
export function unsupportedHook(annotations: JsonObject): string | undefined {
  const hooks = annotationList(annotations, ANNOTATIONS.hook)
  const others = hooks.length > 0 ? hooks : annotationList(annotations, ANNOTATIONS.helmHook)
  const known = hooks.length > 0 ? OTHER_HOOKS : OTHER_HELM_HOOKS
  if (others.length === 0 || !others.every((hook) => known.includes(hook))) return undefined
  if (others.every((hook) => hook === 'Skip')) return `its annotation \`${ANNOTATIONS.hook.name}\` says so`
  return `it is a hook for ${others.join(' and ')}, and those are not run`
}

/** A hook that is not run, or is run differently than by its tool, and the field that declares it. */
export interface IgnoredHook {
  readonly path: readonly string[]
  readonly message: string
  readonly hint: Hint
}

/** Returns the hooks of an object that are not run, or not as by their tool. */
export function ignoredHooks(annotations: JsonObject): IgnoredHook[] {
  const hooks = annotationList(annotations, ANNOTATIONS.hook)
  return [
    ...hooks.filter((hook) => OTHER_HOOKS.includes(hook) && hook !== 'Skip').map(ignoredArgoHook),
    ...(hooks.length === 0 ? ignoredHelmHooks(annotations) : []),
  ]
}

function ignoredArgoHook(hook: string): IgnoredHook {
  const hint = 'Use a step of the workflow instead, for instance with `if: failure()`.'
  return { path: annotationPath(ANNOTATIONS.hook), message: `Hooks for ${hook} are not run.`, hint }
}

function ignoredHelmHooks(annotations: JsonObject): IgnoredHook[] {
  const hooks = annotationList(annotations, ANNOTATIONS.helmHook)
  if (hooks.length === 0) return []
  const isOther = hooks.every((hook) => OTHER_HELM_HOOKS.includes(hook))
  const message = isOther
    ? `Hooks for ${hooks.join(' and ')} are not run.`
    : 'Hooks of Helm are applied like any other object.'
  const next = hint`Set \`${ANNOTATIONS.hook.name}\` to run it in a phase, or leave it out with ${option('exclude')}.`
  return [{ path: annotationPath(ANNOTATIONS.helmHook), message, hint: next }]
}
