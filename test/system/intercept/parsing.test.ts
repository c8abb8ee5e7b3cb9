/** What goes through a pipe untouched is what came in, however it was cut; what is encoded says what it should. */
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeComment, encodeEvent } from '../../../src/system/intercept/event-encoder.ts';
import { EventFramer, MAX_EVENT_BYTES } from '../../../src/system/intercept/event-framer.ts';
import { EventReader } from '../../../src/system/intercept/event-reader.ts';
import { createBench } from './pipe-bench.ts';
import { countEvents, receive, STREAMS } from './streams.ts';

const SEED = 20_260_401;
const BOM = Buffer.from('\ufeff');

/** Through a pipe, in chunks that end at `cuts`. */
function pass(bytes: Buffer, cuts: readonly number[], isServerInitiated = false): Buffer {
  const bench = createBench({ isServerInitiated, settings: { keepAliveMs: 0 } });
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    bench.send(bytes.subarray(from, cut));
    from = cut;
  }
  const { output } = bench;
  bench.stop();
  expect(bench.ledger.unaccounted).toBe(0);
  return output;
}

/** Without a byte order mark and what is not complete: the only bytes that may be missing. A second mark must not become one. */
function isBeginning(output: Buffer, input: Buffer): boolean {
  let body = input.subarray(0, 3).equals(BOM) ? input.subarray(3) : input;
  if (body.subarray(0, 3).equals(BOM)) body = Buffer.concat([Buffer.from('\n'), body]);
  return body.subarray(0, output.length).equals(output);
}

describe('events that no rule matches', () => {
  it.each(Object.entries(STREAMS))('%s: the same bytes, the same events, at every split', (_, stream) => {
    const input = Buffer.from(stream as string);
    const expected = receive(input);
    for (let cut = 0; cut <= input.length; cut++) {
      const output = pass(input, [cut]);
      expect(isBeginning(output, input)).toBe(true);
      const received = receive(output);
      expect(received.events).toEqual(expected.events);
      expect(received.retries).toEqual(expected.retries);
      expect(received.lastEventId).toBe(expected.lastEventId);
      // A comment inside half an event at the end is the only one that may be missing.
      expect(received.comments).toEqual(expected.comments.slice(0, received.comments.length));
      expect(countEvents(output)).toBe(expected.events.length);
    }
    expect(receive(pass(input, [...input.keys()])).events).toEqual(expected.events);
  });

  it('stay what they are in any stream of lines, cut anywhere', () => {
    const piece = fc.constantFrom(
      ...[
        'data',
        'data:',
        'data: a',
        'id: 1',
        'id:',
        'event: e',
        'retry: 5',
        ': c',
        ':',
        'foo',
        ' ',
        '\0',
        'é',
        '\ufeff',
      ],
      ...['\n', '\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n'],
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        (pieces, cuts) => {
          const input = Buffer.from(pieces.join(''));
          const sorted = cuts.filter((cut) => cut <= input.length).sort((a, b) => a - b);
          const output = pass(input, sorted);
          const expected = receive(input);
          const { events, retries, lastEventId } = receive(output);
          expect(isBeginning(output, input)).toBe(true);
          expect(events).toEqual(expected.events);
          expect(lastEventId).toBe(expected.lastEventId);
          // A retry in half an event at the end counts for a client at once; here it waits for its event.
          expect(retries).toEqual(expected.retries.slice(0, retries.length));
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('go on in the same step in which their last byte comes, and a comment before it', () => {
    const bench = createBench();
    bench.send(': busy\n');
    expect(bench.output.toString()).toBe(': busy\n');
    bench.send('data: a\n');
    expect(bench.output.toString()).toBe(': busy\n');
    bench.send('\n');
    expect(bench.output.toString()).toBe(': busy\ndata: a\n\n');
    bench.stop();
  });

  it('may have ten megabytes, in one line or many', () => {
    for (const data of ['x'.repeat(10 * 1024 ** 2), 'yy\n'.repeat(1_000_000)]) {
      const bench = createBench();
      const input = encodeEvent({ data });
      for (let at = 0; at < input.length; at += 65_536) bench.send(input.subarray(at, at + 65_536));
      expect(bench.output.equals(input)).toBe(true);
      expect(bench.ledger.delivered).toBe(1);
      bench.stop();
    }
  });

  it('end the stream when they do not end', () => {
    for (const line of ['data: ', ': ', 'foo: ']) {
      const bench = createBench();
      bench.send(line);
      const chunk = Buffer.alloc(1024 ** 2, 'x');
      for (let sent = 0; sent < MAX_EVENT_BYTES; sent += chunk.length) bench.send(chunk);
      expect(bench.told.ends).toEqual([
        `fail: the upstream sent an event of more than ${MAX_EVENT_BYTES} bytes`,
      ]);
      expect(bench.tasks.open).toBe(0);
    }
  });
});

describe('the framer', () => {
  it('holds what is open in no more than twice its bytes, however small the chunks', () => {
    const framer = new EventFramer();
    framer.push(Buffer.from('data: '));
    for (let i = 0; i < 100_000; i++) {
      expect(framer.next()).toBeUndefined();
      framer.push(Buffer.from('x'));
    }
    framer.push(Buffer.from('\n\n'));
    const bytes = framer.next()?.bytes as Buffer;
    expect(bytes.toString()).toBe(`data: ${'x'.repeat(100_000)}\n\n`);
    expect(bytes.buffer.byteLength).toBeLessThanOrEqual(2 * bytes.length);
  });

  it('takes the beginning of a byte order mark for what it is: of a field that nobody knows', () => {
    const framer = new EventFramer();
    framer.push(Buffer.from([0xef, 0xbb]));
    framer.push(Buffer.from(': a\n\n'));
    expect(framer.next()).toMatchObject({ hasFields: true });
  });

  it('ends at its limit to the byte', () => {
    for (const [bytes, isTooLarge] of [
      [20, false],
      [21, true],
    ] as const) {
      const framer = new EventFramer(20);
      framer.push(Buffer.from(`${'data: '.padEnd(bytes - 2, 'x')}\n\n`));
      expect(framer.next()?.bytes.length).toBe(isTooLarge ? undefined : bytes);
      expect(framer.isTooLarge).toBe(isTooLarge);
    }
  });
});

describe('the reader', () => {
  it.each([
    ['data: a\n\n', { isEvent: true, id: undefined, type: 'message', retry: undefined }],
    ['event: e\nid: 1\nretry: 9\ndata\n\n', { isEvent: true, id: '1', type: 'e', retry: 9 }],
    ['event: e\nevent:\ndata\n\n', { isEvent: true, id: undefined, type: 'message', retry: undefined }],
    ['id\n\n', { isEvent: false, id: '', type: 'message', retry: undefined }],
    ['id: a\0\ndata\n\n', { isEvent: true, id: undefined, type: 'message', retry: undefined }],
    [
      `retry: ${'9'.repeat(30)}\n\n`,
      { isEvent: false, id: undefined, type: 'message', retry: Number.MAX_SAFE_INTEGER },
    ],
    ['\u00ef\u00bb\u00bfdata: a\n\n', { isEvent: false, id: undefined, type: 'message', retry: undefined }],
    ['\ndata: a\r\r', { isEvent: true, id: undefined, type: 'message', retry: undefined }],
  ])('reads %j', (block, fields) => {
    expect(new EventReader().read(Buffer.from(block))).toEqual(fields);
  });

  it('carries nothing from one block to the next', () => {
    const reader = new EventReader();
    reader.read(Buffer.from('event: e\nid: 1\nretry: 3\ndata: a\r\r'));
    for (const [block, isEvent] of [
      ['foo\n\n', false],
      ['data: b\n\n', true],
    ] as const) {
      expect(reader.read(Buffer.from(block))).toEqual({
        isEvent,
        id: undefined,
        type: 'message',
        retry: undefined,
      });
    }
  });
});

describe('the encoder', () => {
  it.each([
    'a',
    '',
    ' a',
    '\n',
    'a\nb',
    'a\rb',
    'a\r\nb\n',
    'data: x\n\nevent: y',
    '\ufeffa',
    'a\0b',
    '\u2028\u2029',
    ':',
  ])('says %j as one event', (data) => {
    const lines = data.replaceAll(/\r\n|\r/g, '\n');
    expect(receive(encodeEvent({ data, type: 't', id: 'i', retry: 5 }))).toEqual({
      events: [{ type: 't', data: lines, lastEventId: 'i' }],
      comments: [],
      retries: [5],
      lastEventId: 'i',
    });
    expect(receive(encodeComment(data)).comments).toEqual(lines.split('\n'));
    expect(receive(encodeComment(data)).events).toEqual([]);
  });

  it('says any text as one event', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, (data, type, id) => {
        const unfit = /[\r\n\0]/;
        const encode = (): Buffer => encodeEvent({ data, type, id });
        if (unfit.test(type) || unfit.test(id)) {
          expect(encode).toThrow(/must be one line without NUL/);
          return;
        }
        const told: unknown[] = [];
        const parser = createParser({ onEvent: (event) => told.push(event) });
        parser.feed(new TextDecoder('utf-8', { ignoreBOM: true }).decode(encode()));
        const whole = (part: string): string => part.toWellFormed();
        expect(told).toEqual([
          { data: whole(data).replaceAll(/\r\n|\r/g, '\n'), event: whole(type) || undefined, id: whole(id) },
        ]);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('refuses a retry that is no number of milliseconds', () => {
    for (const retry of [-1, 0.5, Number.NaN, 1e30]) {
      expect(() => encodeEvent({ data: '', retry })).toThrow(/retry must be a whole number/);
    }
  });
});
