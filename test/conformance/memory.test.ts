/** What a client can make a server hold: measured in a process that has nothing else to do. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deflater } from '../helpers/deflate.ts';
import { RawWebSocket } from '../helpers/raw-websocket.ts';
import { binary, ping, text } from '../helpers/websocket-frames.ts';
import { ChildSystem } from '../system/proxies/child-system.ts';
import { createEntrance } from '../system/proxies/entrances.ts';
import { MIB } from './cases/framing.ts';
import { portOf } from './paths.ts';

/** Garbage that is not collected yet, and what a process grows by anyway. */
const BOUND_BYTES = 40 * MIB;

let child: ChildSystem;
beforeAll(async () => {
  child = await ChildSystem.start({ settings: { ws: { deflate: 'context' } } });
  const first = await open({ extensions: 'permessage-deflate' }); // so that all code is loaded
  await first.write(text(new Deflater().deflate('x'), { reserved: 4 }));
  await first.hears(1);
  first.destroy();
});
afterAll(() => child?.[Symbol.asyncDispose]());

async function open(offer: { extensions?: string } = {}): Promise<RawWebSocket> {
  const entrance = createEntrance('direct', child.addresses, portOf(child.addresses.wsEchoUrl));
  const client = await entrance.open();
  return RawWebSocket.shake(client, (fields) => entrance.head('GET', '/echo', ...fields), offer);
}

/** By how much the process has at most grown while `act` ran, in bytes, as the kernel counts. */
async function growth(act: () => Promise<void>): Promise<number> {
  await child.read('exact');
  const { pid } = child;
  const before = statusOf(pid, 'VmRSS');
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, statusOf(pid, 'VmRSS'));
  }, 5);
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  return Math.max(peak, statusOf(pid, 'VmRSS')) - before;
}

function statusOf(pid: number, field: 'VmRSS'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`${field}:\\s+(\\d+) kB`));
  return Number(line?.[1]) * 1024;
}

async function closeCode(socket: RawWebSocket): Promise<number | undefined> {
  const code = (await socket.closes())?.payload.readUInt16BE(0);
  socket.destroy();
  return code;
}

describe.runIf(process.platform === 'linux')('memory', () => {
  it('100 frames that claim to be huge cost nothing', async () => {
    const claims = [2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 63n, 2n ** 64n - 1n];
    const grown = await growth(async () => {
      for (let i = 0; i < 100; i++) {
        const socket = await open();
        await socket.write(
          binary(Buffer.alloc(1000), { declaredLength: claims[i % claims.length] as bigint }),
        );
        expect(await closeCode(socket)).toBe(1009);
      }
    });
    expect(grown).toBeLessThan(BOUND_BYTES);
  });

  it('20 bombs of 65 kB, which would be 64 MiB each, are closed with 1009 and never inflated', async () => {
    const bomb = new Deflater().deflate(Buffer.alloc(64 * MIB));
    expect(bomb.length).toBeLessThan(66_000);
    const frame = binary(bomb, { reserved: 4 });
    const grown = await growth(async () => {
      const sockets = await Promise.all(
        Array.from({ length: 20 }, () => open({ extensions: 'permessage-deflate' })),
      );
      for (const socket of sockets) void socket.write(frame);
      for (const socket of sockets) expect(await closeCode(socket)).toBe(1009);
    });
    expect(grown).toBeLessThan(BOUND_BYTES);
  });

  it('a client that reads nothing, and sends 96 MiB of pings, makes the server hold a bounded part of it', async () => {
    const socket = await open();
    socket.pause();
    const flood = Buffer.concat(Array.from({ length: 8192 }, () => ping(Buffer.alloc(122))));
    const grown = await growth(async () => {
      for (let sent = 0; sent < 96 && (await isTaken(socket, flood)); sent++);
    });
    socket.destroy();
    expect(grown).toBeLessThan(BOUND_BYTES);
    const next = await open();
    await next.write(ping('still there?'));
    await next.hears(1);
    next.destroy();
  });

  it('of a flood of pings from a client that reads, the last one is answered, and none twice', async () => {
    const socket = await open();
    const total = 20_000;
    await socket.write(Buffer.concat(Array.from({ length: total }, (_, at) => ping(String(at)))));
    const last = () => socket.heard.at(-1)?.payload.toString();
    await socket.until(() => last() === String(total - 1), 'the last ping is answered');
    const answered = socket.of('pong').map(({ payload }) => Number(payload));
    expect(answered.every((number, at) => at === 0 || number > (answered[at - 1] as number))).toBe(true);
    socket.destroy();
  });
});

/** Whether the server still reads: false once it has taken nothing in a hundred turns of 10 ms; not reading tells of itself by nothing else. */
async function isTaken(socket: RawWebSocket, bytes: Buffer): Promise<boolean> {
  let isWritten = false;
  void socket.write(bytes).then(() => {
    isWritten = true;
  });
  for (let waitedMs = 0; waitedMs < 1000 && !isWritten; waitedMs += 10)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return isWritten;
}
