/** SSE as it stands on the wire, read back by two readers that share nothing with the writer or with each other. */

import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeGap, encodeRetry, encodeSseEvent, SSE_KEEP_ALIVE } from '../../../src/system/sse/encode.ts';
import { type StreamEvent, StrictSseReader } from '../../helpers/strict-sse.ts';
import { publish, startSystem, until } from '../../helpers/system.ts';
import { subscribe } from './rig.ts';

/** What a conformant reader makes of any text: line breaks are all LF, half a surrogate pair is U+FFFD. */
function asRead(text: string): string {
  return text.toWellFormed().replace(/\r\n|\r/g, '\n');
}

function readStrictly(wire: Uint8Array, splitAt: readonly number[] = []): StrictSseReader {
  const reader = new StrictSseReader();
  let from = 0;
  for (const at of [...splitAt, wire.length]) {
    reader.push(wire.subarray(from, at));
    from = at;
  }
  return reader;
}

function readWithLibrary(wire: Uint8Array, splitAt: readonly number[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  let lastId = '';
  const parser = createParser({
    onEvent: ({ id, event, data }: EventSourceMessage) => {
      lastId = id ?? lastId;
      events.push({ type: event ?? 'message', data, id: lastId });
    },
  });
  const decoder = new TextDecoder();
  let from = 0;
  for (const at of [...splitAt, wire.length]) {
    parser.feed(decoder.decode(wire.subarray(from, at), { stream: true }));
    from = at;
  }
  return events;
}

const PIECES = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\ufeff',
  ':',
  ' ',
  'data:',
  'id: 9',
  'event: x',
  '\u2028',
  '\ud834',
  '\udd1e',
  '𝄞',
  'é',
  'a',
];
const anyText = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary' })), { maxLength: 12 })
  .map((parts) => parts.join(''));
const anyType = fc.string({ maxLength: 8 }).filter((type) => !/[\r\n\0]/.test(type));
const anyEvent = fc.record({ id: fc.nat({ max: 2 ** 40 }), text: anyText, type: anyType });

describe('encoding', () => {
  it('is read back exactly, whatever the texts hold and wherever the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 5 }), fc.array(fc.nat()), (events, cuts) => {
        const wire = Buffer.concat([
          ...events.map(({ id, text, type }) => encodeSseEvent(id, text, type)),
          SSE_KEEP_ALIVE,
        ]);
        const splitAt = cuts.map((cut) => cut % wire.length).sort((a, b) => a - b);
        let lastId = '';
        const expected = events.map(({ id, text, type }): StreamEvent => {
          if (id > 0) lastId = String(id);
          return { type: type === '' ? 'message' : asRead(type), data: asRead(text), id: lastId };
        });
        const strict = readStrictly(wire, splitAt);
        expect(strict.events).toEqual(expected);
        expect(strict.hasRest).toBe(false);
        expect(readWithLibrary(wire, splitAt)).toEqual(expected);
      }),
    );
  });

  it('is read back the same when split at every single byte', () => {
    const texts = [
      'two\nlines',
      'carriage\rreturn',
      'both\r\nof them',
      '',
      '\n\n',
      'umläut 𝄞\u2028',
      ' lead',
      ':colon',
      '\ufeffbom',
      'nul\0nul',
      'data: data',
    ];
    const wire = Buffer.concat(
      texts.map((text, i) => encodeSseEvent(i + 1, text, i % 2 === 0 ? '' : 'kind')),
    );
    const whole = readStrictly(wire).events;
    expect(whole.map(({ data }) => data)).toEqual(texts.map(asRead));
    for (let at = 1; at < wire.length; at++) {
      expect(readStrictly(wire, [at]).events).toEqual(whole);
      expect(readWithLibrary(wire, [at])).toEqual(whole);
    }
  });

  it.each(['a\nb', 'a\rb', 'a\0b'])('refuses a type that would break out of its line (%j)', (type) => {
    expect(() => encodeSseEvent(1, 'x', type)).toThrow(/type must be one line/);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses %d as an id', (id) => {
    expect(() => encodeSseEvent(id, 'x')).toThrow(/whole number/);
  });

  it('has no id line for an event without one, and no event line without a type', () => {
    expect(encodeSseEvent(0, 'x').toString()).toBe('data: x\n\n');
    expect(encodeSseEvent(7, 'x', 'kind').toString()).toBe('id: 7\nevent: kind\ndata: x\n\n');
  });

  it('tells a gap so that a reconnect goes on behind it', () => {
    const reader = readStrictly(encodeGap({ from: 3, to: 9, missed: 7 }));
    expect(reader.lastEventId).toBe('9');
    expect(reader.events).toEqual([{ type: 'gap', data: '{"from":3,"to":9,"missed":7}', id: '9' }]);
  });

  it('writes retry with digits alone', () => {
    expect(readStrictly(encodeRetry(2500.4)).retryMs).toBe(2500);
  });
});

describe('the response', () => {
  it('carries type and retry, ids that rise, and a farewell', async () => {
    await using running = await startSystem({ settings: { sse: { retryMs: 1500 } } });
    using client = await subscribe(running);
    await fetch(`${running.addresses.publishUrl}?type=todo`, { method: 'POST', body: 'first' });
    await publish(running.addresses, 'second');
    await running.system.finish(2000);
    await client.closed();
    expect(client.retryMs).toBe(1500);
    expect(client.all).toEqual([
      { type: 'todo', data: 'first', id: '1' },
      { type: 'message', data: 'second', id: '2' },
      { type: 'end', data: '{}', id: '2' },
    ]);
  });

  it('says nothing of retry where nothing is set', async () => {
    await using running = await startSystem();
    using client = await subscribe(running);
    await publish(running.addresses, 'x');
    await until(() => client.events.length === 1, 'the event has come');
    expect(client.retryMs).toBeNull();
  });

  it('keeps a silent stream alive with comments, and a busy one without', async () => {
    await using running = await startSystem({ settings: { sse: { keepAliveMs: 60 } } });
    using client = await subscribe(running);
    await until(() => client.comments.length >= 3, 'three comments have come');
    expect(new Set(client.comments)).toEqual(new Set([' keep-alive']));
    expect(client.all).toEqual([]);
  });

  it.each([
    ['HEAD', {}, 405],
    ['POST', {}, 405],
    ['PUT', {}, 405],
    ['GET', { accept: 'application/json' }, 406],
    ['GET', { accept: 'text/event-stream;q=0' }, 406],
    ['GET', { accept: 'text/event-stream;q=0, */*' }, 406],
    ['GET', { accept: 'text/html, text/*;q=0' }, 406],
  ])('answers %s with %o by %i, and takes no place', async (method, headers, status) => {
    await using running = await startSystem();
    const response = await fetch(running.addresses.sseUrl, { method, headers });
    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get('allow')).toBe('GET');
    expect(running.system.sample().connections.sse).toMatchObject({ open: 0, admitted: 0 });
  });

  it.each(['*/*', 'text/*', 'text/html, TEXT/EVENT-STREAM;q=0.5', 'application/json;q=0, */*;q=0.1', ''])(
    'lets in who accepts %j',
    async (accept) => {
      await using running = await startSystem();
      const cancel = new AbortController();
      const response = await fetch(running.addresses.sseUrl, { headers: { accept }, signal: cancel.signal });
      expect(response.status).toBe(200);
      cancel.abort();
    },
  );

  it('is delimited by its end for HTTP/1.0 as well', async () => {
    await using running = await startSystem();
    const { connect } = await import('node:net');
    const socket = connect(Number(new URL(running.addresses.sseUrl).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write('GET /events HTTP/1.0\r\n\r\n');
    await until(() => running.system.sample().connections.sse.open === 1, 'it is subscribed');
    await publish(running.addresses, 'x');
    await until(() => text.includes('data: x'), 'the event has come');
    expect(text).not.toMatch(/transfer-encoding|content-length/i);
    socket.destroy();
  });
});
