/** Which of the objects that have left the set are deleted. */
export interface PrunePolicy extends PrunePermissions {
  /** Whether any are; else they are listed only. */
  readonly isOn: boolean
  /** How many objects one run may delete; absent where the default counts. */
  readonly most?: PruneLimit
}

/** A number of objects, and a share of the inventory in percent: the larger of both counts. */
export interface PruneLimit {
  readonly objects: number
  readonly percent: number
}

/** What may be deleted although it is kept as a rule. */
export interface PrunePermissions {
  readonly objects: readonly PrunePermission[]
  /** Whether a set without any object is meant. */
  readonly mayEmpty: boolean
  /** Whether it is meant that the set is chosen in another way than before. */
  readonly mayChangeScope: boolean
}

/** Objects by their kind (with its group, where it says so), and by namespace and name, where it says these. */
export interface PrunePermission {
  readonly kind: string
  readonly group?: string
  readonly namespace?: string
  readonly name?: string
}
