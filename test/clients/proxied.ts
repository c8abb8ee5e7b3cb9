/** Both proxies in front of a plain and a TLS origin, as the tests of real clients want them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForwardSettings } from '../../src/core/plan.ts';
import type { SystemAddresses } from '../../src/system/control.ts';
import { startSystem, until } from '../helpers/system.ts';
import { countAccepted, portOf } from './connections.ts';
import { createIdentity } from './identity.ts';
import { startTestOrigin, type TestOrigin } from './origin.ts';

export interface Proxied extends AsyncDisposable {
  /** Behind the reverse proxy, too. */
  readonly plain: TestOrigin;
  readonly secure: TestOrigin;
  readonly addresses: SystemAddresses;
  /** The proxy's own CA, under which intercepted tunnels are: PEM, and a file of it. Empty where tunnels are opaque. */
  readonly ca: string;
  readonly caFile: string;
  /** That of the TLS origin. */
  readonly originCa: string;
  readonly originCaFile: string;
  /** Waits until no client is connected to the forward proxy any more, as the kernel counts. */
  allReleased(): Promise<void>;
}

export async function startProxied(connect: ForwardSettings['connect'] = 'intercept'): Promise<Proxied> {
  const identity = createIdentity();
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-clients-'));
  const plain = await startTestOrigin();
  const secure = await startTestOrigin(identity);
  const running = await startSystem({
    originUrl: plain.url,
    settings: { forward: { connect, upstreamCa: identity.ca } },
  });
  const ca = running.addresses.caCertificate ?? '';
  const caFile = join(folder, 'proxy-ca.pem');
  const originCaFile = join(folder, 'origin-ca.pem');
  writeFileSync(caFile, ca);
  writeFileSync(originCaFile, identity.ca);
  return {
    plain,
    secure,
    addresses: running.addresses,
    ca,
    caFile,
    originCa: identity.ca,
    originCaFile,
    async allReleased() {
      const port = portOf(running.addresses.proxyUrl);
      await until(() => countAccepted(port) === 0, 'every client of the forward proxy is gone', 5000);
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await plain[Symbol.asyncDispose]();
      await secure[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
