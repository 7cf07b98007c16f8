import 'reflect-metadata'
import { generateKeyPairSync } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

/** The certificate authority of one control plane, in memory only. */
export interface Authority {
  /** The authority's certificate, PEM. */
  readonly certificate: string
  /** A certificate for a server on the loopback addresses. */
  serverPair(): Promise<KeyPair>
  /** A client certificate for a user and its groups. */
  clientPair(user: string, groups: readonly string[]): Promise<KeyPair>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
x509.cryptoProvider.set(crypto)

/** Creates a certificate authority that is valid for a day. */
export async function makeAuthority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const issuer = 'CN=fairlead-testbed'
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: issuer,
    ...validity(),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })

  async function issue(subject: x509.JsonName, usage: string, names: x509.JsonGeneralNames): Promise<KeyPair> {
    const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer,
      ...validity(),
      signingAlgorithm: algorithm,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    })
    const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey))
    return { certificate: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') }
  }

  return {
    certificate: root.toString('pem'),
    serverPair: () =>
      issue([{ CN: ['localhost'] }], x509.ExtendedKeyUsage.serverAuth, [
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: 'kubernetes.default.svc' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '10.0.0.1' },
      ]),
    clientPair: (user, groups) =>
      issue([{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))], x509.ExtendedKeyUsage.clientAuth, []),
  }
}

/** A key pair for signing ServiceAccount tokens, PEM. */
export function makeSigningPair(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

function validity(): { notBefore: Date; notAfter: Date } {
  const hour = 3_600_000
  return { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + 24 * hour) }
}
