/** What the head of an answer says: its fields, how its body is delimited, whether the connection lives on. */
import { NS_PER_SEC } from '../../core/clock.ts';
import type { HeadScanner } from './head-scanner.ts';
import type { Framing, ResponseHead } from './upstream.ts';

export interface ParsedHead extends ResponseHead {
  /** The connection may be used again after this answer. */
  readonly keepsAlive: boolean;
  /** How long the server says it keeps an unused connection (`Keep-Alive: timeout=`); Infinity if it says nothing. */
  readonly keepAliveNs: number;
}

/** The head that `scanner` has found, or why it is refused. `isHead`: it answers a HEAD request. */
export function parseHead(scanner: HeadScanner, isHead: boolean): ParsedHead | string {
  const { status, minorVersion, fieldCount } = scanner;
  const headers: string[] = [];
  let length = -1;
  let isChunked = false;
  let saysClose = false;
  let saysKeepAlive = false;
  let keepAliveNs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < fieldCount; i++) {
    const name = scanner.nameOf(i);
    const value = scanner.valueOf(i);
    headers.push(name, value);
    switch (name.length) {
      case 14:
        if (!isNamed(name, 'content-length')) break;
        if (length >= 0) return 'there is more than one Content-Length';
        length = readLength(value);
        if (length < 0) return `Content-Length is '${value}'`;
        break;
      case 17:
        if (!isNamed(name, 'transfer-encoding')) break;
        if (minorVersion === 0) return 'HTTP/1.0 has no Transfer-Encoding';
        if (isChunked || !isNamed(value, 'chunked')) return `Transfer-Encoding is not 'chunked' alone`;
        isChunked = true;
        break;
      case 10:
        if (isNamed(name, 'connection')) {
          if (isNamed(value, 'keep-alive')) saysKeepAlive = true;
          else if (isNamed(value, 'close')) saysClose = true;
          else {
            const options = value.toLowerCase().split(',');
            saysClose ||= options.some((option) => option.trim() === 'close');
            saysKeepAlive ||= options.some((option) => option.trim() === 'keep-alive');
          }
        } else if (isNamed(name, 'keep-alive')) keepAliveNs = readKeepAlive(value);
    }
  }
  if (isChunked && length >= 0) return 'there are Content-Length and Transfer-Encoding';
  const framing = framingOf(status, isHead, isChunked, length);
  // A server that announces a body where none can be may send it, and it would be read as the next answer.
  const mayTrailBytes = status === 204 && (isChunked || length > 0);
  return {
    httpVersion: minorVersion === 1 ? '1.1' : '1.0',
    status,
    reason: scanner.reason,
    headers,
    framing,
    keepsAlive: framing !== 'close' && !saysClose && (minorVersion === 1 || saysKeepAlive) && !mayTrailBytes,
    keepAliveNs,
  };
}

/** RFC 9112 §6.3, for answers. */
function framingOf(status: number, isHead: boolean, isChunked: boolean, length: number): Framing {
  if (isHead || status < 200 || status === 204 || status === 304) return 'none';
  if (isChunked) return 'chunked';
  return length >= 0 ? length : 'close';
}

function isNamed(text: string, lowerCase: string): boolean {
  return text.length === lowerCase.length && (text === lowerCase || text.toLowerCase() === lowerCase);
}

/** Digits alone, up to 2^53 - 1; -1 for anything else. */
function readLength(value: string): number {
  if (value.length === 0) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return -1;
  }
  return length;
}

/** One second before the server's own time, so that a request does not meet its FIN; at least half of it. */
function readKeepAlive(value: string): number {
  const seconds = /(?:^|[,\s])timeout=(\d{1,9})(?:$|[,\s])/i.exec(value)?.[1];
  if (seconds === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(Number(seconds) - 1, Number(seconds) / 2) * NS_PER_SEC;
}
