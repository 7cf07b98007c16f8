/** All health statuses. */
export const STATUSES = ['Healthy', 'Progressing', 'Degraded', 'Suspended', 'Missing', 'Unknown'] as const

/** A health status, as in Argo CD. */
export type Status = (typeof STATUSES)[number]

/** The health of a live object. */
export interface Health {
  readonly status: Status
  /** Why, as a clause without a full stop; may be '' if the object is healthy. */
  readonly reason: string
  /** Whether the status cannot change any more, such as that of a failed Job; not set for failures that a controller may retry. */
  readonly isFinal?: true
  /**
   * Whether the object has no status at all. Either its controller has not processed it yet, or no controller ever sets one; the
   * object alone does not show which. So a run waits for it for seconds, not for minutes.
   */
  readonly isSilent?: true
}
