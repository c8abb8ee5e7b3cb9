/** The published proxy agents of npm, over HTTP and over intercepted HTTPS. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unusedUrl } from './connections.ts';
import { NPM_CLIENTS, type NpmClient } from './npm-clients.ts';
import { content, type Seen, sha256, type TestOrigin } from './origin.ts';
import { type Proxied, startProxied } from './proxied.ts';
import { describeWith } from './requirement.ts';

const MIB = 1024 * 1024;
const BY_ENVIRONMENT = fileURLToPath(new URL('./by-environment.ts', import.meta.url));

describeWith({ openssl: 'openssl' }, 'npm clients', () => {
  let proxied: Proxied;
  beforeAll(async () => {
    proxied = await startProxied();
  });
  afterAll(() => proxied?.[Symbol.asyncDispose]());

  for (const [name, kind] of Object.entries(NPM_CLIENTS)) {
    for (const scheme of ['http', 'https'] as const) {
      const form = scheme === 'https' ? 'intercepted CONNECT' : kind.plain;
      describe(`${name}, ${scheme} by ${form}`, () => {
        let client: NpmClient;
        let origin: TestOrigin;
        beforeEach(() => {
          client = kind.open({ proxyUrl: proxied.addresses.proxyUrl, ca: proxied.ca });
          origin = scheme === 'https' ? proxied.secure : proxied.plain;
        });
        // Every test ends with every socket released.
        afterEach(async () => {
          await client.close();
          await proxied.allReleased();
        });

        it('GETs 1 MiB', async () => {
          const { status, body } = await client.request(`${origin.url}/bytes/${MIB}`);
          expect(status).toBe(200);
          expect(sha256(body)).toBe(sha256(content(MIB)));
        });

        it('POSTs 1 MiB', async () => {
          const body = content(MIB);
          const answer = await client.request(`${origin.url}/seen`, { method: 'POST', body });
          const seen: Seen = JSON.parse(answer.body.toString());
          expect(seen).toMatchObject({ method: 'POST', url: '/seen', bytes: MIB, sha256: sha256(body) });
        });

        it('sends 40 requests, 8 at a time, and gets each its own answer', async () => {
          const sizes = Array.from({ length: 40 }, (_, at) => at * 137);
          const got: number[] = [];
          for (let at = 0; at < sizes.length; at += 8) {
            const answers = await Promise.all(
              sizes.slice(at, at + 8).map((size) => client.request(`${origin.url}/bytes/${size}`)),
            );
            for (const { status, body } of answers) got.push(status === 200 ? body.length : -status);
          }
          expect(got).toEqual(sizes);
        });

        it('keeps a path of 8,000 characters', async () => {
          const path = `/${'x'.repeat(8000)}?y=1`;
          const { status, body } = await client.request(`${origin.url}${path}`);
          expect(status).toBe(200);
          expect((JSON.parse(body.toString()) as Seen).url).toBe(path);
        });

        it('hears 502 of a destination that refuses', async () => {
          const url = (await unusedUrl()).replace('http:', `${scheme}:`);
          expect(await outcomeOf(client, url)).toContain('502');
        });

        it('hears 403 of a destination that is not allowed', async () => {
          expect(await outcomeOf(client, `${scheme}://169.254.169.254/`)).toContain('403');
        });
      });
    }
  }

  describe.each([
    ['global-agent', { GLOBAL_AGENT_FORCE_GLOBAL_AGENT: 'true' }],
    ["Node's own NODE_USE_ENV_PROXY", { NODE_USE_ENV_PROXY: '1' }],
  ])('%s, told by the environment', (name, env) => {
    it('sends what the program does through the proxy', async () => {
      const proxyUrl = proxied.addresses.proxyUrl;
      const before = [proxied.plain.arrived.length, proxied.secure.arrived.length];
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [BY_ENVIRONMENT, name, proxied.plain.url, proxied.secure.url],
        {
          env: {
            ...env,
            PATH: process.env['PATH'],
            GLOBAL_AGENT_HTTP_PROXY: proxyUrl,
            HTTP_PROXY: proxyUrl,
            HTTPS_PROXY: proxyUrl,
            // Not that of the origin: only what went through the proxy is trusted.
            NODE_EXTRA_CA_CERTS: proxied.caFile,
          },
        },
      );
      const [plain, secure] = JSON.parse(stdout) as [Seen, Seen];
      for (const seen of [plain, secure])
        expect(seen).toMatchObject({ method: 'POST', url: '/seen', bytes: MIB });
      expect(plain.headers['via']).toMatch(/^1\.1 /);
      expect([proxied.plain.arrived.length, proxied.secure.arrived.length]).toEqual(
        before.map((count) => count + 1),
      );
      await proxied.allReleased();
    });
  });
});

/** The status of the answer, or what the client says of a CONNECT that was refused. */
function outcomeOf(client: NpmClient, url: string): Promise<string> {
  return client.request(url).then(
    ({ status }) => `answered ${status}`,
    (error: Error) => [error.message, (error.cause as Error | undefined)?.message].join(' '),
  );
}
