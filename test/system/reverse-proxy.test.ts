import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { LedgerSnapshot } from '../../src/core/ledger.ts';
import { endToEndHeaders } from '../../src/system/http/headers.ts';
import { type RunningSystem, startSystem, until } from '../helpers/system.ts';

const run = promisify(execFile);
const eventsOf = ({ system }: RunningSystem) =>
  system.sample().boundaries['proxy.events']?.ledger as LedgerSnapshot;
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('reverse proxy', () => {
  it.each([0, 1, 4096, 4097, 1_000_000])('passes a body of %i bytes both ways unchanged', async (bytes) => {
    const body = randomBytes(bytes);
    let seen = '';
    await using running = await startSystem({
      origin: async (incoming, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming) chunks.push(chunk as Buffer);
        seen = sha(Buffer.concat(chunks));
        response.end(body);
      },
    });
    const answer = await fetch(running.addresses.reverseUrl, { method: 'POST', body });
    expect(sha(new Uint8Array(await answer.arrayBuffer()))).toBe(sha(body));
    expect(seen).toBe(sha(body));
    await until(() => running.system.sample().proxied.finished === 1, 'the request is finished');
    expect(eventsOf(running)).toMatchObject({ offered: 2, unaccounted: 0 });
  });

  it('serves curl, with chunked answers and its own status', async () => {
    await using running = await startSystem({
      origin: (_, response) => {
        response.writeHead(418, 'short and stout', { 'x-origin': 'yes' });
        response.write('part one, ');
        setImmediate(() => response.end('part two'));
      },
    });
    const { stdout } = await run('curl', ['-sS', '-i', running.addresses.reverseUrl]);
    expect(stdout).toMatch(/^HTTP\/1\.1 418 short and stout\r\n/);
    expect(stdout).toMatch(/x-origin: yes/i);
    expect(stdout).toMatch(/via: 1\.1 bpbench/i);
    expect(stdout.endsWith('part one, part two')).toBe(true);
  });

  it('answers 502 and reports failed when the origin hangs up without an answer', async () => {
    await using running = await startSystem({ origin: (incoming) => incoming.socket.destroy() });
    const answer = await fetch(running.addresses.reverseUrl);
    expect(answer.status).toBe(502);
    expect(running.system.sample().proxied).toMatchObject({ started: 1, finished: 0, failed: 1 });
    expect(eventsOf(running)).toMatchObject({ offered: 2, unaccounted: 0 });
  });

  it('cuts the client off when the origin breaks off in the middle of a body', async () => {
    await using running = await startSystem({
      origin: (_, response) => {
        response.writeHead(200, { 'content-length': '10000' });
        response.write('only this', () => response.destroy());
      },
    });
    const answer = fetch(running.addresses.reverseUrl).then((response) => response.text());
    await expect(answer).rejects.toThrow();
    await until(() => running.system.sample().proxied.failed === 1, 'the request has failed');
  });

  it('stops reading the origin when the client stops reading, and goes on without loss', async () => {
    const chunk = randomBytes(64 * 1024);
    const chunks = 3200; // 200 MiB: the kernel's buffers on two hops hold a part of it
    let sent = 0;
    await using running = await startSystem({
      origin: (_, response) => {
        const write = (): void => {
          while (sent < chunks) {
            sent++;
            if (!response.write(chunk)) return void response.once('drain', write);
          }
          response.end();
        };
        write();
      },
    });
    const incoming = await new Promise<IncomingMessage>((resolve) =>
      request(running.addresses.reverseUrl, resolve).end(),
    );
    incoming.pause();
    // Until nothing moves any more: the same count after many turns of the loop.
    let stable = 0;
    let last = -1;
    await until(() => {
      stable = sent === last ? stable + 1 : 0;
      last = sent;
      return stable > 20_000;
    }, 'the origin is stopped');
    expect(sent).toBeLessThan(chunks);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const part of incoming) {
      hash.update(part as Buffer);
      bytes += (part as Buffer).length;
    }
    const whole = createHash('sha256');
    for (let i = 0; i < chunks; i++) whole.update(chunk);
    expect(bytes).toBe(chunk.length * chunks);
    expect(hash.digest('hex')).toBe(whole.digest('hex'));
  });

  it('reports failed and lets go of the origin when the client goes away', async () => {
    let originClosed = false;
    await using running = await startSystem({
      origin: (incoming) => {
        incoming.socket.once('close', () => {
          originClosed = true;
        });
      },
    });
    const before = running.system.sample().tasks.byKind;
    const url = new URL(running.addresses.reverseUrl);
    const socket = connect(Number(url.port), url.hostname);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => running.system.sample().proxied.started === 1, 'the request is under way');
    expect(running.system.sample().tasks.byKind).not.toEqual(before);
    socket.resetAndDestroy();
    await until(
      () => originClosed && running.system.sample().proxied.failed === 1,
      'both sides are released',
    );
    expect(running.system.sample().tasks.byKind).toEqual(before);
  });

  it('makes requests wait for the consumer of their events under block, and not under drop-oldest', async () => {
    const waitersUnder = async (strategy: string): Promise<{ blocked: number; answered: number }> => {
      await using running = await startSystem({
        strategies: { 'proxy.events': strategy },
        serviceTimeMs: 60_000,
      });
      let answered = 0;
      const requests = Array.from({ length: 10 }, () =>
        fetch(running.addresses.reverseUrl).then(async (response) => {
          await response.text();
          answered++;
        }),
      );
      await until(
        () => answered === 10 || eventsOf(running).blocked === 10 - answered,
        'all are answered or wait',
      );
      const { blocked } = eventsOf(running);
      for (const one of requests) one.catch(() => {});
      return { blocked, answered };
    };
    // One event is in service and three are queued: two requests get through, or fewer.
    const block = await waitersUnder('block,capacity=3');
    expect(block.blocked).toBeGreaterThanOrEqual(8);
    expect(await waitersUnder('drop-oldest,capacity=3')).toEqual({ blocked: 0, answered: 10 });
  });
});

describe('header fields that a proxy passes on', () => {
  it('leaves out those of one connection, and those that Connection lists', () => {
    expect(
      endToEndHeaders([
        'Host',
        'a',
        'Connection',
        'close, X-Secret',
        'X-Secret',
        '1',
        'Transfer-Encoding',
        'chunked',
        'X-Kept',
        '2',
        'Set-Cookie',
        'a',
        'Set-Cookie',
        'b',
      ]),
    ).toEqual(['Host', 'a', 'X-Kept', '2', 'Set-Cookie', 'a', 'Set-Cookie', 'b']);
  });
  it('does not let Connection strip what frames or routes the message', () => {
    expect(
      endToEndHeaders(['Connection', 'content-length, host', 'Content-Length', '3', 'Host', 'a']),
    ).toEqual(['Host', 'a']);
  });
});
