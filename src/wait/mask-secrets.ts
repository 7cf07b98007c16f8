/** Terminal escape sequences for colour and style. */
const ANSI_STYLE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

/** Patterns of probable secrets in the output of any program; the first group of each pattern is kept. */
const SECRET_PATTERNS: readonly RegExp[] = [
  // NAME=VALUE, "name": "value", also escaped inside a JSON string, and --name value.
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|access|account|private|shared)[-_ ]?key)\w*\\?["']?\s*[:=]\s*)(?:\\"(?:[^"\\]|\\[^"])*\\"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'&]+)/gi,
  /(--[\w-]{0,40}(?:pass(?:word|wd|phrase)?|pwd|secret|token|key)\s{1,9})[^\s-]\S*/gi,
  /(\bauthorization["']?\s*[:=]\s*["']?(?:\w+\s+)?)[^\s"',;]+/gi,
  /(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}/gi,
  // The password in a URL, or in a DSN of a MySQL driver.
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,100}:)\S{1,200}(?=@)/gi,
  /(\b[\w.-]{1,64}:)[^\s:/@]\S{0,200}(?=@(?:tcp|unix)\()/g,
  // Tokens with a known format: JSON Web Tokens, and those of some services.
  /()\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
  /()\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16}|AIza[\w-]{30,}|npm_\w{20,}|hvs\.[\w-]{20,}|[sr]k_(?:live|test)_\w{10,})/g,
  // Base64 keys, as in PEM. Digests and paths rarely mix upper case, lower case and digits.
  /()(?<![\w+/:])(?=[A-Za-z+/]*\d)(?=[a-z\d+/]*[A-Z])(?=[A-Z\d+/]*[a-z])[A-Za-z\d+/]{40,}={0,2}/g,
]

/**
 * Replaces probable secrets in the output of another program with `***`, and removes terminal styles. It complements the redactor,
 * which masks only the values of Secrets that it knows.
 */
export function maskSecrets(text: string): string {
  return SECRET_PATTERNS.reduce((rest, pattern) => rest.replaceAll(pattern, '$1***'), text.replaceAll(ANSI_STYLE, ''))
}
