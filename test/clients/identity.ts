/** A CA of the tests' own and a server certificate under it, made by openssl: nothing of the project has a hand in it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Identity {
  /** PEM, of the server. */
  readonly cert: string;
  readonly key: string;
  /** PEM, of the CA that signed it. */
  readonly ca: string;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
const NAMES = 'DNS:localhost,IP:127.0.0.1,IP:::1';

/** For `localhost` and the two loopback addresses. Throws where openssl is missing. */
export function createIdentity(): Identity {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-identity-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  try {
    const caExtensions = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign',
    ];
    openssl(
      'req',
      '-x509',
      ...CURVE,
      '-subj',
      '/CN=origin CA',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      ...caExtensions,
    );
    openssl('req', ...CURVE.slice(0, -2), '-subj', '/CN=origin', '-keyout', 'key.pem', '-out', 'leaf.csr');
    writeFileSync(join(folder, 'leaf.cnf'), `subjectAltName=${NAMES}\nextendedKeyUsage=serverAuth\n`);
    const signedBy = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', 'leaf.csr', ...signedBy, '-extfile', 'leaf.cnf', '-out', 'cert.pem');
    return { cert: read('cert.pem'), key: read('key.pem'), ca: read('ca.pem') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
