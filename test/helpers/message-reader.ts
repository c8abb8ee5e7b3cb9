/**
 * Reads HTTP/1.1 messages out of recorded bytes, as RFC 9112 has them and not one byte otherwise. An oracle of the
 * tests: it shares nothing with the parsers that it judges.
 */

export type Field = readonly [name: string, value: string];

export interface Message {
  readonly startLine: string;
  readonly headers: readonly Field[];
  readonly body: Buffer;
  readonly trailers: readonly Field[];
  /** Its end was seen: by length, last chunk, or the end of the connection where nothing else delimits it. */
  readonly isComplete: boolean;
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
}

/** The bytes are no message. */
export class MalformedMessage extends Error {}

export interface ReadOptions {
  readonly kind: 'request' | 'answer';
  /** Methods of the requests that are answered, in order; GET where there are none left. */
  readonly methods?: readonly string[];
  /** No more bytes will come. */
  readonly isEnded?: boolean;
}

/** All messages in `bytes`; the last one may be incomplete. A head that has not come wholly is in `rest`. */
export function readMessages(
  bytes: Buffer,
  { kind, methods = [], isEnded = false }: ReadOptions,
): { messages: Message[]; rest: Buffer } {
  const messages: Message[] = [];
  const asked = [...methods];
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf('\r\n\r\n', at, 'latin1');
    if (headEnd < 0) break;
    const lines = bytes.toString('latin1', at, headEnd).split('\r\n');
    const startLine = lines.shift() as string;
    const headers = lines.map(readField);
    at = headEnd + 4;
    const framing =
      kind === 'request' ? framingOfRequest(startLine, headers) : framingOfAnswer(startLine, headers, asked);
    const read = readBody(bytes, at, framing, isEnded);
    at = read.end;
    messages.push({ startLine, headers, ...read, framing: typeof framing === 'number' ? 'length' : framing });
    if (!read.isComplete) break;
    if (statusOf(startLine) === 101) break; // what follows is another protocol
  }
  return { messages, rest: bytes.subarray(at) };
}

/** All values of one field, by any spelling of its name. */
export function valuesOf(message: Pick<Message, 'headers'>, name: string): string[] {
  return message.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

export function statusOf(startLine: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(startLine)?.[1] ?? Number.NaN);
}

type Framing = 'none' | 'chunked' | 'close' | number;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that a field may not hold
const FORBIDDEN = /[\x00-\x08\x0a-\x1f\x7f]/;

function readField(line: string): Field {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
  if (!TOKEN.test(name) || FORBIDDEN.test(value)) throw new MalformedMessage(`field ${JSON.stringify(line)}`);
  return [name, value];
}

function declaredFraming(headers: readonly Field[]): Framing | undefined {
  const codings = valuesOf({ headers }, 'transfer-encoding');
  const lengths = valuesOf({ headers }, 'content-length');
  if (codings.length + lengths.length > 1)
    throw new MalformedMessage(`framed more than once: ${JSON.stringify([...codings, ...lengths])}`);
  if (codings.length === 1) {
    if (codings[0]?.toLowerCase() !== 'chunked') throw new MalformedMessage(`transfer coding ${codings[0]}`);
    return 'chunked';
  }
  if (lengths.length === 0) return undefined;
  if (!/^\d{1,15}$/.test(lengths[0] as string)) throw new MalformedMessage(`length ${lengths[0]}`);
  return Number(lengths[0]);
}

function framingOfRequest(startLine: string, headers: readonly Field[]): Framing {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.[01]$/.test(startLine))
    throw new MalformedMessage(`request line ${JSON.stringify(startLine)}`);
  if (valuesOf({ headers }, 'host').length !== 1) throw new MalformedMessage('not exactly one Host');
  return declaredFraming(headers) ?? 'none';
}

function framingOfAnswer(startLine: string, headers: readonly Field[], asked: string[]): Framing {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that a reason may not hold
  if (!/^HTTP\/1\.[01] [1-5]\d\d [^\x00-\x08\x0a-\x1f\x7f]*$/.test(startLine))
    throw new MalformedMessage(`status line ${JSON.stringify(startLine)}`);
  const declared = declaredFraming(headers);
  const status = statusOf(startLine);
  if (status < 200) return 'none';
  const method = asked.shift();
  if (status === 204 || status === 304 || method === 'HEAD') return 'none';
  return declared ?? 'close';
}

interface Body {
  body: Buffer;
  trailers: Field[];
  isComplete: boolean;
  end: number;
}

function readBody(bytes: Buffer, at: number, framing: Framing, isEnded: boolean): Body {
  if (framing === 'none') return { body: Buffer.alloc(0), trailers: [], isComplete: true, end: at };
  if (framing === 'chunked') return readChunks(bytes, at);
  const end = framing === 'close' ? bytes.length : Math.min(bytes.length, at + framing);
  const isComplete = framing === 'close' ? isEnded : end === at + framing;
  return { body: bytes.subarray(at, end), trailers: [], isComplete, end };
}

function readChunks(bytes: Buffer, start: number): Body {
  const parts: Buffer[] = [];
  let at = start;
  const cut = (): Body => ({
    body: Buffer.concat(parts),
    trailers: [],
    isComplete: false,
    end: bytes.length,
  });
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) return cut();
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-fA-F]{1,13}(;[\x20-\x7e]*)?$/.test(line))
      throw new MalformedMessage(`chunk ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) break;
    parts.push(bytes.subarray(at, at + size));
    if (bytes.length < at + size + 2) return cut();
    if (bytes.toString('latin1', at + size, at + size + 2) !== '\r\n')
      throw new MalformedMessage('no CRLF after chunk');
    at += size + 2;
  }
  const trailers: Field[] = [];
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) return cut();
    const line = bytes.toString('latin1', at, lineEnd);
    at = lineEnd + 2;
    if (line === '') return { body: Buffer.concat(parts), trailers, isComplete: true, end: at };
    trailers.push(readField(line));
  }
}
