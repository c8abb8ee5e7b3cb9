import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent, readStamps } from '../../src/core/wire.ts';
import { SseParser } from '../../src/load/sse-parser.ts';

type Seen = 'end' | 'foreign' | { seq: number; intendedUs: number; sentUs: number };

function parse(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const parser = new SseParser({
    onEvent: (stamps) => seen.push(stamps === null ? 'foreign' : { ...stamps }),
    onEndEvent: () => seen.push('end'),
  });
  // The buffer is reused by the socket: what was there before must not matter.
  const shared = Buffer.alloc(70_000, 0x0a);
  for (const chunk of chunks) {
    chunk.copy(shared, 3);
    parser.push(shared, 3, 3 + chunk.length);
    shared.fill(0x0a);
  }
  return seen;
}

/** What eventsource-parser says of the same text. */
function parseByOracle(text: string): Seen[] {
  const seen: Seen[] = [];
  const parser = createParser({
    onEvent({ event, data }) {
      const stamps = { seq: 0, intendedUs: 0, sentUs: 0 };
      const bytes = Buffer.from(data.split('\n')[0] as string);
      if (event === 'end') seen.push('end');
      else seen.push(readStamps(bytes, 0, bytes.length, stamps) ? stamps : 'foreign');
    },
  });
  parser.feed(text);
  return seen;
}

const event = encodeEvent({ seq: 7, intendedUs: 123_456, sentUs: 123_999 }, 120);
const STREAMS: [string, string][] = [
  ['our frames', `id: 1\ndata: ${event}\n\nid: 2\ndata: ${event}\n\n`],
  ['a comment and the end', `: keep-alive\n\ndata: ${event}\n\nevent: end\ndata: {}\n\n`],
  ['CR line ends', `id: 1\rdata: ${event}\r\rdata: x\r\r`],
  ['CRLF line ends', `id: 1\r\ndata: ${event}\r\n\r\ndata:x\r\n\r\n`],
  ['mixed line ends', `data: a\r\ndata: b\n\r\ndata: c\r\rdata: d\n\n`],
  ['two data lines', `data: ${event}\ndata: more\n\n`],
  ['stamps only in the second data line', `data: first\ndata: ${event}\n\n`],
  ['no space after the colon', `data:${event}\n\nevent:end\ndata:{}\n\n`],
  ['an event without data', 'event: end\n\ndata: x\n\n'],
  ['the event field after the data', 'data: {}\nevent: end\n\ndata: y\n\n'],
  ['the last event field counts', 'event: end\nevent: other\ndata: {}\n\n'],
  ['fields that only begin alike', 'database: x\nevents: end\ndata: z\n\ndata\n\n'],
  ['a byte order mark', `\uFEFFdata: ${event}\n\n`],
  ['a byte order mark in the middle is none', 'data: a\n\n\uFEFFdata: b\n\n'],
  ['an unfinished event', `data: ${event}\n\ndata: half`],
  ['many empty lines', '\n\n\ndata: a\n\n\n\n'],
];

describe('sse parser', () => {
  it.each(STREAMS)('%s: the same as eventsource-parser, at every split into two', (_, text) => {
    const bytes = Buffer.from(text);
    const expected = parseByOracle(text);
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)]), `split at ${at}`).toEqual(expected);
    }
    expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('any text of fields and line ends, in any chunks: the same as eventsource-parser', () => {
    const piece = fc.constantFrom(
      'data',
      'event',
      ':',
      ' ',
      'end',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      event,
      'x',
      'id: 5',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat(60), { maxLength: 12 }),
        (pieces, cuts) => {
          // The oracle holds back an event whose blank line is a CR at the very end; the standard does not.
          const text = `${pieces.join('')}x\n`;
          const bytes = Buffer.from(text);
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(bytes.subarray(at));
          expect(parse(chunks)).toEqual(parseByOracle(text));
        },
      ),
      { seed: 4711, numRuns: 1000 },
    );
  });

  it.each([600, 5000, 60_000])('an event of %i bytes is read in pieces without being kept', (bytes) => {
    const text = `id: 1\ndata: ${encodeEvent({ seq: 3, intendedUs: 10, sentUs: 20 }, bytes)}\n\ndata: x\r\r`;
    const stream = Buffer.from(text);
    for (const size of [97, 511, 512, 513, 4096, 65_536]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      expect(parse(chunks)).toEqual([{ seq: 3, intendedUs: 10, sentUs: 20 }, 'foreign']);
    }
  });

  it('a CR far into a long line ends it', () => {
    const long = `data: ${'y'.repeat(700)}\rdata: ${'y'.repeat(700)}\r\rdata: b\n\n`;
    expect(parse([Buffer.from(long)])).toEqual(['foreign', 'foreign']);
  });
});
