import { type JsonObject, stringField } from '../../json.ts'
import { type ValidationError, validationError } from '../validation-error.ts'

/** How an object wants to be treated that others have a hand in, by annotations that people know from other tools and ours. */
export interface ApplyAnnotations {
  /** Whether it is applied as it says, only where there is none yet, or never. */
  readonly apply: 'always' | 'if absent' | 'never'
  /** The annotation that says so, where it is not as usual. */
  readonly by: string
  /** Whether fields that another deployer wrote stay, though this set does not have them. */
  readonly isMerged: boolean
  /** Whether it may be deleted and made again where a field changes that cannot change. */
  readonly mayReplace: boolean
  /** Fields that belong to others, each by its steps. */
  readonly unmanaged: readonly (readonly string[])[]
}

const UNMANAGED = 'fairlead.dev/unmanaged'
const SSA = 'kustomize.toolkit.fluxcd.io/ssa'
const FORCE = 'kustomize.toolkit.fluxcd.io/force'
const RECONCILE = 'kustomize.toolkit.fluxcd.io/reconcile'
const SYNC_OPTIONS = 'argocd.argoproj.io/sync-options'

/** Kinds with data or with other objects in them: never deleted to be made again, whatever an annotation says. */
const NEVER_RECREATED = new Set(['Namespace', 'CustomResourceDefinition', 'PersistentVolume', 'PersistentVolumeClaim'])

/** Reads the switches of an object without `switchFlaws`. */
export function readApplyAnnotations(object: JsonObject): ApplyAnnotations {
  const ssa = word(object, SSA)
  const isOff = word(object, RECONCILE) === 'disabled'
  const isForced = word(object, FORCE) === 'enabled' || options(object).includes('Force=true')
  return {
    apply: isOff || ssa === 'ignore' ? 'never' : ssa === 'ifnotpresent' ? 'if absent' : 'always',
    by: isOff ? RECONCILE : SSA,
    isMerged: ssa === 'merge',
    mayReplace: isForced && !NEVER_RECREATED.has(stringField(object, 'kind') ?? ''),
    // What stands in `stringData` is sent, and lives, in `data`.
    unmanaged: pointers(object).map((pointer) => stepsIn(pointer.replace(/^\/stringData\//, '/data/'))),
  }
}

/** Malformed switches of an object. Those of other tools are theirs to judge. */
export function validateApplyAnnotations(object: JsonObject): ValidationError[] {
  return pointers(object)
    .filter((pointer) => !/^(\/[^/]+)+$/.test(pointer))
    .map((pointer) =>
      validationError(
        `\`${pointer}\` in \`${UNMANAGED}\` is no pointer to a field.`,
        'Write JSON pointers (RFC 6901) with commas between them, for instance `/spec/replicas`.',
        ...['metadata', 'annotations', UNMANAGED],
      ),
    )
}

function annotation(object: JsonObject, name: string): string {
  return stringField(object, 'metadata', 'annotations', name) ?? ''
}

function word(object: JsonObject, name: string): string {
  return annotation(object, name).trim().toLowerCase()
}

function options(object: JsonObject): string[] {
  return annotation(object, SYNC_OPTIONS)
    .split(',')
    .map((option) => option.trim())
}

function pointers(object: JsonObject): string[] {
  return annotation(object, UNMANAGED)
    .split(',')
    .map((pointer) => pointer.trim())
    .filter((pointer) => pointer !== '')
}

function stepsIn(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}
