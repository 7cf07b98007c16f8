/** Which of the objects removed from Git are deleted. */
export interface PrunePolicy extends PrunePermissions {
  /** Whether any are deleted; otherwise they are only listed. */
  readonly isOn: boolean
  /** How many objects one run may delete; absent for the default. */
  readonly most?: PruneLimit
}

/** A number of objects, and a percentage of the inventory; the higher one is the limit. */
export interface PruneLimit {
  readonly objects: number
  readonly percent: number
}

/** What a run may do although it is blocked by default. */
export interface PrunePermissions {
  /** Objects that may be deleted. */
  readonly objects: readonly Permission[]
  /** Whether the set may have no objects. */
  readonly mayEmpty: boolean
  /** Whether objects may be deleted although the scope of the set has changed. */
  readonly mayChangeScope: boolean
}

/** Matches objects by kind, and by group, namespace and name if given. */
export interface Permission {
  readonly kind: string
  readonly group?: string
  readonly namespace?: string
  readonly name?: string
}
