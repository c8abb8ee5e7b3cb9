/** Peers that vanish, that never answer a close, or that do not read: what they held is given back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish, until } from '../helpers/system.ts';
import { binary, close, encodeFrame, OPCODE, text } from '../helpers/websocket-frames.ts';
import { play } from './case.ts';
import { ALL_PATHS, type PathName, Paths } from './paths.ts';

/** 1002 is the answer. */
const BAD_FRAME = encodeFrame({ opcode: OPCODE.text, payload: 'no mask', mask: null });

/** How long a connection may be closing. */
const CLOSING_MS = 5000;
/** What a busy machine may add to that. */
const SLACK_MS = 1500;

let paths: Paths;
beforeAll(async () => {
  paths = await Paths.start(
    {},
    { strategies: { 'ws.outbound': 'drop-newest,capacity=1000,bytes=67108864' } },
  );
});
afterAll(() => paths?.[Symbol.asyncDispose]());

/** Nothing is left, the ledgers close, and the next one is served. */
async function allIsWell(path: PathName): Promise<void> {
  await paths.allReleased();
  for (const [name, { ledger }] of Object.entries(paths.server.system.sample().boundaries))
    expect(ledger.unaccounted, `${name}: ${JSON.stringify(ledger)}`).toBe(0);
  const next = await paths.open(path);
  await play(next, { title: '', send: [text('still there?')], messages: ['still there?'] });
}

/** Until the server knows of no WebSocket any more. */
async function serverLetsGo(): Promise<void> {
  const { system } = paths.server;
  const open = () => system.sample().connections.ws.open;
  await until(() => open() === 0, 'the server lets the connection go', CLOSING_MS + SLACK_MS);
}

describe.each(ALL_PATHS)('%s', (path) => {
  const open = (to: '/echo' | '/ws' = '/echo') => paths.open(path, to);

  it.each([
    ['a head', binary(Buffer.alloc(70_000)).subarray(0, 5)],
    ['a mask', binary('hello').subarray(0, 4)],
    ['a payload', binary(Buffer.alloc(70_000)).subarray(0, 30_000)],
    ['a message', text('half', { isFinal: false })],
    ['a close frame', close(1000, 'half of a reason').subarray(0, 12)],
  ])('a client that ends within %s gets no message and no answer but the end', async (_, part) => {
    const socket = await open();
    await socket.write(part);
    socket.end();
    await socket.ends(CLOSING_MS + SLACK_MS);
    expect(socket.of('text', 'binary', 'pong')).toEqual([]);
    await allIsWell(path);
  });

  it.each([
    ['a head', binary(Buffer.alloc(70_000)).subarray(0, 5)],
    ['a payload', binary(Buffer.alloc(70_000)).subarray(0, 30_000)],
    ['a message', text('half', { isFinal: false })],
  ])('a client that resets within %s leaves nothing behind', async (_, part) => {
    for (const to of ['/echo', '/ws'] as const) {
      const socket = await open(to);
      await socket.write(part);
      socket.reset();
    }
    await allIsWell(path);
  });

  it(`${path === 'direct' ? 1000 : 100} clients that vanish after the handshake leave nothing behind`, async () => {
    const total = path === 'direct' ? 1000 : 100;
    for (let opened = 0; opened < total; opened += 25) {
      const batch = await Promise.all(
        Array.from({ length: 25 }, (_, at) => open(at % 2 === 0 ? '/echo' : '/ws')),
      );
      for (const [at, socket] of batch.entries()) {
        if (at % 3 === 0) socket.reset();
        else if (at % 3 === 1) socket.destroy();
        else socket.end();
      }
    }
    await allIsWell(path);
  });
});

it('clients that never answer a close, and those that close and never end, are let go on every path', async () => {
  for (const path of ALL_PATHS) {
    for (const to of ['/echo', '/ws'] as const) {
      const silent = await paths.open(path, to);
      await silent.write(BAD_FRAME);
      expect((await silent.closes())?.payload.readUInt16BE(0)).toBe(1002);
      const closing = await paths.open(path, to);
      await closing.write(close(1000));
      await closing.ends();
    }
  }
  await serverLetsGo(); // nobody of them says anything more
});

it('clients that read nothing are let go where the server closes behind 20 MB, on every path', async () => {
  const { server } = paths;
  const sockets = await Promise.all(ALL_PATHS.map((path) => paths.open(path, '/ws')));
  for (const socket of sockets) socket.pause();
  const event = 'x'.repeat(1_000_000);
  for (let events = 0; events < 60; events++) await publish(server.addresses, event);
  const { ledger } = server.system.sample().boundaries['ws.outbound'] ?? {};
  // What the kernel and the proxies hold is less than 40 MB on any of the paths.
  expect(ledger?.queued ?? 0, 'events of 1 MB that wait').toBeGreaterThanOrEqual(20 * ALL_PATHS.length);
  for (const socket of sockets) await socket.write(BAD_FRAME);
  await serverLetsGo();
  for (const path of ALL_PATHS) await allIsWell(path);
});
