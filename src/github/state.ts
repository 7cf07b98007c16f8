import { saveState, setSecret } from '@actions/core'

/** The shortest secret that the runner masks, in characters: shorter ones would also mask ordinary words. */
const MIN_MASKED_CHARACTERS = 6

/** Saves a value for the post step, which reads it from the variable `STATE_<name>`. */
export function saveForPost(name: string, value: string): void {
  saveState(name, value)
}

/** Makes the runner mask secrets for the rest of the job, except short ones and those with white space. */
export function addMasks(secrets: Iterable<string>): void {
  for (const secret of secrets) if (secret.length >= MIN_MASKED_CHARACTERS && !/\s/.test(secret)) setSecret(secret)
}
