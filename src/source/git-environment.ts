import { type Environment, pickVariables } from '../process.ts'

const GIT_INHERITS = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  ...['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
])

/** The variables that git inherits: enough to get through a company's network, and no token. */
export function gitEnvironment(parent: Environment): Record<string, string> {
  return pickVariables(parent, (name) => GIT_INHERITS.has(name))
}
