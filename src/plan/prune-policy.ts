/** Which of the objects removed from Git are deleted. */
export interface PrunePolicy extends PrunePermissions {
  /** Whether any are; otherwise they are only listed. */
  readonly isOn: boolean
  /** How many objects one run may delete; absent where the default applies. */
  readonly most?: PruneLimit
}

/** A number of objects, and a percentage of the inventory: the larger of both counts. */
export interface PruneLimit {
  readonly objects: number
  readonly percent: number
}

/** What may be deleted although it is protected by default. */
export interface PrunePermissions {
  readonly objects: readonly Permission[]
  /** Whether a set without any object is intended. */
  readonly mayEmpty: boolean
  /** Whether a change of the set's scope is intended. */
  readonly mayChangeScope: boolean
}

/** Objects by kind (and group, if given), and by namespace and name, if given. */
export interface Permission {
  readonly kind: string
  readonly group?: string
  readonly namespace?: string
  readonly name?: string
}
