import type { Diagnostic, ErrorCode } from '../diagnostics.ts'
import { type Hint, hint, option } from '../hint.ts'

interface GitErrorRule {
  readonly code: ErrorCode
  readonly reason: string
  readonly pattern: RegExp
  readonly hint: Hint
}

const CHECK_TOKEN = hint`Check the name of the repository, and that ${option('token')} may read it. The workflow’s own token needs \`permissions: contents: read\` and reads no other private repository. Servers hide repositories that a token may not read.`

/** Patterns in the output of git and the programs it runs, from the most to the least specific. */
const GIT_ERROR_RULES: readonly GitErrorRule[] = [
  {
    code: 'E-GIT-AUTH',
    reason: 'HostKeyUnknown',
    pattern: /host key verification failed|no .* host key is known/i,
    hint: hint`Set ${option('ssh-known-hosts')} to the public keys of the host: the output of ssh-keyscan, after comparing it with the keys that the host publishes.`,
  },
  {
    code: 'E-GIT-AUTH',
    reason: 'SshKeyRejected',
    pattern:
      /permission denied \(|no such identity|error in libcrypto|invalid format|Too many authentication failures/i,
    hint: hint`Check that ${option('ssh-key')} is a private key without a passphrase, and that its public key is a deploy key of the repository.`,
  },
  {
    code: 'E-GIT-AUTH',
    reason: 'AccessDenied',
    pattern:
      /authentication failed|could not read (username|password)|terminal prompts disabled|returned error: 40[134]|repository .*not found|invalid credentials|access denied/i,
    hint: CHECK_TOKEN,
  },
  {
    code: 'E-SOURCE',
    reason: 'RepositoryMoved',
    pattern: /redirect|returned error: 30\d/i,
    hint: hint`The repository has moved. Set ${option('repository')} to its new name or URL: redirects are not followed, to protect the token.`,
  },
  {
    code: 'E-GIT-REF',
    reason: 'RefNotFound',
    pattern:
      /couldn't find remote ref|not our ref|unadvertised object|no such ref|needed a single revision|unknown revision|bad revision|ambiguous argument|expected commit type|not a valid object name/i,
    hint: hint`Set ${option('ref')} to a branch, a tag, or a full commit id of the repository.`,
  },
  {
    code: 'E-GIT-NET',
    reason: 'NetworkFailed',
    pattern:
      /could(n't| not) resolve|failed to connect|connection (refused|reset|timed out|closed)|operation timed out|operation too slow|network is unreachable|no route to host|returned error: (429|5\d\d)|early eof|rpc failed|unexpected disconnect|hung up unexpectedly|empty reply|ssl|tls|certificate|gnutls|transfer closed|block timeout/i,
    hint:
      'Check that the runner can reach the host. Set a proxy or certificate authority with the variables HTTPS_PROXY, ' +
      'NO_PROXY, GIT_SSL_CAINFO and SSL_CERT_FILE: the git configuration of the machine is not read.',
  },
]

/**
 * Returns the error output of git as a problem, with a code according to the output. `repository` is for the message.
 */
export function classifyGitError(output: string, repository: string): Diagnostic {
  const rule = GIT_ERROR_RULES.find((candidate) => candidate.pattern.test(output))
  const errorLines = output
    .split(/[\r\n]+/)
    .filter((line) => /^(fatal|error|ERROR|remote|ssh|.*(permission denied|host key))/i.test(line))
  const message = `git cannot read ${repository}: ${(errorLines.length > 0 ? errorLines : [output.trim()]).join('\n')}`
  if (rule === undefined) return { code: 'E-SOURCE', reason: 'GitFailed', message }
  return { code: rule.code, reason: rule.reason, message, hint: rule.hint }
}
