/** Trailer fields: what may come behind a body, in either direction (RFC 9110 §6.5.1). */
import type { HeadScanner } from './head-scanner.ts';

export const NO_TRAILERS: readonly string[] = [];

/** Fields that would frame, route, allow or explain a message that has been dealt with already. */
const NEVER_TRAILERS = new Set([
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'max-forwards',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
]);

export function mayBeTrailer(name: string): boolean {
  return !NEVER_TRAILERS.has(name.toLowerCase());
}

/** Raw pairs of what `scanner` has found, without what may not be a trailer. */
export function readTrailers(scanner: HeadScanner): readonly string[] {
  if (scanner.fieldCount === 0) return NO_TRAILERS;
  const trailers: string[] = [];
  for (let i = 0; i < scanner.fieldCount; i++) {
    const name = scanner.nameOf(i);
    if (mayBeTrailer(name)) trailers.push(name, scanner.valueOf(i));
  }
  return trailers;
}
