import { describe, expect, it } from 'vitest';
import { HttpResponseParser } from '../../src/load/http-response.ts';

function parse(chunks: readonly Buffer[], finish = true) {
  const log: string[] = [];
  let body = '';
  const parser = new HttpResponseParser({
    onHead: (status, keepsAlive) => log.push(`${status}${keepsAlive ? '' : ' close'}`),
    onBody: (buffer, from, to) => {
      body += buffer.toString('latin1', from, to);
    },
    onEnd: () => {
      log.push(body);
      body = '';
    },
  });
  for (const chunk of chunks) {
    if (parser.push(chunk, 0, chunk.length) < 0) return [...log, 'malformed'];
  }
  if (finish && !parser.finish()) log.push('cut off');
  return log;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CASES: [string, string, string[]][] = [
  ['a length', `${OK}Content-Length: 5\r\n\r\nhello`, ['200', 'hello']],
  [
    'pipelined answers',
    `${OK}content-length: 2\r\n\r\nhiHTTP/1.1 503 Busy\r\nCONTENT-LENGTH:0\r\n\r\n`,
    ['200', 'hi', '503', ''],
  ],
  [
    'no body',
    'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304\r\nContent-Length: 9\r\n\r\n',
    ['204', '', '304', ''],
  ],
  [
    'chunks',
    `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n`,
    ['200', 'hello0123456789'],
  ],
  [
    'chunks with a trailer',
    `${OK}transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n${OK}Content-Length: 1\r\n\r\nb`,
    ['200', 'a', '200', 'b'],
  ],
  [
    'chunked wins over a length',
    `${OK}Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    ['200', 'a'],
  ],
  ['a body that ends with the connection', `${OK}\r\nall of it`, ['200 close', 'all of it']],
  ['an interim answer', `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 1\r\n\r\na`, ['200', 'a']],
  ['connection: close', `${OK}Connection: close\r\nContent-Length: 1\r\n\r\na`, ['200 close', 'a']],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', ['200 close', 'a']],
  [
    'HTTP/1.0 with keep-alive',
    'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na',
    ['200', 'a'],
  ],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 1\n\na', ['200', 'a']],
  ['a body cut off', `${OK}Content-Length: 5\r\n\r\nhel`, ['200', 'cut off']],
  ['a head cut off', `${OK}Content-Le`, ['cut off']],
  ['chunks cut off', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, ['200', 'cut off']],
];

describe('http response', () => {
  it.each(CASES)('%s: read the same at every split', (_, text, expected) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)]), `split at ${at}`).toEqual(expected);
    }
    expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['a length that is none', `${OK}Content-Length: -1\r\n\r\n`],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    ['a chunk size that is none', `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['a chunk longer than it said', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ['an endless line', `HTTP/1.1 200 ${'a'.repeat(20_000)}`],
    ['endless headers', `${OK}${'a: b\r\n'.repeat(300)}`],
  ])('%s is refused', (_, text) => {
    expect(parse([Buffer.from(text)], false).at(-1)).toBe('malformed');
  });

  it('after stop in the head, says where the rest begins', () => {
    const parser: HttpResponseParser = new HttpResponseParser({
      onHead: () => parser.stop(),
      onBody() {
        throw new Error('not for this parser');
      },
      onEnd() {
        throw new Error('not for this parser');
      },
    });
    const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';
    const bytes = Buffer.from(`${head}rest`);
    expect(parser.push(bytes, 0, bytes.length)).toBe(head.length);
  });
});
