/** An output of the action. */
export interface Output {
  readonly name: string
  /** The meaning, in a sentence or two of Markdown. */
  readonly help: string
}

/** All outputs, in the order of the tables. */
export const OUTPUTS = [
  { name: 'result', help: 'The result of the run: `unchanged`, `changed`, `planned` or `failed`.' },
  {
    name: 'changes',
    help: '`true` if anything was written or, with `mode: plan`, would be written; else `false`.',
  },
  { name: 'commit', help: 'The commit that was read; empty for a folder that is no checkout.' },
  {
    name: 'plan-digest',
    help: 'The digest of the plan. It is the same for the same objects, actions, options and cluster, whatever the commit. Empty if the server may not be asked for dry runs.',
  },
  {
    name: 'report',
    help: 'The path of a JSON file with the plan, its results and all errors, which stays until the job ends. Empty if the options could not be read.',
  },
  { name: 'objects', help: 'The number of objects to apply; 0 if the run ended before they were known.' },
  { name: 'created', help: 'The number of objects that were created.' },
  { name: 'updated', help: 'The number of objects that were updated because their manifests changed.' },
  { name: 'drifted', help: 'The number of objects that had been changed in the cluster and were corrected.' },
  { name: 'adopted', help: 'The number of objects that existed before and were taken into the set.' },
  { name: 'recreated', help: 'The number of objects that were deleted and created again.' },
  { name: 'completed', help: 'The number of Jobs and hooks that completed in an earlier run and no longer exist.' },
  { name: 'unchanged', help: 'The number of objects that already matched their manifests.' },
  { name: 'ignored', help: 'The number of objects that were left alone because of an annotation.' },
  { name: 'skipped', help: 'The number of objects that were not applied because an explicit dependency failed.' },
  { name: 'pending', help: 'The number of objects that were not reached because the run ended before.' },
  { name: 'terminating', help: 'The number of objects that are being deleted and could not be applied.' },
  { name: 'failed', help: 'The number of objects that the server rejected.' },
  {
    name: 'unhealthy',
    help: 'The objects that the run waited for and that are not ready, one per line; empty if all are ready.',
  },
  {
    name: 'pruned',
    help: 'The number of objects removed from Git that were or, with `mode: plan`, would be deleted.',
  },
  { name: 'kept', help: 'The number of objects removed from Git that still exist and remain in the inventory.' },
] as const satisfies readonly Output[]
