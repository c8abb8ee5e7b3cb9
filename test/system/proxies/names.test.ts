/** Rows 20, 29, 31 and 37: names that are slow, dead or change, clients that leave meanwhile, and loops. */
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FullBacklog } from '../../helpers/full-backlog.ts';
import { statusOf, valuesOf } from '../../helpers/message-reader.ts';
import { RawClient } from '../../helpers/raw-http.ts';
import { startSystem, until } from '../../helpers/system.ts';
import { type Identity, testAuthority } from '../../helpers/tls-origin.ts';
import { openTunnel } from './entrances.ts';
import { Trial, type TrialOptions } from './trial.ts';

const WAYS = ['absolute form', 'tunnel', 'interception'] as const;
type Way = (typeof WAYS)[number];

const startWay = (way: Way, options: TrialOptions = {}): Promise<Trial> =>
  Trial.start(way === 'interception' ? 'intercepted' : 'forward', options);

/** The first bytes for `authority`: a request, or the CONNECT before it. */
const ask = (way: Way, authority: string): string =>
  way === 'absolute form'
    ? `GET http://${authority}/x HTTP/1.1\r\nHost: ${authority}\r\n\r\n`
    : `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;

/** Behind an interception the upstream speaks TLS. */
const tls = (way: Way, identity: Identity) => (way === 'interception' ? { identity } : {});

async function dial(trial: Trial): Promise<RawClient> {
  return trial.adopt(await RawClient.connect(trial.running.addresses.proxyUrl));
}

async function statusFor(trial: Trial, way: Way, authority: string): Promise<number> {
  const client = await dial(trial);
  client.write(ask(way, authority));
  await until(() => client.received.includes('\r\n\r\n') || client.isOver, 'an answer');
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(client.received.toString('latin1'))?.[1]);
}

const dialsOf = (trial: Trial) => trial.running.system.sample().tasks.byKind['upstream.dial'] ?? 0;

describe('row 20: a client that resets while the upstream is dialled', () => {
  it.each([...WAYS, 'reverse'] as const)('%s: the dial is given up within 100 ms', async (way) => {
    await using full = await FullBacklog.start();
    const settings = { upstream: { connectTimeoutMs: 60_000 } };
    await using running = await startSystem({
      originUrl: `http://127.0.0.1:${full.port}`,
      settings: { ...settings, forward: { connect: way === 'interception' ? 'intercept' : 'tunnel' } },
    });
    const { system, addresses } = running;
    const dials = () => system.sample().tasks.byKind['upstream.dial'] ?? 0;
    const client = await RawClient.connect(way === 'reverse' ? addresses.reverseUrl : addresses.proxyUrl);
    client.write(
      way === 'reverse' ? 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n' : ask(way, `127.0.0.1:${full.port}`),
    );
    await until(() => dials() === 1, 'the upstream is dialled');
    const resetMs = performance.now();
    client.reset();
    await until(() => dials() === 0, 'the dial is given up', 2000);
    expect(performance.now() - resetMs).toBeLessThan(100);
    const codes = () => system.sample().terminations?.[way === 'reverse' ? 'reverse' : 'forward'].codes ?? {};
    await until(() => Object.keys(codes()).length > 0, 'it is booked');
    expect(codes()).toEqual({ [way === 'absolute form' || way === 'reverse' ? 'CH' : 'CC']: 1 });
  });
});

describe.each(WAYS)('row 29, %s:', (way) => {
  const names = ['a.test', 'b.test'];
  const settings = { forward: { allowHosts: names } };

  it('waits for a name that is slow, and keeps nobody else waiting', async () => {
    let answer: (addresses: readonly string[]) => void = () => {};
    const slow = new Promise<readonly string[]>((resolve) => {
      answer = resolve;
    });
    const lookup = (host: string) => (host === 'a.test' ? slow : Promise.resolve(['127.0.0.1']));
    const identity = testAuthority().issue({ names });
    await using trial = await startWay(way, {
      settings,
      ...tls(way, identity),
      parts: { resolver: { lookup } },
    });
    const { port } = trial.upstream;
    const waiting = statusFor(trial, way, `a.test:${port}`);
    expect(await statusFor(trial, way, `b.test:${port}`)).toBe(200);
    answer(['127.0.0.1']);
    expect(await waiting).toBe(200);
  });

  it('gives up a name that is not resolved in time, with 502 and sC', async () => {
    const resolver = { lookup: () => new Promise<never>(() => {}), lookupTimeoutMs: 200 };
    await using trial = await startWay(way, { settings, parts: { resolver } });
    const begunMs = performance.now();
    expect(await statusFor(trial, way, `a.test:${trial.upstream.port}`)).toBe(502);
    expect(performance.now() - begunMs).toBeLessThan(2000);
    expect(dialsOf(trial)).toBe(0);
  });

  it('goes on to the next address when the first is dead', async () => {
    const identity = testAuthority().issue({ names });
    const resolver = { lookup: async () => ['127.0.0.2', '127.0.0.1'] };
    await using trial = await startWay(way, { settings, ...tls(way, identity), parts: { resolver } });
    expect(await statusFor(trial, way, `a.test:${trial.upstream.port}`)).toBe(200);
  });

  it('dials the address that was checked, though the name has another by then', async () => {
    const looked: string[] = [];
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1', '10.0.0.1'], ['127.0.0.2']];
    const lookup = async (host: string) => {
      looked.push(host);
      return answers[looked.length - 1] ?? [];
    };
    const identity = testAuthority().issue({ names });
    await using trial = await startWay(way, {
      settings: { forward: {} },
      ...tls(way, identity),
      parts: { resolver: { lookup } },
    });
    const authority = `a.test:${trial.upstream.port}`;
    const before = trial.upstream.connections.length;
    expect(await statusFor(trial, way, authority)).toBe(200);
    expect(looked).toHaveLength(1); // and the dial asks nobody again
    expect(trial.upstream.connections.length).toBe(before + 1);
    expect(await statusFor(trial, way, authority)).toBe(403);
    expect(await statusFor(trial, way, authority)).toBe(403);
    // The connection that is kept leads elsewhere than the name does now.
    expect(await statusFor(trial, way, authority)).toBe(502);
    expect(trial.upstream.connections.length).toBe(before + 1);
  });
});

describe('row 31: international names', () => {
  const host = 'xn--bcher-kva.test';
  const options: TrialOptions = {
    settings: { forward: { allowHosts: [host] } },
    parts: { resolver: { lookup: async () => ['127.0.0.1'] } },
  };
  const identity = testAuthority().issue({ names: [host] });
  const start = (way: Way) => startWay(way, { ...options, ...tls(way, identity) });

  it('in ASCII form they are names like any other: certified under that form', async () => {
    await using trial = await start('interception');
    const client = await dial(trial);
    await openTunnel(client, `${host.toUpperCase()}:${trial.upstream.port}`);
    let names = '';
    await client.startTls({
      servername: host,
      ca: trial.running.addresses.caCertificate ?? '',
      checkServerIdentity: (_, { subjectaltname = '' }) => {
        names = subjectaltname;
        return undefined;
      },
    });
    expect(names).toBe(`DNS:${host}`);
    client.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect((await client.answer()).body.toString()).toBe('ok');
  });

  it('in ASCII form they pass in the absolute form', async () => {
    await using trial = await start('absolute form');
    const authority = `${host}:${trial.upstream.port}`;
    expect(await statusFor(trial, 'absolute form', authority)).toBe(200);
    expect(valuesOf(trial.upstream.requests()[0]!, 'host')).toEqual([authority]);
  });

  it.each(WAYS)('in any other form they are refused and never dialled: %s', async (way) => {
    await using trial = await start(way);
    for (const name of [
      'b\u00fccher.test',
      'bu\u0308cher.test',
      'b%C3%BCcher.test',
      'xn--.test',
      '\u3002test',
    ])
      expect([400, 403], name).toContain(
        await statusFor(trial, way, Buffer.from(`${name}:${trial.upstream.port}`).toString('latin1')),
      );
    expect(trial.upstream.connections).toEqual([]);
  });
});

describe('row 37: a loop over both proxies', () => {
  it('forward, reverse, forward: 508 within a second, and no proxy is passed three times', async () => {
    // An application behind the reverse proxy that asks the reverse proxy again, by way of the forward proxy.
    let forward = '';
    let reverse = '';
    const vias: (string | undefined)[] = [];
    const app = createServer((incoming, response) => {
      vias.push(incoming.headers.via);
      const { hostname, port } = new URL(forward);
      const headers = { ...incoming.headers, host: new URL(reverse).host };
      send({ hostname, port, path: `${reverse}again`, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 500);
        answer.pipe(response);
      }).end();
    });
    await once(app.listen(0, '127.0.0.1'), 'listening');
    await using running = await startSystem({
      originUrl: `http://127.0.0.1:${(app.address() as AddressInfo).port}`,
    });
    forward = running.addresses.proxyUrl;
    reverse = running.addresses.reverseUrl;
    const client = await RawClient.connect(forward);
    const begunMs = performance.now();
    client.write(`GET ${reverse}x HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(statusOf((await client.answer()).startLine)).toBe(508);
    expect(performance.now() - begunMs).toBeLessThan(1000);
    expect(vias).toHaveLength(1);
    expect(vias[0]?.split(',')).toHaveLength(2);
    client.destroy();
    app.closeAllConnections();
    app.close();
  });
});
