/** curl through every way there is, against what it gets directly. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unusedUrl } from './connections.ts';
import { type CurlResult, curl } from './curl.ts';
import { content, type Seen, sha256 } from './origin.ts';
import { type Proxied, startProxied } from './proxied.ts';
import { describeWith } from './requirement.ts';

const MIB = 1024 * 1024;
/** What curl and the origin say to each other is for no proxy to change. */
const isDirect = (way: string) => way === 'no proxy' || way === 'CONNECT to plain HTTP';
const seenBy = ({ body }: CurlResult): Seen => JSON.parse(body.toString());

describeWith({ curl: 'curl', openssl: 'openssl' }, 'curl', () => {
  let proxied: Proxied;
  beforeAll(async () => {
    proxied = await startProxied();
  });
  afterAll(() => proxied?.[Symbol.asyncDispose]());

  /** Each way to the origins, as a URL prefix and the options that lead there. */
  const WAYS: Record<string, () => { base: string; args: string[] }> = {
    // What is expected of the proxies must hold without them.
    'no proxy': () => ({ base: proxied.plain.url, args: [] }),
    'reverse proxy': () => ({ base: proxied.addresses.reverseUrl.replace(/\/$/, ''), args: [] }),
    'absolute form': () => ({ base: proxied.plain.url, args: ['-x', proxied.addresses.proxyUrl] }),
    'CONNECT to plain HTTP': () => ({
      base: proxied.plain.url,
      args: ['-x', proxied.addresses.proxyUrl, '--proxytunnel'],
    }),
    'intercepted HTTPS': () => ({
      base: proxied.secure.url,
      args: ['-x', proxied.addresses.proxyUrl, '--cacert', proxied.caFile],
    }),
  };

  for (const [name, way] of Object.entries(WAYS)) {
    const run = (path: string, args: string[] = [], stdin?: Uint8Array) => {
      const { base, args: route } = way();
      return curl([...route, ...args, `${base}${path}`], stdin);
    };

    describe(name, () => {
      it.each([
        ['nothing', '/bytes/0', 0],
        ['one byte', '/bytes/1', 1],
        ['8 MiB by length', `/bytes/${8 * MIB}`, 8 * MIB],
        ['8 MiB in chunks', `/bytes/${8 * MIB}?chunked`, 8 * MIB],
      ])('GET %s arrives as it was sent', async (_, path, bytes) => {
        const result = await run(path);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(sha256(result.body)).toBe(sha256(content(bytes)));
      });

      it.each([
        ['by length', [], '4194304'],
        ['in chunks', ['-H', 'Transfer-Encoding: chunked'], undefined],
      ])('-T uploads 4 MiB %s', async (_, framing, length) => {
        const bytes = content(4 * MIB);
        // By length, curl must know it: a file it can measure. From stdin it goes in chunks.
        const sized = length === undefined ? ['-T', '-'] : ['--data-binary', '@-', '-X', 'PUT'];
        const result = await run('/seen', [...sized, ...framing], bytes);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        const seen = seenBy(result);
        expect(seen).toMatchObject({ method: 'PUT', bytes: bytes.length, sha256: sha256(bytes) });
        expect(seen.headers['content-length']).toBe(length);
        expect(seen.headers['transfer-encoding']).toBe(length === undefined ? 'chunked' : undefined);
      });

      // Those that wait do so at the same time.
      it.concurrent('--limit-rate up: a slow upload arrives whole', async () => {
        const bytes = content(MIB);
        const result = await run('/seen', ['--limit-rate', '1M', '-T', '-'], bytes);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(seenBy(result)).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) });
        expect(result.seconds).toBeGreaterThan(0.5);
      });

      it.concurrent('--limit-rate down: a slow download arrives whole', async () => {
        // Short ones curl takes as they come.
        const result = await run(`/bytes/${32 * MIB}`, ['--limit-rate', '16M']);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(sha256(result.body)).toBe(sha256(content(32 * MIB)));
        expect(result.seconds).toBeGreaterThan(0.5);
      });

      it.concurrent('-N: server-sent events pass one by one, none lost', async () => {
        const result = await run('/events/500', ['-N', '--max-time', '2']);
        // The stream has no end: curl gives up on it, with everything that came.
        expect(result.exit).toBe(28);
        const ids = [...result.body.toString().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
        expect(ids).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
      });

      it('HEAD tells the length and has no body', async () => {
        const result = await run('/bytes/12345', ['-I', '--suppress-connect-headers']);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(result.heads).toMatch(/^content-length: 12345\r$/im);
        // curl prints the head in place of a body.
        expect(result.body.toString()).toBe(result.heads);
      });

      it('trailers reach curl', async () => {
        const result = await run('/trailers');
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(result.body.toString()).toBe('body with a trailer');
        // curl writes them behind the head.
        expect(result.heads).toMatch(/\r\n\r\nx-checksum: abc123\r\n/i);
      });

      it('--http1.0: a chunked answer is delimited by the end of the connection', async () => {
        // curl would offer "http/1.0" by ALPN, which no server takes.
        const result = await run(`/bytes/${MIB}?chunked`, ['--http1.0', '--no-alpn']);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(result.heads).not.toMatch(/^transfer-encoding/im);
        expect(sha256(result.body)).toBe(sha256(content(MIB)));
      });

      it("Expect: 100-continue: the upstream's own 100 sets the upload going", async () => {
        const bytes = content(MIB);
        // Without a 100, curl would wait for 15 s.
        const args = ['-H', 'Expect: 100-continue', '--expect100-timeout', '15', '--data-binary', '@-'];
        const result = await run('/seen', args, bytes);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(result.heads).toMatch(/^HTTP\/1\.1 100 Continue/m);
        expect(seenBy(result)).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) });
        expect(result.seconds).toBeLessThan(10);
      });

      it('Expect: 100-continue: a refusal comes instead of a 100, and the body stays where it is', async () => {
        const args = ['-H', 'Expect: 100-continue', '--expect100-timeout', '15', '--data-binary', '@-'];
        const result = await run('/deny', args, content(MIB));
        expect(result).toMatchObject({ exit: 0, status: 413 });
        expect(result.heads).not.toMatch(/^HTTP\/1\.1 100/m);
        expect(result.body.toString()).toBe('too much');
        expect(result.seconds).toBeLessThan(10);
      });

      it.skipIf(isDirect(name))('--http2: the offer of h2c is not taken and does not travel', async () => {
        const result = await run('/seen', ['--http2']);
        expect(result).toMatchObject({ exit: 0, status: 200, httpVersion: '1.1' });
        const { headers } = seenBy(result);
        expect(headers['upgrade']).toBeUndefined();
        expect(headers['http2-settings']).toBeUndefined();
      });

      it('--path-as-is: the path arrives unchanged', async () => {
        const path = '/a/../b/./%2e%2e/%00//c?d=/../e';
        const result = await run(path, ['--path-as-is']);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(seenBy(result).url).toBe(path);
      });

      it('several requests go over one connection', async () => {
        const { base, args } = way();
        const urls = Array.from({ length: 5 }, () => `${base}/bytes/1000`);
        const result = await curl([...args, '-v', ...urls]);
        expect(result).toMatchObject({ exit: 0, status: 200 });
        expect(result.body.length).toBe(5000);
        expect(result.stderr.match(/Re-using existing/g)?.length).toBe(4);
      });
    });
  }

  it('intercepted HTTPS: without the CA, curl refuses the certificate', async () => {
    const result = await curl(['-x', proxied.addresses.proxyUrl, `${proxied.secure.url}/seen`]);
    expect(result).toMatchObject({ exit: 60, status: 0, connectStatus: 200 });
  });

  it("intercepted HTTPS: the certificate is not the origin's", async () => {
    const trust = ['--cacert', proxied.originCaFile];
    expect((await curl([...trust, `${proxied.secure.url}/seen`])).status).toBe(200);
    const through = await curl(['-x', proxied.addresses.proxyUrl, ...trust, `${proxied.secure.url}/seen`]);
    expect(through.exit).toBe(60);
  });

  it.each(['reverse proxy', 'absolute form'])('%s: the PROXY protocol is refused with 400', async (name) => {
    const { base, args } = (WAYS[name] as () => { base: string; args: string[] })();
    const before = proxied.plain.arrived.length;
    const result = await curl([...args, '--haproxy-protocol', `${base}/seen`]);
    expect(result).toMatchObject({ exit: 0, status: 400 });
    expect(result.heads).toMatch(/^connection: close\r$/im);
    expect(proxied.plain.arrived.length).toBe(before);
  });

  it('CONNECT: a destination that refuses is 502, one that is not allowed 403, before any tunnel', async () => {
    const to = (url: string) => curl(['-x', proxied.addresses.proxyUrl, '--proxytunnel', url]);
    expect(await to(await unusedUrl())).toMatchObject({ exit: 56, connectStatus: 502 });
    expect(await to('http://169.254.169.254/')).toMatchObject({ exit: 56, connectStatus: 403 });
  });

  it('absolute form: a destination that refuses is 502, one that is not allowed 403', async () => {
    const to = (url: string) => curl(['-x', proxied.addresses.proxyUrl, url]);
    expect(await to(await unusedUrl())).toMatchObject({ exit: 0, status: 502 });
    expect(await to('http://169.254.169.254/')).toMatchObject({ exit: 0, status: 403 });
  });

  it('leaves no connection behind', () => proxied.allReleased());
});

describeWith({ curl: 'curl', openssl: 'openssl' }, 'curl through an opaque tunnel', () => {
  let proxied: Proxied;
  beforeAll(async () => {
    proxied = await startProxied('tunnel');
  });
  afterAll(() => proxied?.[Symbol.asyncDispose]());

  it("speaks TLS with the origin itself, under the origin's certificate", async () => {
    const args = ['-x', proxied.addresses.proxyUrl, '--cacert', proxied.originCaFile];
    const result = await curl([...args, `${proxied.secure.url}/bytes/${8 * MIB}`]);
    expect(result).toMatchObject({ exit: 0, status: 200, connectStatus: 200 });
    expect(sha256(result.body)).toBe(sha256(content(8 * MIB)));
    expect(proxied.addresses.caCertificate).toBeNull();
  });

  it('uploads in chunks, and leaves no connection behind', async () => {
    const bytes = content(4 * MIB);
    const args = ['-x', proxied.addresses.proxyUrl, '--cacert', proxied.originCaFile, '-T', '-'];
    const result = await curl([...args, `${proxied.secure.url}/seen`], bytes);
    expect(result).toMatchObject({ exit: 0, status: 200 });
    expect(seenBy(result)).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) });
    await proxied.allReleased();
  });
});
