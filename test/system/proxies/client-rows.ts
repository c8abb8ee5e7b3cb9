/** Rows 1 to 22: requests that a proxy has to refuse. Nothing of them reaches the upstream server. */
import type { Entrance, PathName } from './entrances.ts';

export interface RefusedRow {
  readonly row: number;
  readonly name: string;
  readonly statuses: readonly number[];
  readonly paths?: readonly PathName[];
  /** Too long to be sent byte by byte. */
  readonly isLong?: boolean;
  /** Nothing but the end of the connection is required. */
  readonly mayCloseSilently?: boolean;
  bytes(entrance: Entrance): string;
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n';

/** A POST with framing that nobody can be sure of; what follows looks like a request. */
function framed(
  row: number,
  name: string,
  fields: readonly string[],
  body = `0\r\n\r\n${SMUGGLED}`,
): RefusedRow {
  return {
    row,
    name,
    statuses: [400],
    bytes: (entrance) => `${entrance.head('POST', '/x', ...fields)}\r\n${body}`,
  };
}

/** A GET whose head has these bytes where a field would be. */
function field(row: number, name: string, bytes: string): RefusedRow {
  return {
    row,
    name,
    statuses: [400],
    bytes: (entrance) => `${entrance.head('GET', '/x')}${bytes}\r\n\r\n${SMUGGLED}`,
  };
}

/** A head that is given whole; `{target}` and `{host}` are filled in. */
function whole(row: number, name: string, text: string, statuses: readonly number[] = [400]): RefusedRow {
  return {
    row,
    name,
    statuses,
    bytes: (entrance) =>
      text.replaceAll('{target}', entrance.target('/x')).replaceAll('{host}', entrance.host),
  };
}

const LENGTHS = [
  '+5',
  '-1',
  '0x5',
  '5 5',
  '5.0',
  '1e1',
  '',
  '5,',
  '5;',
  '٥',
  '18446744073709551616',
  '9'.repeat(40),
];

const CODINGS = [
  'identity',
  'gzip',
  'chunked, identity',
  'chunked, chunked',
  'xchunked',
  'chunked-false',
  'chunked;q=1',
  '"chunked"',
  'chunked\x0b',
  ', chunked, gzip',
  '',
];

export const REFUSED_ROWS: readonly RefusedRow[] = [
  framed(1, 'Content-Length, then Transfer-Encoding', ['Content-Length: 6', 'Transfer-Encoding: chunked']),
  framed(1, 'Transfer-Encoding, then Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 6']),
  framed(1, 'Transfer-Encoding with length 0', ['Transfer-Encoding: chunked', 'Content-Length: 0']),
  framed(1, 'both, with other letters', ['transfer-ENCODING: Chunked', 'content-LENGTH: 6']),
  {
    ...framed(1, 'Transfer-Encoding behind 2,100 fields', [
      'Content-Length: 5',
      ...Array.from({ length: 2100 }, () => 'a:'),
      'Transfer-Encoding: chunked',
    ]),
    statuses: [400, 431],
    isLong: true,
  },
  framed(2, 'two lengths that differ', ['Content-Length: 5', 'Content-Length: 46'], `hello${SMUGGLED}`),
  framed(2, 'two equal lengths', ['Content-Length: 5', 'Content-Length: 5'], `hello${SMUGGLED}`),
  framed(2, 'a list of lengths', ['Content-Length: 5, 5'], `hello${SMUGGLED}`),
  ...LENGTHS.map((length) =>
    framed(2, `length ${JSON.stringify(length)}`, [`Content-Length: ${length}`], `hello${SMUGGLED}`),
  ),
  ...CODINGS.map((coding) => framed(3, `coding ${JSON.stringify(coding)}`, [`Transfer-Encoding: ${coding}`])),
  framed(3, 'chunked twice, in two fields', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']),
  framed(3, 'chunked and another in a second field', [
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: identity',
  ]),
  whole(
    3,
    'chunked in HTTP/1.0',
    'POST {target} HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  whole(6, 'lines end in LF', `GET {target} HTTP/1.1\nHost: {host}\n\n${SMUGGLED}`),
  whole(6, 'one line ends in LF', `GET {target} HTTP/1.1\r\nHost: {host}\nX-A: b\r\n\r\n${SMUGGLED}`),
  whole(6, 'a CR in the request line', `GET {target}\r HTTP/1.1\r\nHost: {host}\r\n\r\n`),
  whole(6, 'a NUL in the target', `GET {target}\0 HTTP/1.1\r\nHost: {host}\r\n\r\n`),
  whole(6, 'no method', ` {target} HTTP/1.1\r\nHost: {host}\r\n\r\n`),
  whole(6, 'a space before the first field', `GET {target} HTTP/1.1\r\n Host: {host}\r\n\r\n`),
  field(6, 'a bare CR in a value', 'X-A: b\rc'),
  field(6, 'a CR before the line end', 'X-A: b\r'),
  field(6, 'a bare LF in a value', 'X-A: b\nTransfer-Encoding: chunked'),
  field(6, 'a folded line', 'X-A: b\r\n c'),
  field(6, 'a folded line with a tab', 'X-A: b\r\n\tc'),
  field(6, 'a folded coding', 'Transfer-Encoding:\r\n chunked'),
  field(6, 'a space before the colon', 'X-A : b'),
  field(6, 'a space before the colon of a coding', 'Transfer-Encoding : chunked'),
  field(6, 'a tab before the colon', 'Content-Length\t: 5'),
  field(6, 'a NUL in a value', 'X-A: b\0c'),
  field(6, 'a NUL in a name', 'X\0A: b'),
  field(6, 'an empty name', ': b'),
  field(6, 'a name in brackets', '(x): b'),
  field(6, 'a name with a space', 'X A: b'),
  field(6, 'a name beyond ASCII', 'X\xc3\xa4: b'),
  field(6, 'a line without a colon', 'nothing'),
  whole(7, 'no Host', `GET {target} HTTP/1.1\r\nX-A: b\r\n\r\n${SMUGGLED}`),
  field(7, 'two Hosts', 'Host: other'),
  whole(7, 'Host with a path', 'GET {target} HTTP/1.1\r\nHost: {host}/x\r\n\r\n'),
  whole(7, 'Host with userinfo', 'GET {target} HTTP/1.1\r\nHost: u@{host}\r\n\r\n'),
  whole(7, 'Host with a list', 'GET {target} HTTP/1.1\r\nHost: {host}, other\r\n\r\n'),
  whole(7, 'Host with a query', 'GET {target} HTTP/1.1\r\nHost: {host}?x\r\n\r\n'),
  whole(7, 'Host with a port that is none', 'GET {target} HTTP/1.1\r\nHost: localhost:8o\r\n\r\n'),
  {
    row: 9,
    name: 'a target of 100,000 characters',
    statuses: [414, 431],
    isLong: true,
    bytes: (entrance) => `${entrance.head('GET', `/${'a'.repeat(100_000)}`)}\r\n`,
  },
  {
    row: 10,
    name: 'one field of 17,000 characters',
    statuses: [431],
    isLong: true,
    bytes: (entrance) => `${entrance.head('GET', '/x', `X-A: ${'a'.repeat(17_000)}`)}\r\n`,
  },
  {
    row: 10,
    name: '5,000 small fields',
    statuses: [431],
    isLong: true,
    bytes: (entrance) => `${entrance.head('GET', '/x', ...Array.from({ length: 5000 }, () => 'a: b'))}\r\n`,
  },
  {
    row: 14,
    name: 'Expect of something else',
    statuses: [417],
    bytes: (entrance) => `${entrance.head('GET', '/x', 'Expect: something')}\r\n`,
  },
  whole(16, 'TRACE', 'TRACE {target} HTTP/1.1\r\nHost: {host}\r\n\r\n', [400, 405, 501]),
  whole(16, 'a method nobody knows', 'BREW {target} HTTP/1.1\r\nHost: {host}\r\n\r\n', [400, 405, 501]),
  whole(16, 'a method in small letters', 'get {target} HTTP/1.1\r\nHost: {host}\r\n\r\n', [400, 405, 501]),
  whole(16, 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 405, 501, 505]),
  whole(16, 'HTTP/2.0', 'GET {target} HTTP/2.0\r\nHost: {host}\r\n\r\n', [400, 505]),
  whole(16, 'HTTP/1.7', 'GET {target} HTTP/1.7\r\nHost: {host}\r\n\r\n', [400, 505]),
  whole(16, 'HTTP/0.9', 'GET /x\r\n\r\n', [400, 505]),
  whole(21, 'a ClientHello', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x00\x01\x02\x03'),
  whole(21, 'random bytes', '\x8f\x00\xff\x13\x07zz\r\n\r\n\x01\x02'),
  whole(22, 'the PROXY protocol, version 1', `PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n${SMUGGLED}`),
  whole(
    22,
    'the PROXY protocol, version 2',
    `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c${'\0'.repeat(12)}${SMUGGLED}`,
  ),
];

/** Rows 4 and 5: the head is fine, the body is not. Upstream may have seen a part, never the whole. */
export const BROKEN_BODY_ROWS: readonly {
  row: number;
  name: string;
  body: string;
  isLength?: boolean;
  fin?: boolean;
}[] = [
  ...['g', '0x5', '-1', ' 5', '5 ', '+5', '', '5,', '10000000000000000', 'fffffffffffffffff'].map((size) => ({
    row: 4,
    name: `chunk size ${JSON.stringify(size)}`,
    body: `${size}\r\nhello\r\n0\r\n\r\n${SMUGGLED}`,
  })),
  { row: 4, name: 'a bare LF behind the size', body: `5\nhello\r\n0\r\n\r\n${SMUGGLED}` },
  { row: 4, name: 'a bare LF behind the data', body: `5\r\nhello\n0\r\n\r\n${SMUGGLED}` },
  { row: 4, name: 'a bare CR behind the size', body: `5\rhello\r\n0\r\n\r\n${SMUGGLED}` },
  { row: 4, name: 'more data than the size says', body: `5\r\nhellohello\r\n0\r\n\r\n${SMUGGLED}` },
  { row: 4, name: 'a NUL in an extension', body: `5;a=\0\r\nhello\r\n0\r\n\r\n${SMUGGLED}` },
  { row: 4, name: 'a LF in an extension', body: `5;a=b\nhello\r\n0\r\n\r\n${SMUGGLED}` },
  {
    row: 4,
    name: 'an extension of 100,000 characters',
    body: `5;a=${'b'.repeat(100_000)}\r\nhello\r\n0\r\n\r\n`,
  },
  { row: 4, name: 'a bare LF behind the last chunk', body: `5\r\nhello\r\n0\n\n${SMUGGLED}` },
  { row: 4, name: 'a bad trailer', body: `5\r\nhello\r\n0\r\nX : y\r\n\r\n${SMUGGLED}` },
  {
    row: 4,
    name: 'trailers of 100,000 characters',
    body: `5\r\nhello\r\n0\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
  },
  { row: 5, name: 'no last chunk, then FIN', body: '5\r\nhello\r\n', fin: true },
  { row: 5, name: 'half a chunk, then FIN', body: '5\r\nhel', fin: true },
  { row: 5, name: 'the last chunk without its end, then FIN', body: '5\r\nhello\r\n0\r\n', fin: true },
  { row: 5, name: 'less than its length, then FIN', body: 'hello', isLength: true, fin: true },
];
