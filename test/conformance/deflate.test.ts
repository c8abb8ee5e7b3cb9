/** permessage-deflate (RFC 7692), directly and through each proxy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deflater } from '../helpers/deflate.ts';
import type { DeflateTerms, RawWebSocket } from '../helpers/raw-websocket.ts';
import { binary, close, encodeFrame, more, OPCODE, ping, text } from '../helpers/websocket-frames.ts';
import { play } from './case.ts';
import { letters, MIB, noise } from './cases/framing.ts';
import { ALL_PATHS, type PathName, Paths } from './paths.ts';

const PLAIN = 'permessage-deflate';
const RSV1 = { reserved: 4 };

/** The client's side of what was agreed on. */
function deflaterOf({ terms }: RawWebSocket): Deflater {
  if (terms === null) throw new Error('compression was not agreed on');
  return new Deflater({ windowBits: terms.clientWindowBits, hasContext: terms.hasClientContext });
}

/** Alike from one to the next, and too long for one window of 256 bytes. */
const record = (seq: number): string =>
  JSON.stringify({ user: 'ümläut', number: seq, text: letters(600), total: seq * 7 });

async function echoes(socket: RawWebSocket, message: string | Buffer, frame: Buffer): Promise<void> {
  const before = socket.heard.length;
  await socket.write(frame);
  await socket.hears(before + 1);
  const { kind, payload } = socket.heard[before] ?? {};
  expect(kind).toBe(typeof message === 'string' ? 'text' : 'binary');
  expect(payload?.equals(Buffer.from(message)), 'the message comes back as it was').toBe(true);
}

/** The server's bytes on the wire for each of `count` records. */
async function streamRecords(socket: RawWebSocket, count: number): Promise<number[]> {
  const deflater = deflaterOf(socket);
  for (let seq = 0; seq < count; seq++)
    await echoes(socket, record(seq), text(deflater.deflate(record(seq)), RSV1));
  const { heard } = socket;
  expect(
    heard.every(({ isCompressed }) => isCompressed),
    'every record comes compressed',
  ).toBe(true);
  return heard.map(({ wireBytes }) => wireBytes);
}

type Agreed = [parameters: string, terms: Partial<DeflateTerms>];

/** Parameters of an offer, and what the answer to it has to say. */
const AGREED: Agreed[] = [
  ['server_no_context_takeover', { hasServerContext: false }],
  ['client_no_context_takeover', {}],
  ['client_no_context_takeover; server_no_context_takeover', { hasServerContext: false }],
  ['client_max_window_bits', {}],
  ...[9, 10, 12, 15].map((bits): Agreed => [`server_max_window_bits=${bits}`, { serverWindowBits: bits }]),
  ...[8, 9, 15].map((bits): Agreed => [`client_max_window_bits=${bits}`, {}]),
  ['server_max_window_bits="10"', { serverWindowBits: 10 }],
  [
    'client_max_window_bits=10; server_max_window_bits=9; server_no_context_takeover',
    { serverWindowBits: 9 },
  ],
];

const end = async (socket: RawWebSocket): Promise<void> => {
  await socket.write(close(1000));
  expect((await socket.closes())?.payload.readUInt16BE(0)).toBe(1000);
  await socket.ends();
};

describe('with context', () => {
  let paths: Paths;
  beforeAll(async () => {
    paths = await Paths.start({ deflate: 'context' });
  });
  afterAll(() => paths?.[Symbol.asyncDispose]());

  describe.each(ALL_PATHS)('%s', (path) => {
    const open = (extensions = PLAIN, to: '/echo' | '/ws' = '/echo') => paths.open(path, to, { extensions });

    it.each(['/echo', '/ws'] as const)(
      '%s: records that are alike refer to those before them, both ways',
      async (to) => {
        const socket = await open(PLAIN, to);
        expect(socket.terms).toMatchObject({ hasServerContext: true, hasClientContext: true });
        const [first = 0, ...later] = await streamRecords(socket, 50);
        expect(first).toBeGreaterThan(300); // the letters do not compress much by themselves
        for (const bytes of later) expect(bytes).toBeLessThan(100);
        await end(socket);
      },
    );

    it.each(AGREED)('%s is agreed on, and kept', async (parameters, terms) => {
      const socket = await open(`${PLAIN}; ${parameters}`);
      expect(socket.terms).toMatchObject(terms);
      await streamRecords(socket, 10); // the reader inflates with the window that was agreed on, and no byte more
      await end(socket);
    });

    // zlib has no window of 256 bytes for raw deflate, so a server has to decline, or to write nothing that needs more.
    it('server_max_window_bits=8 is declined, or kept', async () => {
      const socket = await open(`${PLAIN}; server_max_window_bits=8`);
      if (socket.terms !== null) {
        expect(socket.terms.serverWindowBits).toBe(8);
        await streamRecords(socket, 10);
      }
      await end(socket);
    });

    it('the first of several offers that can be kept is taken', async () => {
      const socket = await open(`foo; x=1, ${PLAIN}; server_max_window_bits=11, ${PLAIN}`);
      expect(socket.terms).toMatchObject({ serverWindowBits: 11 });
      await end(socket);
    });

    it.each([
      'unknown_parameter',
      'unknown_parameter=7',
      'server_max_window_bits',
      'server_max_window_bits=7',
      'server_max_window_bits=16',
      'server_max_window_bits=010',
      'server_max_window_bits=1e1',
      'client_max_window_bits=0',
      'client_max_window_bits=0x0a',
      'server_no_context_takeover=1',
      'client_no_context_takeover=true',
      'server_no_context_takeover; server_no_context_takeover',
      'server_max_window_bits=9; server_max_window_bits=10',
    ])('an offer with %s is declined, and an offer behind it taken', async (parameters) => {
      const declined = await open(`${PLAIN}; ${parameters}`);
      expect(declined.terms).toBeNull();
      await end(declined);
      const taken = await open(`${PLAIN}; ${parameters}, ${PLAIN}`);
      expect(taken.terms).not.toBeNull();
      await end(taken);
    });

    it('nothing is compressed for a client that did not offer it', async () => {
      const socket = await paths.open(path);
      await play(socket, { title: '', send: [text(record(1))], messages: [record(1)] });
      const refused = await paths.open(path);
      await play(refused, { title: '', send: [text(new Deflater().deflate('x'), RSV1)], closes: 1002 });
    });

    // Noise grows a little when it is compressed, and what is on the wire has the same limit.
    it.each([0, 1, 125, 126, 1023, 1024, 65_535, 65_536, MIB - 1024])(
      'text and binary of %i bytes',
      async (bytes) => {
        const socket = await open();
        const deflater = deflaterOf(socket);
        await echoes(socket, letters(bytes), text(deflater.deflate(letters(bytes)), RSV1));
        await echoes(socket, noise(bytes), binary(deflater.deflate(noise(bytes)), RSV1));
        await echoes(socket, letters(bytes), text(deflater.deflate(letters(bytes)), RSV1));
        await end(socket);
      },
    );

    it('an empty message, with and without a final block', async () => {
      const socket = await open();
      await echoes(socket, '', text(Buffer.from([0x00]), RSV1));
      await echoes(socket, '', text(Buffer.from('030000', 'hex'), RSV1)); // BFINAL set, and an empty block behind it
      await end(socket);
    });

    it('the examples of RFC 7692: in two blocks, stored, and with a final block', async () => {
      for (const hex of [
        'f248cdc9c90700',
        'f248050000 00ffffcac9c90700',
        '000500faff48656c6c6f00',
        'f348cdc9c9070000',
      ]) {
        const socket = await open(`${PLAIN}; client_no_context_takeover`);
        await echoes(socket, 'Hello', text(Buffer.from(hex.replaceAll(' ', ''), 'hex'), RSV1));
        await end(socket);
      }
    });

    it('a message that refers to the one before it (RFC 7692 §7.2.3.2)', async () => {
      const socket = await open();
      await echoes(socket, 'Hello', text(Buffer.from('f248cdc9c90700', 'hex'), RSV1));
      await echoes(socket, 'Hello', text(Buffer.from('f200110000', 'hex'), RSV1));
      await end(socket);
    });

    it('compressed and uncompressed messages take turns', async () => {
      const socket = await open();
      const deflater = deflaterOf(socket);
      for (let seq = 0; seq < 10; seq++) {
        await echoes(socket, record(seq), text(deflater.deflate(record(seq)), RSV1));
        await echoes(socket, record(-seq), text(record(-seq)));
      }
      await end(socket);
    });

    it('a compressed message in fragments of 1 and of 50 bytes, a ping behind each', async () => {
      const socket = await open();
      const deflater = deflaterOf(socket);
      for (const bytes of [1, 50]) {
        const whole = deflater.deflate(record(bytes));
        const before = socket.heard.length;
        for (let at = 0; at < whole.length; at += bytes) {
          const bits = { isFinal: at + bytes >= whole.length };
          const part = whole.subarray(at, at + bytes);
          await socket.write(at === 0 ? text(part, { ...bits, ...RSV1 }) : more(part, bits));
          if (!bits.isFinal) await socket.write(ping(String(at)));
        }
        const pings = Math.ceil(whole.length / bytes) - 1;
        await socket.hears(before + pings + 1);
        expect(socket.of('text').at(-1)?.payload.toString()).toBe(record(bytes));
      }
      await end(socket);
    });

    it('a compressed message byte by byte', async () => {
      const socket = await open();
      const frame = text(deflaterOf(socket).deflate('grüße 🌍'), RSV1);
      await socket.writeApart(Array.from(frame, (byte) => Buffer.from([byte])));
      await socket.hears(1);
      expect(socket.heard[0]?.payload.toString()).toBe('grüße 🌍');
      await end(socket);
    });

    it.each([
      ['RSV1 on a ping', () => ping('x', RSV1), [1002]],
      ['RSV1 on a close', () => encodeFrame({ opcode: OPCODE.close, ...RSV1 }), [1002]],
      [
        'RSV1 on a continuation',
        () => Buffer.concat([text('x', { isFinal: false, ...RSV1 }), more('x', RSV1)]),
        [1002],
      ],
      ['RSV2 beside RSV1', () => text(new Deflater().deflate('x'), { reserved: 6 }), [1002]],
      ['RSV3 alone', () => text('x', { reserved: 1 }), [1002]],
      ['bytes that are no deflate', () => text(Buffer.alloc(20, 0xff), RSV1), [1007, 1002]],
      [
        'a stored block whose length is wrong',
        () => text(Buffer.from('000500000048656c6c6f00', 'hex'), RSV1),
        [1007, 1002],
      ],
      ['a reference to what never was', () => text(Buffer.from('f200110000', 'hex'), RSV1), [1007, 1002]],
      [
        'text that is no UTF-8 once inflated',
        () => text(new Deflater().deflate(Buffer.from([0xc0, 0x80])), RSV1),
        [1007],
      ],
      [
        'one byte too many once inflated',
        () => binary(new Deflater().deflate(Buffer.alloc(MIB + 1)), RSV1),
        [1009],
      ],
    ] as const)('%s ends the connection', async (_, frame, codes) => {
      const socket = await open();
      await socket.write(frame());
      const closed = await socket.closes();
      expect(codes).toContain(closed?.payload.readUInt16BE(0));
      expect(socket.of('text', 'binary')).toEqual([]);
      await socket.write(close(closed?.payload.readUInt16BE(0)));
      await socket.ends();
    });

    it('leaves nothing behind', () => paths.allReleased());
  });
});

describe('without context', () => {
  let paths: Paths;
  beforeAll(async () => {
    paths = await Paths.start({ deflate: 'no-context' });
  });
  afterAll(() => paths?.[Symbol.asyncDispose]());

  it.each(ALL_PATHS)('%s: every record is compressed for itself', async (path: PathName) => {
    const socket = await paths.open(path, '/echo', { extensions: PLAIN });
    expect(socket.terms).toMatchObject({ hasServerContext: false });
    const sizes = await streamRecords(socket, 20);
    for (const bytes of sizes) expect(bytes).toBeGreaterThan(300);
    await end(socket);
    await paths.allReleased();
  });
});
