/** Event streams as bytes, and what a conformant client hears of them. */
import { createParser } from 'eventsource-parser';
import { SseParser } from '../../../src/load/sse-parser.ts';

export interface Heard {
  readonly type: string;
  readonly data: string;
  /** The last id when the event came, as clients see it. */
  readonly lastEventId: string;
}

export interface Reception {
  readonly events: Heard[];
  readonly comments: string[];
  readonly retries: number[];
  /** After the last block. */
  readonly lastEventId: string;
}

/** The package as a client would use it: one decoder, one parser for the whole stream. */
export function receive(bytes: Uint8Array): Reception {
  const events: Heard[] = [];
  const comments: string[] = [];
  const retries: number[] = [];
  let lastEventId = '';
  const parser = createParser({
    onId: (id) => {
      lastEventId = id;
    },
    onEvent: ({ event, data }) => events.push({ type: event ?? 'message', data, lastEventId }),
    onComment: (comment) => comments.push(comment),
    onRetry: (retry) => retries.push(retry),
  });
  parser.feed('\n');
  parser.feed(new TextDecoder().decode(bytes));
  return { events, comments, retries, lastEventId };
}

/** How many events the load worker's own parser hears. */
export function countEvents(bytes: Buffer): number {
  let events = 0;
  const parser = new SseParser({
    onEvent: () => {
      events++;
    },
    onEndEvent: () => {
      events++;
    },
  });
  parser.push(bytes, 0, bytes.length);
  return events;
}

/** One stream per rule of the standard's parser. */
export const STREAMS: Readonly<Record<string, string | Uint8Array>> = {
  'LF ends lines': 'data: a\n\ndata: b\n\n',
  'CR ends lines': 'data: a\r\rdata: b\r\r',
  'CRLF ends lines': 'data: a\r\n\r\ndata: b\r\n\r\n',
  'all three are mixed': 'data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\n\n\r\rdata: e\n\r',
  'a byte order mark comes first': '\ufeffdata: a\n\n',
  'a second one is part of the field name': '\ufeff\ufeffdata: a\n\ndata: b\n\n',
  'text looks like a byte order mark': '\u00ef\u00bb\u00bfdata: a\n\ndata: b\n\n',
  'the beginning of a byte order mark': Buffer.concat([
    Buffer.from([0xef, 0xbb]),
    Buffer.from('data: a\n\ndata: b\n\n'),
  ]),
  'a byte order mark before a comment': '\ufeff: hello\n\ndata: a\n\n',
  'one blank after the colon': 'data:a\ndata: b\ndata:  c\n\n',
  'several data lines': 'data: a\ndata\ndata:\ndata: d\n\n',
  'empty data': 'data\n\ndata:\n\ndata: \n\n',
  types: 'event: one\ndata: a\n\nevent\ndata: b\n\nevent: two\nevent: three\ndata: c\n\n',
  'a type without data': 'event: one\n\ndata: a\n\n',
  ids: 'id: 1\ndata: a\n\nid\ndata: b\n\nid: 3\n\ndata: c\n\ndata: d\n\n',
  'NUL in an id': 'id: 1\ndata: a\n\nid: x\0y\ndata: b\n\n',
  'NUL in data and type': 'event: a\0b\ndata: c\0d\n\n',
  retry: 'retry: 1000\n\nretry: 20x\ndata: a\n\nretry\ndata: b\n\nretry: 7\ndata: c\n\n',
  comments: ': one\n\n:two\n:\ndata: a\n: three\ndata: b\n\n: four\r\n\r\n',
  'unknown fields': 'foo: bar\ndata: a\nDATA: b\n data: c\n\nfoo\n\n',
  'a colon alone, and after data': ':\ndata::a\n\n',
  'characters of two, three and four bytes': 'data: é€😀\nid: ü😀\nevent: ñ\n\ndata: \u2028\u2029\u0085\n\n',
  'bytes that are no UTF-8': Buffer.concat([
    Buffer.from('data: a'),
    Buffer.from([0xff, 0xc3, 0xe2, 0x82, 0x0a]),
    Buffer.from([0x0a]),
    Buffer.from('data: b\n\n'),
  ]),
  'half an event at the end': 'data: a\n\ndata: b\n',
  'half a line at the end': 'data: a\n\nid: 5\ndata: b',
  'blank lines alone': '\n\n\r\r\n\ndata: a\n\n\n\n\n',
};
