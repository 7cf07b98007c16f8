/** What looks like a secret in a text that a program wrote, whichever; the first group of each pattern stays. */
const SUSPICIOUS: readonly RegExp[] = [
  // NAME=VALUE and "name": "value"
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key)\w*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&"']+)/gi,
  /(\bauthorization["']?\s*[:=]\s*["']?(?:\w+\s+)?)[^\s"',;]+/gi,
  /(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}/gi,
  // The password in a URL.
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@]+(?=@)/gi,
  // Tokens that are known by their look: JSON Web Tokens, and those of GitHub, GitLab, Slack and AWS.
  /()\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
  /()\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16})/g,
]

/**
 * A text of a foreign program without what looks like a secret. It complements the gate, which knows the values of secrets:
 * a program may have others.
 */
export function masked(text: string): string {
  return SUSPICIOUS.reduce((rest, pattern) => rest.replaceAll(pattern, '$1***'), text)
}
