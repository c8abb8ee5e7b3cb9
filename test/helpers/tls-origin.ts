/**
 * Certificates for the servers of the tests: one authority, and leaves of every good and bad kind. Written out
 * by hand (RFC 5280), so that they have nothing in common with those of the system.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const HOUR_MS = 3_600_000;

export interface Identity {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  issue(what: { names: readonly string[]; isExpired?: boolean }): Identity;
  /** Signed by itself and by nobody else. */
  issueSelfSigned(names: readonly string[]): Identity;
}

let shared: TestAuthority | undefined;

/** The same one for all tests of a process. */
export function testAuthority(): TestAuthority {
  shared ??= createAuthority();
  return shared;
}

function createAuthority(): TestAuthority {
  const name = 'test authority';
  const keys = createKeys();
  const nowMs = Date.now();
  let serial = 1;
  const certificate = issueCertificate({
    serial,
    issuer: name,
    subject: name,
    fromMs: nowMs - HOUR_MS,
    toMs: nowMs + 24 * HOUR_MS,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    // CA:TRUE, and for signing certificates alone
    extensions: [
      extension('551d13', true, sequence(tag(0x01, Buffer.from([0xff])))),
      extension('551d0f', true, tag(0x03, Buffer.from([2, 0x04]))),
    ],
  });
  const issue = (names: readonly string[], isExpired: boolean, isOwn: boolean): Identity => {
    const own = createKeys();
    const cert = issueCertificate({
      serial: ++serial,
      issuer: isOwn ? 'test origin' : name,
      subject: 'test origin',
      fromMs: nowMs - 3 * HOUR_MS,
      toMs: isExpired ? nowMs - HOUR_MS : nowMs + 12 * HOUR_MS,
      publicKey: own.publicKey,
      signingKey: isOwn ? own.privateKey : keys.privateKey,
      extensions: [extension('551d11', false, sequence(...names.map(alternativeName)))],
    });
    return { cert, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
  };
  return {
    certificate,
    issue: ({ names, isExpired = false }) => issue(names, isExpired, false),
    issueSelfSigned: (names) => issue(names, false, true),
  };
}

const createKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Contents {
  serial: number;
  issuer: string;
  subject: string;
  fromMs: number;
  toMs: number;
  publicKey: KeyObject;
  signingKey: KeyObject;
  extensions: Buffer[];
}

function issueCertificate(contents: Contents): string {
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const body = sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))), // version 3
    tag(0x02, Buffer.from([contents.serial])),
    algorithm,
    commonName(contents.issuer),
    sequence(utcTime(contents.fromMs), utcTime(contents.toMs)),
    commonName(contents.subject),
    contents.publicKey.export({ type: 'spki', format: 'der' }),
    tag(0xa3, sequence(...contents.extensions)),
  );
  const signature = sign('sha256', body, contents.signingKey);
  const der = sequence(body, algorithm, tag(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) as string[];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function tag(kind: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.from([kind, length]), value]);
  return Buffer.concat([Buffer.from([kind, 0x82, length >> 8, length & 0xff]), value]);
}

const sequence = (...parts: Buffer[]): Buffer => tag(0x30, Buffer.concat(parts));
const oid = (hex: string): Buffer => tag(0x06, Buffer.from(hex, 'hex'));

function commonName(text: string): Buffer {
  return sequence(tag(0x31, sequence(oid('550403'), tag(0x0c, Buffer.from(text)))));
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return tag(0x17, Buffer.from(`${digits}Z`));
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(isCritical ? [tag(0x01, Buffer.from([0xff]))] : []), tag(0x04, value));
}

function alternativeName(name: string): Buffer {
  if (/^[\d.]+$/.test(name)) return tag(0x87, Buffer.from(name.split('.').map(Number)));
  return tag(0x82, Buffer.from(name));
}
