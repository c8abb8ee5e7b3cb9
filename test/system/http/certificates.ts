/** A certification authority for one test, and the certificates of its servers. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as Crypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** PEM. */
  readonly ca: string;
  /** `names`: DNS names or IP addresses. `ageDays`: since when it has been expired; none for a valid one. */
  issue(names: readonly string[], expiredDays?: number): Promise<Identity>;
}

export async function createAuthority(): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const nowMs = performance.timeOrigin + performance.now();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=test authority',
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  return {
    ca: root.toString('pem'),
    async issue(names, expiredDays) {
      const own = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
        'sign',
        'verify',
      ])) as webcrypto.CryptoKeyPair;
      const until = expiredDays === undefined ? nowMs + DAY_MS : nowMs - expiredDays * DAY_MS;
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: `0${++serial}`,
        subject: 'CN=server',
        issuer: root.subject,
        notBefore: new Date(until - 2 * DAY_MS),
        notAfter: new Date(until),
        signingAlgorithm: ALGORITHM,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({
              type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
              value,
            })),
          ),
        ],
      });
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64');
      return {
        cert: certificate.toString('pem'),
        key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
      };
    },
  };
}
