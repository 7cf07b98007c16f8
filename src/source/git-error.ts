import type { Diagnostic, ErrorCode } from '../diagnostics.ts'
import { type Hint, hint, option } from '../hint.ts'

interface GitErrorRule {
  readonly code: ErrorCode
  readonly says: RegExp
  readonly hint: Hint
}

const TOKEN_NEXT = hint`Check that ${option('token')} may read the repository (\`permissions: contents: read\` for the workflow’s own; another repository or server needs a token of its own) and that the name is right: servers hide what one may not see.`

/** What git and the programs under it print, from the most to the least specific. */
const GIT_ERROR_RULES: readonly GitErrorRule[] = [
  {
    code: 'E-GIT-AUTH',
    says: /host key verification failed|no .* host key is known/i,
    hint: hint`Put the host’s public key lines into ${option('ssh-known-hosts')} (the output of ssh-keyscan, compared with what the host publishes).`,
  },
  {
    code: 'E-GIT-AUTH',
    says: /permission denied \(|no such identity|error in libcrypto|invalid format|Too many authentication failures/i,
    hint: hint`Check that ${option('ssh-key')} is a private key without passphrase whose public half is a deploy key of the repository.`,
  },
  {
    code: 'E-GIT-AUTH',
    says: /authentication failed|could not read (username|password)|terminal prompts disabled|returned error: 40[134]|repository .*not found|invalid credentials|access denied/i,
    hint: TOKEN_NEXT,
  },
  {
    code: 'E-SOURCE',
    says: /redirect|returned error: 30\d/i,
    hint: hint`The repository has moved. Write its new name or URL as ${option('repository')}: the token is not sent after a redirect.`,
  },
  {
    code: 'E-GIT-REF',
    says: /couldn't find remote ref|not our ref|unadvertised object|no such ref|needed a single revision|unknown revision|bad revision|ambiguous argument|expected commit type|not a valid object name/i,
    hint: hint`Check ${option('ref')}: a branch, a tag, or a full commit id that the repository has.`,
  },
  {
    code: 'E-GIT-NET',
    says: /could(n't| not) resolve|failed to connect|connection (refused|reset|timed out|closed)|operation timed out|operation too slow|network is unreachable|no route to host|returned error: (429|5\d\d)|early eof|rpc failed|unexpected disconnect|hung up unexpectedly|empty reply|ssl|tls|certificate|gnutls|transfer closed|block timeout/i,
    hint:
      'Check that the runner reaches the host. Git takes its proxy and certificate authority from the variables ' +
      'HTTPS_PROXY, NO_PROXY, GIT_SSL_CAINFO and SSL_CERT_FILE here, not from a git configuration of the machine.',
  },
]

/** Turns git's error output into a problem: the class by what git says, the message in git's own words. `what` names the repository. */
export function classifyGitError(output: string, what: string): Diagnostic {
  const rule = GIT_ERROR_RULES.find((candidate) => candidate.says.test(output))
  const said = output
    .split(/[\r\n]+/)
    .filter((line) => /^(fatal|error|ERROR|remote|ssh|.*(permission denied|host key))/i.test(line))
  const message = `git could not read ${what}: ${(said.length > 0 ? said : [output.trim()]).join('\n')}`
  return rule === undefined ? { code: 'E-SOURCE', message } : { code: rule.code, message, hint: rule.hint }
}
