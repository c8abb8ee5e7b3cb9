import { describe, expect, it } from 'vitest';
import { encodeClientFrame, FrameParser } from '../../src/load/ws-frames.ts';

function parse(chunks: readonly Buffer[]): string[] {
  const log: string[] = [];
  const parser = new FrameParser({
    onMessage: (buffer, from, to) => log.push(buffer.toString('latin1', from, Math.min(to, from + 8))),
    onPing: (payload) => log.push(`ping ${payload.toString('latin1')}`),
    onCloseFrame: (code) => log.push(`close ${code}`),
  });
  for (const chunk of chunks) {
    const problem = parser.push(chunk, 0, chunk.length);
    if (problem !== 0) return [...log, `problem ${problem}`];
  }
  return log;
}

/** One server frame. */
function frame(first: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload as string);
  const { length } = bytes;
  let head = Buffer.from([first, length]);
  if (length >= 65_536) {
    head = Buffer.alloc(10);
    head.writeBigUInt64BE(BigInt(length), 2);
    head[0] = first;
    head[1] = 127;
  } else if (length >= 126) head = Buffer.from([first, 126, length >> 8, length & 255]);
  return Buffer.concat([head, bytes]);
}

const TEXT = 0x81;
const CASES: [string, Buffer[], string[]][] = [
  ['text and binary', [frame(TEXT, 'hello'), frame(0x82, 'bytes')], ['hello', 'bytes']],
  ['an empty message', [frame(TEXT, ''), frame(TEXT, 'a')], ['', 'a']],
  [
    'lengths of 125, 126 and 300 bytes',
    [125, 126, 300].map((n) => frame(TEXT, 'abcdefghij'.padEnd(n))),
    ['abcdefgh', 'abcdefgh', 'abcdefgh'],
  ],
  [
    'fragments',
    [frame(0x01, 'abc'), frame(0x00, 'def'), frame(0x80, 'gh'), frame(TEXT, 'x')],
    ['abcdefgh', 'x'],
  ],
  ['an empty last fragment', [frame(0x01, 'abc'), frame(0x80, ''), frame(TEXT, 'x')], ['abc', 'x']],
  ['an empty first fragment', [frame(0x01, ''), frame(0x80, 'abc')], ['abc']],
  [
    'control frames between fragments',
    [frame(0x01, 'ab'), frame(0x89, 'hi'), frame(0x8a, 'no'), frame(0x80, 'cd')],
    ['ping hi', 'abcd'],
  ],
  [
    'a close with and without a code',
    [frame(0x88, Buffer.from([3, 233, 111, 107])), frame(0x88, '')],
    ['close 1001', 'close 1005'],
  ],
];

const PROBLEMS: [string, Buffer, number][] = [
  ['a masked frame', Buffer.from([0x81, 0x80, 1, 2, 3, 4]), 1002],
  ['a reserved bit', frame(0xc1, 'a'), 1002],
  ['an unknown data opcode', frame(0x83, 'a'), 1002],
  ['an unknown control opcode', frame(0x8b, 'a'), 1002],
  ['a fragmented ping', frame(0x09, 'a'), 1002],
  ['a ping of 126 bytes', frame(0x89, 'a'.repeat(126)), 1002],
  ['a continuation of nothing', frame(0x80, 'a'), 1002],
  ['a new message inside of another', Buffer.concat([frame(0x01, 'a'), frame(0x81, 'b')]), 1002],
  ['a length of 2^63', Buffer.from([0x81, 127, 128, 0, 0, 0, 0, 0, 0, 0]), 1009],
];

describe('ws frames', () => {
  it.each(CASES)('%s: read the same at every split', (_, frames, expected) => {
    const bytes = Buffer.concat(frames);
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)]), `split at ${at}`).toEqual(expected);
    }
    expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('a message of 70,000 bytes is counted off, the next one read', () => {
    const bytes = Buffer.concat([frame(TEXT, 'abcdefgh'.padEnd(70_000)), frame(TEXT, 'next')]);
    for (const size of [1000, 65_536, 80_000]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(parse(chunks)).toEqual(['abcdefgh', 'next']);
    }
  });

  it.each(PROBLEMS)('%s is refused', (_, bytes, code) => {
    expect(parse([bytes]).at(-1)).toBe(`problem ${code}`);
  });

  it.each([0, 5, 125, 126, 65_535, 65_536])(
    'a client frame of %i bytes is masked and says its length',
    (length) => {
      const payload = Buffer.alloc(length, 'abc');
      const encoded = encodeClientFrame(1, payload, 0x89ab_cdef);
      const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
      expect(encoded.length).toBe(headBytes + 4 + length);
      expect(encoded[0]).toBe(0x81);
      expect((encoded[1] as number) & 0x80).toBe(0x80);
      expect(encoded.subarray(headBytes, headBytes + 4).toString('hex')).toBe('89abcdef');
      const unmasked = encoded
        .subarray(headBytes + 4)
        .map((byte, i) => byte ^ (encoded[headBytes + (i & 3)] as number));
      expect(Buffer.from(unmasked).equals(payload)).toBe(true);
    },
  );
});
