import { type Hint, hint, option } from '../../hint.ts'
import { type JsonObject, stringField } from '../../json.ts'
import { type ValidationError, validationError } from '../../manifests/validation/validation-error.ts'
import type { ObjectId } from '../manifest.ts'

/** A phase of Argo CD's synchronisation: everything that is no hook belongs to `Sync`. */
export type Phase = (typeof PHASES)[number]

/** The phases in the order in which they follow each other. */
export const PHASES = ['PreSync', 'Sync', 'PostSync'] as const

/** What a manifest itself says about its place in the order, in annotations that people know from other tools. */
export interface OrderingAnnotations {
  /** The objects that must be there and ready before it. */
  readonly dependsOn: readonly { readonly id: ObjectId; readonly annotation: string }[]
  /** Its sync wave; undefined where it names none, which means 0. */
  readonly wave: number | undefined
  /** The phase of a hook; undefined for what is no hook. */
  readonly hook: Phase | undefined
  /** Whether others, and the end of a run, wait until it is ready. */
  readonly isAwaited: boolean
}

/** The annotations that name what an object depends on: that of kpt and Config Sync, and ours with the same grammar. */
const DEPENDS_ON = ['config.kubernetes.io/depends-on', 'fairlead.dev/depends-on'] as const
const WAVE = 'argocd.argoproj.io/sync-wave'
const HOOK = 'argocd.argoproj.io/hook'
const DELETE_POLICY = 'argocd.argoproj.io/hook-delete-policy'
const HELM_HOOK = 'helm.sh/hook'
/** Our annotation by which nobody waits for an object. */
export const WAIT = 'fairlead.dev/wait'
/** That of Argo CD. */
const IGNORE_HEALTH = 'argocd.argoproj.io/ignore-healthcheck'

/** Hooks that Argo CD has beside the phases; it runs them at other times than when it applies, or never. */
const OTHER_HOOKS = ['SyncFail', 'PreDelete', 'PostDelete', 'Skip']
/** Hooks of Helm for other occasions than an installation or an upgrade. */
const OTHER_HELM_HOOKS = [
  ...['pre-delete', 'post-delete', 'pre-rollback', 'post-rollback'],
  ...['test', 'test-success', 'test-failure'],
]
const DELETE_POLICIES = ['BeforeHookCreation', 'HookSucceeded', 'HookFailed']

/** Reads the directives of an object without `directiveFlaws`. */
export function readOrdering(object: JsonObject): OrderingAnnotations {
  const wave = annotation(object, WAVE)
  return {
    dependsOn: DEPENDS_ON.flatMap((annotation) =>
      listOf(object, annotation).flatMap((text) => {
        const id = referenceIn(text)
        return id === undefined ? [] : [{ id, annotation }]
      }),
    ),
    wave: wave === undefined ? undefined : Number(wave),
    hook: phasesOf(object)[0],
    isAwaited: annotation(object, WAIT) !== 'false' && annotation(object, IGNORE_HEALTH) !== 'true',
  }
}

/** When a hook is deleted, in the words of Argo CD; none for what is no hook. */
export function readDeletePolicies(object: JsonObject): string[] {
  return phasesOf(object).length === 0 ? [] : listOf(object, DELETE_POLICY)
}

/** Malformed directives of an object, each with the annotation it stands in. */
export function validateOrdering(object: JsonObject): ValidationError[] {
  return [
    ...DEPENDS_ON.flatMap((name) => dependencyFlaws(object, name)),
    ...waveFlaws(object),
    ...waitFlaws(object),
    ...hookFlaws(object),
  ]
}

/**
 * Why the tool that a hook was written for would not apply it when it applies the rest, and neither do we: it is for other
 * occasions only. Undefined for every other object.
 */
export function unsupportedHook(object: JsonObject): string | undefined {
  const hooks = listOf(object, HOOK)
  const others = hooks.length > 0 ? hooks : listOf(object, HELM_HOOK)
  const known = hooks.length > 0 ? OTHER_HOOKS : OTHER_HELM_HOOKS
  if (others.length === 0 || !others.every((hook) => known.includes(hook))) return undefined
  if (others.every((hook) => hook === 'Skip')) return `its annotation \`${HOOK}\` says so`
  return `it is a hook for ${others.join(' and ')}, and those are not run`
}

/** Something that is not carried out, or not as the tool does it from which it comes, and the field that asks for it. */
export interface IgnoredHook {
  readonly path: readonly string[]
  readonly message: string
  readonly hint: Hint
}

/** What an object asks for that is not done as people may expect. */
export function ignoredHooks(object: JsonObject): IgnoredHook[] {
  const hooks = listOf(object, HOOK)
  return [
    ...hooks.filter((hook) => OTHER_HOOKS.includes(hook) && hook !== 'Skip').map(notRun),
    ...(hooks.length === 0 ? ignoredHelmHooks(object) : []),
  ]
}

function notRun(hook: string): IgnoredHook {
  const hint = 'Use a step of the workflow instead, for instance one with `if: failure()`.'
  return { path: pathOf(HOOK), message: `Hooks for ${hook} are not run.`, hint }
}

function ignoredHelmHooks(object: JsonObject): IgnoredHook[] {
  const hooks = listOf(object, HELM_HOOK)
  if (hooks.length === 0) return []
  const isOther = hooks.every((hook) => OTHER_HELM_HOOKS.includes(hook))
  const message = isOther
    ? `Hooks for ${hooks.join(' and ')} are not run.`
    : 'Hooks of Helm are applied like any other object.'
  const next = hint`Say when it is to run with \`${HOOK}\`, or leave it out with ${option('exclude')}.`
  return [{ path: pathOf(HELM_HOOK), message, hint: next }]
}

function pathOf(name: string): string[] {
  return ['metadata', 'annotations', name]
}

function annotation(object: JsonObject, name: string): string | undefined {
  return stringField(object, 'metadata', 'annotations', name)
}

/** The members of an annotation that is a list with commas; none where there is no such annotation. */
function listOf(object: JsonObject, name: string): string[] {
  return (
    annotation(object, name)
      ?.split(',')
      .map((text) => text.trim()) ?? []
  )
}

/** The phases a hook runs in, each once. */
function phasesOf(object: JsonObject): Phase[] {
  const hooks = listOf(object, HOOK)
  return PHASES.filter((phase) => hooks.includes(phase))
}

function inAnnotation(name: string, message: string, hint: Hint): ValidationError {
  return validationError(message, hint, ...pathOf(name))
}

const GRAMMAR =
  'Write `GROUP/namespaces/NAMESPACE/KIND/NAME` for a namespaced object and `GROUP/KIND/NAME` for any other, with commas between several; the core group is empty: `/namespaces/shop/Secret/db`.'

/** An object as `depends-on` names it; undefined where the text names none. */
function referenceIn(text: string): ObjectId | undefined {
  const parts = text.split('/')
  const [group = '', namespaces, namespace = ''] = parts
  const [kind = '', name = ''] = parts.slice(-2)
  const isNamespaced = parts.length === 5 && namespaces === 'namespaces' && namespace !== ''
  if ((!isNamespaced && parts.length !== 3) || kind === '' || name === '') return undefined
  return { group, kind, namespace: isNamespaced ? namespace : '', name }
}

function dependencyFlaws(object: JsonObject, name: string): ValidationError[] {
  const texts = listOf(object, name)
  const broken = texts.filter((text) => referenceIn(text) === undefined)
  const twice = texts.find((text, index) => !broken.includes(text) && texts.indexOf(text) < index)
  return [
    ...broken.map((text) => {
      const message = text === '' ? `\`${name}\` has an empty entry.` : `\`${text}\` in \`${name}\` names no object.`
      return inAnnotation(name, message, GRAMMAR)
    }),
    ...(twice === undefined
      ? []
      : [inAnnotation(name, `\`${name}\` names \`${twice}\` twice.`, 'Remove one of them.')]),
  ]
}

function waveFlaws(object: JsonObject): ValidationError[] {
  const text = annotation(object, WAVE)
  if (text === undefined || (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)))) return []
  return [inAnnotation(WAVE, `\`${WAVE}\` must be an integer.`, 'Write one in quotes, for instance "-1" or "2".')]
}

function waitFlaws(object: JsonObject): ValidationError[] {
  const text = annotation(object, WAIT)
  if (text === undefined || text === 'true' || text === 'false') return []
  return [inAnnotation(WAIT, `\`${WAIT}\` must be "true" or "false".`, 'Write "false", in quotes, not to wait for it.')]
}

function hookFlaws(object: JsonObject): ValidationError[] {
  const words = (name: string, known: readonly string[]) =>
    listOf(object, name)
      .filter((word) => !known.includes(word))
      .map((word) => inAnnotation(name, `\`${name}\` has no word \`${word}\`.`, `Write one of ${known.join(', ')}.`))
  const phases = phasesOf(object)
  const several = inAnnotation(
    HOOK,
    `This hook is to run in ${phases.join(' and ')}, but an object can be applied once in a run.`,
    'Write a manifest for each of them, with names of their own.',
  )
  return [
    ...words(HOOK, [...PHASES, ...OTHER_HOOKS]),
    ...words(DELETE_POLICY, DELETE_POLICIES),
    ...(phases.length > 1 ? [several] : []),
  ]
}
