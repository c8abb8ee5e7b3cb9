/** Which header fields a proxy passes on (RFC 9110 §7.6.1): none that speak of one connection only. */

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Raw name/value pairs without the connection's own fields, those that `Connection` lists included. */
export function endToEndHeaders(raw: readonly string[]): string[] {
  const listed = new Set<string>();
  for (let i = 0; i < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() === 'connection') {
      for (const name of (raw[i + 1] as string).split(',')) listed.add(name.trim().toLowerCase());
    }
  }
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (!HOP_BY_HOP.has(name) && (!listed.has(name) || name === 'content-length' || name === 'host')) {
      kept.push(raw[i] as string, raw[i + 1] as string);
    }
  }
  return kept;
}
