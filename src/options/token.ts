import { accepted, type Parsed, refused } from './parsed.ts'

/** A token for reading a repository. */
export interface Token {
  readonly text: string
  /** Whether it is the workflow's own, which is only ever sent to the run's own server. */
  readonly isWorkflowToken: boolean
}

/** The default of `token` in action.yml begins with this: it tells the workflow's own token from one given on purpose. */
const WORKFLOW_TOKEN_PREFIX = 'default:'

/** The default of `token` in action.yml. */
export const WORKFLOW_TOKEN = `${WORKFLOW_TOKEN_PREFIX}\${{ github.token }}`

/** Parses the option `token`; undefined where there is none. */
export function parseToken(text: string): Parsed<Token | undefined> {
  if (/\p{Cc}/u.test(text)) return refused('it holds a line break or another control character.')
  const isWorkflowToken = text.startsWith(WORKFLOW_TOKEN_PREFIX)
  const token = isWorkflowToken ? text.slice(WORKFLOW_TOKEN_PREFIX.length) : text
  return accepted(token === '' ? undefined : { text: token, isWorkflowToken })
}
