import { type Environment, pickVariables } from '../process.ts'

const INHERITED_VARIABLES = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  ...['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
])

/** Returns the variables that git inherits: those for proxies, certificates and ssh, and no token. */
export function gitEnvironment(parent: Environment): Record<string, string> {
  return pickVariables(parent, (name) => INHERITED_VARIABLES.has(name))
}
