/** The CA: what it signs, what it cannot sign, and where its certificate goes. OpenSSL is the judge. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../../src/system/proxy/certificate-authority.ts';
import { LeafCache } from '../../../src/system/proxy/leaf-cache.ts';
import { writeCertificate } from '../../../src/targets/ca-export.ts';
import { describeWith } from '../../clients/requirement.ts';

const HOUR_MS = 3_600_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpbench-ca-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What `openssl verify` says of a leaf for `host`. */
async function verify(ca: CertificateAuthority, host: string): Promise<string> {
  writeFileSync(join(folder, 'ca.pem'), await ca.certificatePem());
  writeFileSync(join(folder, 'leaf.pem'), (await ca.issue(host)).certificatePem);
  const wanted = /^[\d.]+$|:/.test(host) ? ['-verify_ip', host] : ['-verify_hostname', host];
  try {
    const args = [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      ...wanted,
      '-CAfile',
      'ca.pem',
      'leaf.pem',
    ];
    return execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString();
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

async function describeCertificate(pem: string): Promise<string> {
  return execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem }).toString();
}

describeWith({ openssl: 'openssl' }, 'the CA', () => {
  it.each([
    'localhost',
    '127.0.0.1',
    '127.9.8.7',
    '::1',
    'a.test',
    'deep.sub.test',
    'api.example',
    '192.0.2.7',
    '2001:db8::5',
  ])('signs what OpenSSL accepts for %s', async (host) => {
    const ca = new CertificateAuthority(['api.example', '192.0.2.7', '2001:db8::5']);
    expect(await verify(ca, host)).toContain('leaf.pem: OK');
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    'nottest',
    '8.8.8.8',
    '128.0.0.1',
    '::2',
    '2001:db8::6',
    '192.0.2.8',
  ])('cannot sign for %s: its name constraints forbid it', async (host) => {
    const ca = new CertificateAuthority(['api.example', '192.0.2.7', '2001:db8::5']);
    expect(await verify(ca, host)).toContain('permitted subtree violation');
  });

  it('says of itself what a CA for one run may be', async () => {
    const text = await describeCertificate(await new CertificateAuthority(['api.example']).certificatePem());
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign\n/);
    expect(text).toMatch(
      /Name Constraints: critical\s+Permitted:\s+DNS:localhost\s+DNS:test\s+DNS:api\.example\s+IP:127\.0\.0\.0\/255\.0\.0\.0/,
    );
    expect(text).toContain('ASN1 OID: prime256v1');
    expect(text).toContain('ecdsa-with-SHA256');
  });

  it('issues leaves of less than a day for exactly one host, none with the serial of another', async () => {
    const ca = new CertificateAuthority();
    const authority = new X509Certificate(await ca.certificatePem());
    const serials = new Set([authority.serialNumber]);
    for (let i = 0; i < 50; i++) {
      const { certificatePem, expiresAtMs } = await ca.issue('a.test');
      const leaf = new X509Certificate(certificatePem);
      serials.add(leaf.serialNumber);
      expect(leaf.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      expect(leaf.subjectAltName).toBe('DNS:a.test');
      expect(leaf.ca).toBe(false);
      expect(leaf.checkIssued(authority)).toBe(true);
      expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBeLessThanOrEqual(24 * HOUR_MS);
      expect(leaf.validFromDate.getTime()).toBeLessThan(Date.now());
      expect(Math.abs(leaf.validToDate.getTime() - expiresAtMs)).toBeLessThan(1000);
    }
    expect(serials.size).toBe(51);
    expect(authority.validToDate.getTime() - authority.validFromDate.getTime()).toBeLessThanOrEqual(
      168 * HOUR_MS,
    );
    const text = await describeCertificate((await ca.issue('::1')).certificatePem);
    expect(text).toContain('IP Address:0:0:0:0:0:0:0:1');
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/);
    expect(text).toContain('Authority Key Identifier');
    expect(text).toContain('Subject Key Identifier');
  });

  it('ends no leaf after itself', async () => {
    let nowMs = Date.now();
    const ca = new CertificateAuthority([], () => nowMs);
    const end = new X509Certificate(await ca.certificatePem()).validToDate.getTime();
    nowMs += 6.9 * 24 * HOUR_MS;
    expect(new X509Certificate((await ca.issue('a.test')).certificatePem).validToDate.getTime()).toBe(end);
  });

  it('shows no key, whoever looks at it', async () => {
    const ca = new CertificateAuthority();
    const leaf = await ca.issue('a.test');
    expect(inspect({ ca, leaf }, { depth: 9, showHidden: true })).not.toContain('PRIVATE KEY');
    expect(JSON.stringify({ ca, leaf })).not.toContain('PRIVATE KEY');
    expect(await ca.certificatePem()).toBe(await ca.certificatePem());
    expect(await new CertificateAuthority().certificatePem()).not.toBe(await ca.certificatePem());
  });
});

describe('the cache of leaves', () => {
  it('makes one certificate for a host however many ask at once, and answers at once from then on', async () => {
    const ca = new CertificateAuthority();
    let issued = 0;
    const cache = new LeafCache({
      authority: {
        issue: (host) => {
          issued++;
          return ca.issue(host);
        },
      },
    });
    const contexts = await Promise.all(Array.from({ length: 100 }, () => cache.contextFor('a.test')));
    expect(new Set(contexts).size).toBe(1);
    expect(issued).toBe(1);
    expect(cache.contextFor('a.test')).toBe(contexts[0]);
  });

  it('keeps the hosts used last, and no more than it may', async () => {
    const issued: string[] = [];
    const cache = new LeafCache({
      maxHosts: 2,
      authority: {
        issue: async (host) => {
          issued.push(host);
          return {
            certificatePem: '',
            context: { context: host } as never,
            expiresAtMs: Number.POSITIVE_INFINITY,
          };
        },
      },
    });
    for (const host of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.contextFor(host);
    expect(issued).toEqual(['a', 'b', 'c', 'b']);
    expect(cache.size).toBe(2);
  });

  it('renews what is about to end', async () => {
    let nowMs = Date.now();
    const ca = new CertificateAuthority([], () => nowMs);
    const cache = new LeafCache({ authority: ca, wallNowMs: () => nowMs });
    const first = await cache.contextFor('a.test');
    nowMs += 21 * HOUR_MS;
    expect(await cache.contextFor('a.test')).toBe(first);
    nowMs += 1.5 * HOUR_MS;
    expect(await cache.contextFor('a.test')).not.toBe(first);
  });

  it('tries again after a failure', async () => {
    let calls = 0;
    const ca = new CertificateAuthority();
    const cache = new LeafCache({
      authority: {
        issue: (host) => (++calls === 1 ? Promise.reject(new Error('no entropy')) : ca.issue(host)),
      },
    });
    await expect(cache.contextFor('a.test')).rejects.toThrow('no entropy');
    expect(await cache.contextFor('a.test')).toBeDefined();
  });
});

describe('export of the CA certificate', () => {
  it('creates the file for its owner alone, whatever the umask, and no folder', async () => {
    const pem = await new CertificateAuthority().certificatePem();
    const path = join(folder, 'own.pem');
    // The umask belongs to a whole process, so a process of its own sets it.
    const program = `process.umask(0);
      const { writeCertificate } = await import(${JSON.stringify(new URL('../../../src/targets/ca-export.ts', import.meta.url).href)});
      writeCertificate(${JSON.stringify(path)}, ${JSON.stringify(pem)});`;
    execFileSync(process.execPath, ['--input-type=module', '-e', program]);
    expect(readFileSync(path, 'utf8')).toBe(pem);
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    const missing = join(folder, 'deep', 'ca.pem');
    expect(() => writeCertificate(missing, pem)).toThrow(
      expect.objectContaining({
        code: 'BPB_ERR_USAGE',
        message: `the folder ${join(folder, 'deep')} does not exist`,
      }),
    );
    expect(existsSync(join(folder, 'deep'))).toBe(false);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (statSync(join(folder, name)).isFile())
        expect(readFileSync(join(folder, name), 'utf8')).not.toContain('PRIVATE KEY');
    }
  });

  it('writes over no file, through no link, and nothing but a certificate', async () => {
    const pem = await new CertificateAuthority().certificatePem();
    const taken = join(folder, 'taken.pem');
    writeFileSync(taken, 'mine');
    expect(() => writeCertificate(taken, pem)).toThrow(expect.objectContaining({ code: 'BPB_ERR_USAGE' }));
    expect(readFileSync(taken, 'utf8')).toBe('mine');
    symlinkSync(join(folder, 'elsewhere.pem'), join(folder, 'link.pem'));
    expect(() => writeCertificate(join(folder, 'link.pem'), pem)).toThrow('exists already');
    expect(existsSync(join(folder, 'elsewhere.pem'))).toBe(false);
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'linked'));
    expect(() => writeCertificate(join(folder, 'linked', 'ca.pem'), pem)).toThrow('symbolic link');
    expect(() => writeCertificate(join(folder, 'key.pem'), '-----BEGIN PRIVATE KEY-----')).toThrow(
      'only a certificate',
    );
    expect(readdirSync(join(folder, 'real'))).toEqual([]);
  });
});
