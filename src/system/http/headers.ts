/** Which header fields a proxy passes on (RFC 9110 §7.6.1): none that speak of one connection only. */

/** What frames a message is not among what is passed on either: each side frames what it sends itself. */
const OF_ONE_CONNECTION = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that `Connection` may list without effect: without them the message would be another. */
const NEVER_LISTED = new Set(['host', 'via', 'content-type', 'content-encoding', 'sec-websocket-key']);

const NONE: ReadonlySet<string> = new Set();

/** Names in `Connection` fields, in lower case: they are of this connection alone. */
function listedIn(raw: readonly string[]): ReadonlySet<string> {
  let listed: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const part of (raw[i + 1] as string).split(',')) {
      const field = part.trim().toLowerCase();
      if (field === 'keep-alive' || field === 'close' || field === '' || NEVER_LISTED.has(field)) continue;
      listed ??= new Set();
      listed.add(field);
    }
  }
  return listed ?? NONE;
}

/** Raw name, value pairs without the connection's own fields, those that `Connection` lists included. */
export function endToEndHeaders(raw: readonly string[]): string[] {
  const listed = listedIn(raw);
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (OF_ONE_CONNECTION.has(name) || listed.has(name)) continue;
    kept.push(raw[i] as string, raw[i + 1] as string);
  }
  return kept;
}

/** The same for an answer, whose length says something even without a body (HEAD, 304). */
export function answerHeaders(raw: readonly string[], hasLength: boolean): string[] {
  const kept = endToEndHeaders(raw);
  if (!hasLength) return kept;
  const length = findHeader(raw, 'content-length');
  if (length !== undefined) kept.push('content-length', length);
  return kept;
}

/** The value of the first field with this name, which is in lower case. */
export function findHeader(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) {
    const candidate = raw[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return raw[i + 1];
  }
  return undefined;
}

/** `raw` with one field of this name. */
export function withHeader(raw: readonly string[], name: string, value: string): string[] {
  const kept = withoutHeaders(raw, [name]);
  kept.push(name, value);
  return kept;
}

/** `raw` without the fields of these names, whatever their case. */
export function withoutHeaders(raw: readonly string[], names: readonly string[]): string[] {
  const gone = new Set(names.map((name) => name.toLowerCase()));
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (!gone.has((raw[i] as string).toLowerCase())) kept.push(raw[i] as string, raw[i + 1] as string);
  }
  return kept;
}
