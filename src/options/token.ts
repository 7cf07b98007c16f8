import { accepted, type Parsed, refused } from './parsed.ts'

/** A token for reading a repository. */
export interface Token {
  readonly text: string
  /** Whether it is the workflow's own token, which is only sent to the run's own server. */
  readonly isWorkflowToken: boolean
}

/**
 * The prefix of the default of `token` in action.yml, which distinguishes the workflow's own token from an explicit
 * one.
 */
const WORKFLOW_TOKEN_PREFIX = 'default:'

/** The default of `token` in action.yml. */
export const WORKFLOW_TOKEN = `${WORKFLOW_TOKEN_PREFIX}\${{ github.token }}`

/** Parses the option `token`; undefined if it is empty. */
export function parseToken(text: string): Parsed<Token | undefined> {
  if (/\p{Cc}/u.test(text)) return refused('it contains a line break or another control character.')
  const isWorkflowToken = text.startsWith(WORKFLOW_TOKEN_PREFIX)
  const token = isWorkflowToken ? text.slice(WORKFLOW_TOKEN_PREFIX.length) : text
  return accepted(token === '' ? undefined : { text: token, isWorkflowToken })
}
