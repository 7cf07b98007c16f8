import { saveState, setSecret } from '@actions/core'

/** A secret that is shorter, or has white space, is not given to the runner: it masks line by line, and innocent words. */
const MIN_MASKED_CHARACTERS = 6

/** Saves a value for the post step, should this process be killed. */
export function saveForPost(name: string, value: string): void {
  saveState(name, value)
}

/** Has the runner mask secrets for the rest of the job. */
export function addMasks(secrets: Iterable<string>): void {
  for (const secret of secrets) if (secret.length >= MIN_MASKED_CHARACTERS && !/\s/.test(secret)) setSecret(secret)
}
