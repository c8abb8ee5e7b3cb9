/** Tunnels carry every byte, both ways, whatever the sides do: cut, half-close, stall, reset. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { until } from '../../helpers/system.ts';
import { type Client, Peer, Rig } from './rig.ts';

const MIB = 1024 * 1024;

/** A client and the peer behind the proxy, joined. */
async function openTunnel(rig: Rig, peer: Peer): Promise<{ client: Client; here: Socket; there: Socket }> {
  const known = peer.sockets.length;
  const client = rig.dial(`127.0.0.1:${peer.port}`);
  const here = await client.opened();
  await until(() => peer.sockets.length === known + 1, 'the peer is reached');
  return { client, here, there: peer.sockets[known]! };
}

class Received {
  readonly hash = createHash('sha256');
  length = 0;
  readonly ended: Promise<unknown>;

  constructor(socket: Socket) {
    this.ended = once(socket, 'end');
    this.ended.catch(() => {});
    socket.on('data', (bytes: Buffer) => {
      this.hash.update(bytes);
      this.length += bytes.length;
    });
    socket.resume();
  }
}

/** Writes `total` bytes in pieces of the given sizes, in turn; answers with their hash. */
async function send(socket: Socket, total: number, sizes: readonly number[]): Promise<string> {
  const block = randomBytes(Math.max(...sizes));
  const hash = createHash('sha256');
  for (let sent = 0, i = 0; sent < total; i++) {
    const piece = block.subarray(0, Math.min(sizes[i % sizes.length] as number, total - sent));
    hash.update(piece);
    sent += piece.length;
    if (!socket.write(piece)) await once(socket, 'drain');
    else if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return hash.digest('hex');
}

describe('tunnel', () => {
  it('carries random bytes both ways at once, in random pieces, with half-closes in either order', async () => {
    await using rig = await Rig.start();
    await using peer = await Peer.start();
    const direction = fc.record({
      total: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 600_000 })),
      sizes: fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        direction,
        direction,
        fc.constantFrom('both', 'client first', 'upstream first'),
        async (up, down, order) => {
          const { here, there } = await openTunnel(rig, peer);
          const atPeer = new Received(there);
          const atClient = new Received(here);
          const upload = async (): Promise<string> => {
            const hash = await send(here, up.total, up.sizes);
            here.end();
            return hash;
          };
          const download = async (): Promise<string> => {
            const hash = await send(there, down.total, down.sizes);
            there.end();
            return hash;
          };
          let hashes: string[];
          if (order === 'both') hashes = await Promise.all([upload(), download()]);
          else if (order === 'client first') {
            const first = await upload();
            await atPeer.ended;
            hashes = [first, await download()];
          } else {
            const second = await download();
            await atClient.ended;
            hashes = [await upload(), second];
          }
          await Promise.all([atPeer.ended, atClient.ended]);
          expect([atPeer.hash.digest('hex'), atClient.hash.digest('hex')]).toEqual(hashes);
          expect([atPeer.length, atClient.length]).toEqual([up.total, down.total]);
        },
      ),
      { numRuns: 60 },
    );
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ '--': rig.told.length });
    expect(rig.told.every(({ end }) => end !== undefined && 'finished' in end)).toBe(true);
  });

  it('carries 256 MiB with flat memory', async () => {
    await using rig = await Rig.start();
    await using peer = await Peer.start();
    const { here, there } = await openTunnel(rig, peer);
    const received = new Received(there);
    const hash = await send(here, 256 * MIB, [MIB]);
    here.end();
    await received.ended;
    there.end();
    expect(received.length).toBe(256 * MIB);
    expect(received.hash.digest('hex')).toBe(hash);
    await rig.settled();
  }, 120_000);

  it.each(['client', 'upstream'] as const)(
    'row 30: passes on the half-close of the %s at once, and goes on the other way',
    async (side) => {
      await using rig = await Rig.start();
      await using peer = await Peer.start();
      const { here, there } = await openTunnel(rig, peer);
      const [ender, other] = side === 'client' ? [here, there] : [there, here];
      const heard = new Received(other);
      const answer = new Received(ender);
      ender.end('last words');
      await heard.ended;
      expect(heard.length).toBe(10);
      for (let i = 0; i < 20; i++) {
        other.write('still here ');
        await until(() => answer.length === 11 * (i + 1), 'the other way goes on');
      }
      other.end();
      await answer.ended;
      await rig.settled();
      expect(rig.terminations.sample().codes).toEqual({ '--': 1 });
    },
  );

  it.each(['client', 'upstream'] as const)('passes on the reset of the %s as a reset', async (side) => {
    await using rig = await Rig.start();
    await using peer = await Peer.start();
    const { here, there } = await openTunnel(rig, peer);
    const [breaker, other] = side === 'client' ? [here, there] : [there, here];
    breaker.resume();
    const heard = new Received(other);
    breaker.write('half a mess');
    await until(() => heard.length === 11, 'the first part has come');
    const broken = once(other, 'error');
    breaker.resetAndDestroy();
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ [side === 'client' ? 'CD' : 'SD']: 1 });
    expect(rig.told).toMatchObject([{ end: { failed: expect.stringContaining(side) } }]);
    expect(rig.pool.sample().open).toBe(0);
  });

  it('delivers the answer of an upstream that closes while the client still sends', async () => {
    await using rig = await Rig.start();
    const answer = randomBytes(3 * MIB);
    await using peer = await Peer.start((socket) => {
      socket.once('data', () => {
        socket.pause();
        // In the end everything is read, so that the server's own close is in order.
        socket.end(answer, () => socket.resume());
      });
    });
    const { here } = await openTunnel(rig, peer);
    const received = new Received(here);
    const timer = setInterval(() => here.writable && here.write(Buffer.alloc(20_000)), 1);
    await received.ended;
    clearInterval(timer);
    expect(received.hash.digest('hex')).toBe(createHash('sha256').update(answer).digest('hex'));
    here.end();
    await rig.settled();
  });

  it('releases an upstream that sends without end once a client that had half-closed is gone', async () => {
    await using rig = await Rig.start();
    await using peer = await Peer.start();
    const { here, there } = await openTunnel(rig, peer);
    const heard = new Received(there);
    here.end('request');
    await heard.ended;
    const pour = (): void => {
      while (!there.destroyed && there.write(Buffer.alloc(65_536)));
    };
    there.on('drain', pour);
    pour();
    await once(here.resume(), 'data');
    const gone = new Promise((resolve) => there.once('close', resolve));
    const leftMs = performance.now();
    here.resetAndDestroy();
    await gone;
    expect(performance.now() - leftMs).toBeLessThan(1500);
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ CD: 1 });
  });

  it.each(['client', 'upstream'] as const)(
    'stops the sender when the %s does not read, holds at most twice the high-water mark, and loses nothing',
    async (frozen) => {
      await using rig = await Rig.start();
      await using peer = await Peer.start();
      const { here, there } = await openTunnel(rig, peer);
      const [reader, writer] = frozen === 'client' ? [here, there] : [there, here];
      const hash = createHash('sha256');
      const block = randomBytes(65_536);
      let sent = 0;
      const pour = (): void => {
        let goesOn = true;
        while (goesOn) {
          hash.update(block);
          sent += block.length;
          goesOn = writer.write(block);
        }
      };
      writer.on('drain', pour);
      pour();
      // It stands still once a hundred turns of the loop, 5 ms each, have moved nothing.
      for (let still = 0, seen = -1; still < 100; still++) {
        if (sent !== seen) still = 0;
        seen = sent;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const proxySide = [...rig.sockets][0] as Socket;
      const held = proxySide.writableLength + proxySide.readableLength;
      expect(held).toBeLessThanOrEqual(2 * proxySide.writableHighWaterMark + 65_536);
      writer.off('drain', pour);
      writer.end();
      const received = new Received(reader);
      await received.ended;
      reader.end();
      writer.resume();
      expect(received.length).toBe(sent);
      expect(received.hash.digest('hex')).toBe(hash.digest('hex'));
      await rig.settled();
    },
    120_000,
  );

  it('ends a tunnel through which nothing goes, and none through which something does', async () => {
    await using rig = await Rig.start({ forward: { idleTimeoutMs: 200 } });
    await using peer = await Peer.start((socket) => socket.resume());
    const quiet = await openTunnel(rig, peer);
    const busy = await openTunnel(rig, peer);
    quiet.here.resume();
    let dots = 0;
    busy.here.on('data', (part: Buffer) => {
      dots += part.length;
    });
    busy.here.resume();
    const timer = setInterval(() => busy.there.write('.'), 20);
    await once(quiet.here, 'end');
    await until(() => rig.terminations.sample().codes['cD'] === 1, 'the quiet one is booked');
    const before = dots;
    // Twenty milliseconds each: longer than the quiet one had.
    await until(() => dots >= before + 15, 'the busy one goes on');
    expect(busy.here.destroyed).toBe(false);
    clearInterval(timer);
    await once(busy.here, 'end');
    await rig.settled();
    expect(rig.told.map(({ end }) => end)).toMatchObject([{ status: 502 }, { status: 502 }]);
  });

  it('says who was too slow: an upstream that keeps a half-closed tunnel open', async () => {
    await using rig = await Rig.start({ forward: { idleTimeoutMs: 100 } });
    await using peer = await Peer.start((socket) => socket.resume());
    const { here } = await openTunnel(rig, peer);
    here.end('request');
    here.resume();
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ sD: 1 });
  });

  it('leaves nothing behind after 1,000 tunnels that end in every way', async () => {
    await using rig = await Rig.start();
    await using peer = await Peer.start((socket) => socket.resume());
    for (let round = 0; round < 50; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const client = rig.dial(`127.0.0.1:${peer.port}`, i % 2 === 0 ? 'early' : '');
          const { socket } = client;
          if (i % 5 === 0) {
            socket.resetAndDestroy(); // before any answer
            return;
          }
          await client.status();
          if (i % 5 === 1) socket.resetAndDestroy();
          else if (i % 5 === 2) socket.destroy();
          else socket.end('bytes');
        }),
      );
      for (const socket of peer.sockets.splice(0)) {
        if (round % 3 === 0) socket.resetAndDestroy();
        else socket.end();
      }
    }
    for (const socket of peer.sockets.splice(0)) socket.end();
    await until(() => {
      for (const socket of peer.sockets.splice(0)) socket.end();
      return rig.terminations.sample().open === 0;
    }, 'all client connections are closed');
    await rig.settled();
    const { accepted, codes } = rig.terminations.sample();
    expect(Object.values(codes).reduce((sum, count) => sum + count, 0)).toBe(accepted);
    expect(Object.keys(codes).filter((code) => code.startsWith('I'))).toEqual([]);
    expect(rig.pool.sample()).toMatchObject({ open: 0, idle: 0 });
  }, 120_000);
});
