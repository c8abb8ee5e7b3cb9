/** Clients and servers that come and go in every bad way leave nothing behind in the system. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../helpers/raw-http.ts';
import { OK, RawUpstream } from '../../helpers/raw-upstream.ts';
import { until } from '../../helpers/system.ts';
import { testAuthority } from '../../helpers/tls-origin.ts';
import { ChildSystem } from './child-system.ts';
import { createEntrance, type Entrance, openTunnel, type PathName } from './entrances.ts';
import type { Reading } from './system.child.ts';

const CYCLES = process.env['BPBENCH_CI'] === undefined ? 240 : 1000;
/** As many as it takes for caches and compiled code to be there. */
const WARM_UP_CYCLES = 160;
const AT_A_TIME = 8;
const BACK_WITHIN_MS = 5000;
/** What a heap of this size varies by, collected or not; 1,000 connections with their streams are some 20 MB. */
const HEAP_NOISE_BYTES = 2_500_000;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An opaque tunnel says nothing to what is no request. */
const brieflyOver = (client: RawClient) => client.over(20).catch(() => {});

type Abuse = (client: RawClient, entrance: Entrance) => void | Promise<void>;

const ABUSES: Record<string, Abuse> = {
  'RST before any byte': (client) => client.reset(),
  'RST in the head': async (client, { head }) => {
    client.write(head('GET', '/x'));
    await turn();
    client.reset();
  },
  'RST in the body': async (client, { head }) => {
    client.write(`${head('POST', '/x', 'Content-Length: 90')}\r\nhello`);
    await turn();
    await turn();
    client.reset();
  },
  'FIN in the body': async (client, { head }) => {
    client.write(`${head('POST', '/x', 'Content-Length: 90')}\r\nhello`);
    await turn();
    client.end();
    await client.over();
  },
  'RST in the answer': async (client, { head }) => {
    client.write(`${head('GET', '/part')}\r\n`);
    await until(() => client.received.length > 0 || client.isOver, 'a part of the answer');
    client.reset();
  },
  'a head in pieces': async (client, { head }) => {
    const bytes = `${head('GET', '/x')}\r\n`;
    for (let at = 0; at < bytes.length; at += 20) {
      client.write(bytes.slice(at, at + 20));
      await turn();
    }
    await client.answer();
  },
  garbage: async (client) => {
    client.write('\x8f\x00\xff\r\n\r\n');
    await brieflyOver(client);
  },
  'FIN after the request': async (client, { head }) => {
    client.write(`${head('GET', '/x')}\r\n`);
    client.end();
    await client.answer();
  },
  'a ClientHello, cut off': async (client) => {
    client.write('\x16\x03\x01\x00\xa5\x01\x00');
    await turn();
    client.reset();
  },
  'upstream resets': async (client, { head }) => {
    client.write(`${head('GET', '/reset')}\r\n`);
    await until(() => client.received.length > 0 || client.isOver, 'the failure');
  },
  'upstream breaks off': async (client, { head }) => {
    client.write(`${head('GET', '/truncate')}\r\n`);
    await until(() => client.received.length > 0 || client.isOver, 'the failure');
  },
  'a refused request': async (client, { head }) => {
    client.write(`${head('GET', '/x', 'Host: twice')}\r\n`);
    await brieflyOver(client);
  },
};

/** A handshake that the client gives up because it does not trust the proxy. */
async function rejectCertificate(proxyUrl: string, entrance: Entrance): Promise<void> {
  const client = await RawClient.connect(proxyUrl);
  await openTunnel(client, entrance.host);
  await client.startTls({ servername: 'localhost' }).catch(() => {});
  client.destroy();
}

async function abuse(entrance: Entrance, proxyUrl: string, cycles: number): Promise<void> {
  const names = Object.keys(ABUSES);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < cycles) {
      const turnOf = next++;
      const name = names[turnOf % names.length] as string;
      if (entrance.name === 'intercepted' && turnOf % 5 === 0) await rejectCertificate(proxyUrl, entrance);
      const client = await entrance.open();
      try {
        await ABUSES[name]?.(client, entrance);
      } catch (error) {
        throw new Error(`${entrance.name}, ${name}`, { cause: error });
      } finally {
        client.destroy();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

/** What counts; connections that the pool keeps for reuse are no leak. */
function summarize({ tasks, resources, idleUpstream, openClients, unaccounted, incidents }: Reading) {
  return {
    tasks,
    sockets: (resources['TCPSocketWrap'] ?? 0) - idleUpstream,
    // Each pool has one that looks after what is idle.
    timers: Math.max(0, (resources['Timeout'] ?? 0) - 2),
    others: Object.fromEntries(
      Object.entries(resources).filter(([kind]) => !['TCPSocketWrap', 'Timeout', 'TTYWrap'].includes(kind)),
    ),
    openClients,
    unaccounted,
    incidents,
  };
}

describe.each(['reverse', 'forward', 'connect', 'intercepted'] as const)('%s', (path: PathName) => {
  it(`is as before after ${CYCLES} connections that were abused`, async () => {
    await using upstream = await RawUpstream.start(
      {
        onRequest: ({ startLine }, connection) => {
          if (startLine.includes('/part'))
            connection.write(`HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(90_000)}`);
          else if (startLine.includes('/truncate')) {
            connection.write(`HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n${'x'.repeat(9000)}`);
            connection.close('fin');
          } else if (startLine.includes('/reset')) connection.close('rst');
          else connection.write(OK);
        },
      },
      path === 'intercepted' ? testAuthority().issue({ names: ['localhost'] }) : undefined,
    );
    await using child = await ChildSystem.start({
      originUrl: `http://127.0.0.1:${upstream.port}`,
      settings: {
        forward: {
          connect: path === 'intercepted' ? 'intercept' : 'tunnel',
          upstreamCa: testAuthority().certificate,
        },
      },
    });
    const entrance = createEntrance(path, child.addresses, upstream.port);
    await abuse(entrance, child.addresses.proxyUrl, WARM_UP_CYCLES);
    const quiet = async (isBack: (reading: Reading) => boolean): Promise<Reading> => {
      const untilMs = performance.now() + BACK_WITHIN_MS;
      for (;;) {
        const reading = await child.read('exact');
        if (isBack(reading) || performance.now() > untilMs) return reading;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const before = await quiet(({ openClients }) => openClients === 0);
    expect(before.openClients, 'open after the warm-up').toBe(0);
    const expected = { ...summarize(before), unaccounted: 0, incidents: [] };
    // A timer of the warm-up may have been there still; fewer is no leak.
    const compare = (reading: Reading) => {
      const summary = summarize(reading);
      return { ...summary, timers: Math.max(summary.timers, expected.timers) };
    };
    await abuse(entrance, child.addresses.proxyUrl, CYCLES);
    const after = await quiet((reading) => isDeepStrictEqual(compare(reading), expected));
    expect(compare(after)).toEqual(expected);
    expect(Object.keys(after.codes).filter((code) => code.startsWith('I'))).toEqual([]);
    const grownBytes = after.heapUsedBytes - before.heapUsedBytes;
    process.stdout.write(
      `${path.padEnd(12)} heap ${(before.heapUsedBytes / 1e6).toFixed(1)} MB, ${(grownBytes / 1e6).toFixed(2)} MB more after ${CYCLES} cycles; ${JSON.stringify(after.codes)}\n`,
    );
    expect(grownBytes).toBeLessThan(HEAP_NOISE_BYTES);
  }, 120_000);
});
