/** The same bytes to Node's own client (llhttp) and to ours: what both accept means the same to both. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ResponseReader } from '../../../src/system/http/response-reader.ts';
import type { Destination } from '../../../src/system/http/upstream.ts';
import { createPool, get, Hearing, rawUpstream } from './raw-upstream.ts';

interface Understood {
  status: number;
  reason: string;
  headers: readonly string[];
  hash: string;
  trailers: readonly string[];
  information: number;
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What Node's client understands, or `undefined` if it refuses. */
function askNode(destination: Destination, method: string): Promise<Understood | undefined> {
  return new Promise((resolve) => {
    let information = 0;
    const { port } = destination;
    const outgoing = request({ host: '127.0.0.1', port, method, agent: false, insecureHTTPParser: false });
    outgoing.on('information', () => information++);
    outgoing.on('error', () => resolve(undefined));
    outgoing.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve(undefined);
    });
    outgoing.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (bytes) => pieces.push(bytes));
      response.on('error', () => resolve(undefined));
      response.on('end', () => {
        const { statusCode = 0, statusMessage = '', rawHeaders, rawTrailers } = response;
        const hash = hashOf(Buffer.concat(pieces));
        resolve({
          status: statusCode,
          reason: statusMessage,
          headers: rawHeaders,
          hash,
          trailers: rawTrailers,
          information,
        });
        outgoing.destroy();
      });
    });
    outgoing.end();
  });
}

async function askOurs(destination: Destination, method: string): Promise<Understood | undefined> {
  using pool = createPool();
  const heard = new Hearing();
  pool.begin(destination, get({ method }), heard);
  if ((await heard.over) !== 'end' || heard.head === undefined) return undefined;
  const { status, reason, headers } = heard.head;
  const information = heard.information.length;
  return { status, reason, headers, hash: hashOf(heard.body), trailers: heard.trailers ?? [], information };
}

async function sendInPieces(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const to = Math.max(from, Math.min(cut, bytes.length));
    if (to > from && !socket.destroyed) {
      await new Promise((resolve) => socket.write(bytes.subarray(from, to), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    from = to;
  }
  socket.end();
}

const characters = fc.constantFrom(...'abcXYZ019 \t,;:="/\\()\xe9\xff!%'.split(''));
const value = fc.string({ unit: characters, maxLength: 30 });
const name = fc.stringMatching(/^X-[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const fields = fc.array(fc.tuple(name, value), { maxLength: 6 });
const body = fc.uint8Array({ maxLength: 3000, size: 'max' }).map((bytes) => Buffer.from(bytes));

interface Answer {
  status: number;
  reason: string;
  fields: [string, string][];
  framing: 'length' | 'chunked' | 'close';
  body: Buffer;
  chunkAt: number[];
  extension: string;
  trailers: [string, string][];
  information: number[];
}

const answers: fc.Arbitrary<Answer> = fc.record({
  status: fc.oneof(fc.constantFrom(200, 204, 304, 404), fc.integer({ min: 200, max: 599 })),
  reason: value,
  fields,
  framing: fc.constantFrom('length', 'chunked', 'close'),
  body,
  chunkAt: fc.array(fc.nat(3000), { maxLength: 8 }).map((cuts) => [...cuts].sort((a, b) => a - b)),
  extension: fc.constantFrom('', ';a', ';a=b', ';a="b c"'),
  trailers: fields,
  information: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 3 }),
});

function encode(answer: Answer, method: string): Buffer {
  const lines = (pairs: [string, string][]): string => pairs.map(([n, v]) => `${n}: ${v}\r\n`).join('');
  const parts: Buffer[] = [];
  const text = (line: string): unknown => parts.push(Buffer.from(line, 'latin1'));
  for (const status of answer.information) text(`HTTP/1.1 ${status} Wait\r\nX-Early: 1\r\n\r\n`);
  text(`HTTP/1.1 ${answer.status} ${answer.reason}\r\n${lines(answer.fields)}`);
  const hasBody = method !== 'HEAD' && answer.status !== 204 && answer.status !== 304;
  if (answer.framing === 'length' && answer.status !== 204) text(`Content-Length: ${answer.body.length}\r\n`);
  if (answer.framing === 'chunked' && answer.status !== 204) text('Transfer-Encoding: chunked\r\n');
  text('\r\n');
  if (!hasBody) return Buffer.concat(parts);
  if (answer.framing !== 'chunked') parts.push(answer.body);
  else {
    let from = 0;
    for (const cut of [...answer.chunkAt, answer.body.length]) {
      const chunk = answer.body.subarray(from, cut);
      from = Math.max(from, cut);
      if (chunk.length === 0) continue;
      text(`${chunk.length.toString(16)}${answer.extension}\r\n`);
      parts.push(chunk);
      text('\r\n');
    }
    text(`0${answer.extension}\r\n${lines(answer.trailers)}\r\n`);
  }
  return Buffer.concat(parts);
}

const cutPoints = fc.array(fc.nat(4000), { maxLength: 6 }).map((cuts) => [...cuts].sort((a, b) => a - b));
const methods = fc.constantFrom('GET', 'GET', 'GET', 'HEAD');

/** Both are asked at the same time; each connection is sent the same bytes in the same pieces. */
async function askBoth(
  bytes: Buffer,
  cuts: readonly number[],
  method: string,
): Promise<(Understood | undefined)[]> {
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () => void sendInPieces(socket, bytes, cuts));
  });
  return await Promise.all([askOurs(upstream.destination, method), askNode(upstream.destination, method)]);
}

it('understands random valid answers, cut at random places, as Node does', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(answers, cutPoints, methods, async (answer, cuts, method) => {
      const [ours, node] = await askBoth(encode(answer, method), cuts, method);
      expect(ours).toBeDefined();
      expect(ours).toEqual(node);
    }),
    { numRuns: 400 },
  );
});

/** Node refuses an answer with bytes behind it, which we deliver: it is shown what we take for the answer alone. */
function lengthOfAnswer(bytes: Buffer, method: string): number {
  const reader = new ResponseReader();
  reader.start(method === 'HEAD', false);
  for (let at = 0; ; at = reader.at) {
    const step = reader.step(bytes, at);
    if (step === 'end') return reader.at;
    if (step === 'more' || step === 'bad' || step === 'switch') return bytes.length;
  }
}

it('accepts no damaged answer that Node refuses, and gives none another meaning', {
  timeout: 60_000,
}, async () => {
  const octets = fc.oneof(
    fc.constantFrom(0, 7, 9, 10, 13, 32, 44, 58, 59, 127, 255),
    fc.integer({ min: 48, max: 122 }),
  );
  const damage = fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      octet: octets,
      kind: fc.constantFrom('set', 'insert', 'remove'),
    }),
    { minLength: 1, maxLength: 2 },
  );
  let accepted = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(answers, damage, cutPoints, methods, async (answer, damages, cuts, method) => {
      const octetList = [...encode({ ...answer, body: answer.body.subarray(0, 20) }, method)];
      for (const { at, octet, kind } of damages) {
        const index = Math.floor(at * octetList.length);
        octetList.splice(index, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [octet]));
      }
      const bytes = Buffer.from(octetList);
      const [ours, node] = await askBoth(bytes.subarray(0, lengthOfAnswer(bytes, method)), cuts, method);
      if (ours === undefined) {
        refused++;
        return;
      }
      accepted++;
      expect(ours).toEqual(node);
    }),
    { numRuns: 2000 }, // about one in twenty is still an answer
  );
  expect(accepted).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(100);
});
