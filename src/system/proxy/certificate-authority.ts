/**
 * The CA of the intercepting proxy. It lives in memory and for one run: made when it is first asked for, gone with
 * the process. Its key cannot be exported, and its certificates are good for loopback, `.test` and the hosts that
 * were allowed, whatever it signs (name constraints).
 */
import { isIPv4, isIPv6 } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type * as x509 from '@peculiar/x509';
import { wallTimeIso } from '../../core/clock.ts';
import { NAME_CONSTRAINTS_OID, permitOnly } from './name-constraints.ts';

const HOUR_MS = 3_600_000;
/** Clocks differ: a certificate is valid a little before it was made. */
const BACKDATED_MS = HOUR_MS;
const CA_MS = 7 * 24 * HOUR_MS;
const LEAF_MS = 24 * HOUR_MS;
const SERIAL_BYTES = 16;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CA_NAME = 'CN=bpbench interception CA';

export interface Leaf {
  readonly certificatePem: string;
  /** For servers: the certificate with its key. */
  readonly context: SecureContext;
  /** Wall time in ms since 1970. */
  readonly expiresAtMs: number;
}

/** What is made once. All leaves share one key pair: each has a certificate of its own, and none leaves the process. */
interface Issuer {
  readonly library: typeof x509;
  readonly certificatePem: string;
  readonly signingKey: CryptoKey;
  readonly expiresAtMs: number;
  readonly leafPublicKey: CryptoKey;
  readonly leafKeyPem: string;
  readonly leafExtensions: readonly x509.Extension[];
}

export class CertificateAuthority {
  readonly #allowHosts: readonly string[];
  readonly #wallNowMs: () => number;
  #issuer: Promise<Issuer> | undefined;

  /** `wallNowMs` is for tests: ms since 1970. */
  constructor(allowHosts: readonly string[] = [], wallNowMs: () => number = () => Date.parse(wallTimeIso())) {
    this.#allowHosts = allowHosts.map((host) => host.toLowerCase());
    this.#wallNowMs = wallNowMs;
  }

  /** What a client must trust. */
  async certificatePem(): Promise<string> {
    return (await this.#getIssuer()).certificatePem;
  }

  /** A new certificate for `host`, a name or an address, valid for at most 24 h. */
  async issue(host: string): Promise<Leaf> {
    const { library, signingKey, ...issuer } = await this.#getIssuer();
    const nowMs = this.#wallNowMs();
    const expiresAtMs = Math.min(nowMs - BACKDATED_MS + LEAF_MS, issuer.expiresAtMs);
    const type = isIPv4(host) || isIPv6(host) ? 'ip' : 'dns';
    const certificate = await library.X509CertificateGenerator.create({
      serialNumber: drawSerial(),
      subject: 'CN=bpbench interception',
      issuer: CA_NAME,
      notBefore: new Date(nowMs - BACKDATED_MS),
      notAfter: new Date(expiresAtMs),
      signingAlgorithm: ALGORITHM,
      publicKey: issuer.leafPublicKey,
      signingKey,
      extensions: [
        ...issuer.leafExtensions,
        new library.SubjectAlternativeNameExtension([{ type, value: host }]),
      ],
    });
    const certificatePem = certificate.toString('pem');
    const context = createSecureContext({ cert: certificatePem, key: issuer.leafKeyPem });
    return { certificatePem, context, expiresAtMs };
  }

  #getIssuer(): Promise<Issuer> {
    this.#issuer ??= createIssuer(this.#allowHosts, this.#wallNowMs());
    return this.#issuer;
  }
}

async function createIssuer(allowHosts: readonly string[], nowMs: number): Promise<Issuer> {
  await import('reflect-metadata'); // the library asks for it, and must come after it
  const library = await import('@peculiar/x509');
  const { subtle } = globalThis.crypto;
  const keys = await subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const leafKeys = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const expiresAtMs = nowMs - BACKDATED_MS + CA_MS;
  const caKeyId = await library.SubjectKeyIdentifierExtension.create(keys.publicKey);
  const certificate = await library.X509CertificateGenerator.createSelfSigned({
    serialNumber: drawSerial(),
    name: CA_NAME,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(expiresAtMs),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new library.BasicConstraintsExtension(true, 0, true),
      new library.KeyUsagesExtension(library.KeyUsageFlags.keyCertSign, true),
      new library.Extension(NAME_CONSTRAINTS_OID, true, permitOnly(allowHosts)),
      caKeyId,
    ],
  });
  const leafKey = await subtle.exportKey('pkcs8', leafKeys.privateKey);
  return {
    library,
    certificatePem: certificate.toString('pem'),
    signingKey: keys.privateKey,
    expiresAtMs,
    leafPublicKey: leafKeys.publicKey,
    leafKeyPem: library.PemConverter.encode(leafKey, 'PRIVATE KEY'),
    leafExtensions: [
      new library.BasicConstraintsExtension(false, undefined, true),
      new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
      new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.serverAuth]),
      new library.AuthorityKeyIdentifierExtension(caKeyId.keyId),
      await library.SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
    ],
  };
}

/** Positive and not zero, as hexadecimal digits. */
function drawSerial(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
