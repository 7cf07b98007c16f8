/** How an object can be, from the best to what nobody can tell. */
export const STATUSES = ['Healthy', 'Progressing', 'Degraded', 'Suspended', 'Missing', 'Unknown'] as const

/** How an object is, in Argo CD's words. */
export type Status = (typeof STATUSES)[number]

/** How a live object is with what its specification asks for. */
export interface Health {
  readonly status: Status
  /** Why, as a sentence without its end; for a healthy one too where there is something to say, else ''. */
  readonly reason: string
  /** Whether it stays so for certain, so that waiting is in vain (a Job that failed; not what a controller may retry). */
  readonly isFinal?: true
  /**
   * Whether it has no status at all: its controller has not come to it yet, or there is none and never will be, which the
   * object alone does not tell. So it is worth a wait of some seconds, and none of minutes.
   */
  readonly isSilent?: true
}
