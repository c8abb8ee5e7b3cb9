/**
 * WebSocket frames of a client, right and wrong ones, and a reader that takes from a server what RFC 6455 and
 * RFC 7692 let a server send, and not one bit otherwise. An oracle of the tests: it shares nothing with `src`.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, randomFillSync } from 'node:crypto';
import type { Inflater } from './deflate.ts';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameBits {
  readonly opcode: number;
  /** Text is encoded as UTF-8. */
  readonly payload?: string | Uint8Array;
  /** Default true. */
  readonly isFinal?: boolean;
  /** The three reserved bits, 4 being RSV1. Default 0. */
  readonly reserved?: number;
  /** 4 bytes; `null` for a frame without a mask. Default random. */
  readonly mask?: Uint8Array | null;
  /** What the head says, whatever follows. Default the payload's length. */
  readonly declaredLength?: bigint;
}

export function encodeFrame(bits: FrameBits): Buffer {
  const { opcode, isFinal = true, reserved = 0, mask = randomFillSync(new Uint8Array(4)) } = bits;
  const payload = Buffer.from(bits.payload ?? '');
  const length = bits.declaredLength ?? BigInt(payload.length);
  const head = Buffer.alloc(length < 126n ? 2 : length < 65_536n ? 4 : 10);
  head[0] = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const maskBit = mask === null ? 0 : 0x80;
  if (head.length === 2) head[1] = maskBit | Number(length);
  else if (head.length === 4) {
    head[1] = maskBit | 126;
    head.writeUInt16BE(Number(length), 2);
  } else {
    head[1] = maskBit | 127;
    head.writeBigUInt64BE(length, 2);
  }
  if (mask === null) return Buffer.concat([head, payload]);
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i] = (masked[i] as number) ^ (mask[i & 3] as number);
  return Buffer.concat([head, mask, masked]);
}

export const text = (payload: string | Uint8Array, bits: Partial<FrameBits> = {}): Buffer =>
  encodeFrame({ opcode: OPCODE.text, payload, ...bits });
export const binary = (payload: string | Uint8Array, bits: Partial<FrameBits> = {}): Buffer =>
  encodeFrame({ opcode: OPCODE.binary, payload, ...bits });
export const more = (payload: string | Uint8Array, bits: Partial<FrameBits> = {}): Buffer =>
  encodeFrame({ opcode: OPCODE.continuation, payload, ...bits });
export const ping = (payload: string | Uint8Array, bits: Partial<FrameBits> = {}): Buffer =>
  encodeFrame({ opcode: OPCODE.ping, payload, ...bits });
export const pong = (payload: string | Uint8Array, bits: Partial<FrameBits> = {}): Buffer =>
  encodeFrame({ opcode: OPCODE.pong, payload, ...bits });

/** A close frame: without a payload where `code` is none. */
export function close(code?: number, reason: string | Uint8Array = ''): Buffer {
  return encodeFrame({ opcode: OPCODE.close, payload: closePayload(code, reason) });
}

export function closePayload(code?: number, reason: string | Uint8Array = ''): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

export interface Heard {
  readonly kind: 'text' | 'binary' | 'ping' | 'pong' | 'close';
  readonly payload: Buffer;
  /** Bytes of payload on the wire; less than `payload` has where it came compressed. */
  readonly wireBytes: number;
  readonly isCompressed: boolean;
}

/** In one line, so that what came and what should have come can be compared and printed. */
export function tell({ kind, payload }: Pick<Heard, 'kind' | 'payload'>): string {
  if (kind === 'close') {
    const code = payload.length === 0 ? 'no code' : payload.readUInt16BE(0);
    return `close ${code} ${JSON.stringify(payload.subarray(2).toString())}`;
  }
  const isShort = payload.length <= 125;
  const content = isShort ? payload.toString('latin1') : createHash('sha256').update(payload).digest('hex');
  return `${kind} of ${payload.length}: ${isShort ? JSON.stringify(content) : content}`;
}

/** What a server may not send. */
export class FrameError extends Error {}

const KIND: Readonly<Record<number, Heard['kind']>> = {
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

export class FrameReader {
  /** For messages with RSV1, where compression was agreed on. */
  readonly #inflater: Inflater | null;
  #rest: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #message: { readonly kind: 'text' | 'binary'; readonly isCompressed: boolean } | undefined;
  #isClosed = false;

  constructor(inflater: Inflater | null) {
    this.#inflater = inflater;
  }

  /** Bytes of a frame that has not come wholly. */
  get restBytes(): number {
    return this.#rest.length;
  }

  /** Everything that has come wholly with `bytes`. Throws {@link FrameError}. */
  push(bytes: Buffer): Heard[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const heard: Heard[] = [];
    for (;;) {
      const size = this.#frameSize();
      if (size === undefined || this.#rest.length < size.head + size.payload) return heard;
      const payload = this.#rest.subarray(size.head, size.head + size.payload);
      const one = this.#take(this.#rest[0] as number, Buffer.from(payload));
      this.#rest = this.#rest.subarray(size.head + size.payload);
      if (one !== undefined) heard.push(one);
    }
  }

  #frameSize(): { head: number; payload: number } | undefined {
    const { length } = this.#rest;
    if (length < 2) return undefined;
    const second = this.#rest[1] as number;
    demand(second < 0x80, 'a server does not mask');
    if (second < 126) return { head: 2, payload: second };
    if (length < (second === 126 ? 4 : 10)) return undefined;
    const payload = second === 126 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2));
    demand(
      payload >= (second === 126 ? 126 : 65_536),
      `the length ${payload} is not written the shortest way`,
    );
    return { head: second === 126 ? 4 : 10, payload };
  }

  #take(first: number, payload: Buffer): Heard | undefined {
    const isFinal = first >= 0x80;
    const reserved = (first >> 4) & 7;
    const opcode = first & 0xf;
    demand(!this.#isClosed, `a frame (opcode ${opcode}) behind the close frame`);
    demand((reserved & 3) === 0, 'RSV2 or RSV3 without an extension');
    if (opcode >= 8) return this.#takeControl(opcode, isFinal, reserved, payload);
    demand(opcode <= 2, `reserved opcode ${opcode}`);
    if (opcode === OPCODE.continuation) {
      demand(this.#message !== undefined, 'a continuation of nothing');
      demand(reserved === 0, 'RSV1 on a continuation');
    } else {
      demand(this.#message === undefined, 'a new message within another');
      demand(reserved === 0 || this.#inflater !== null, 'RSV1 without an extension');
      this.#message = { kind: opcode === 1 ? 'text' : 'binary', isCompressed: reserved !== 0 };
    }
    this.#parts.push(payload);
    return isFinal ? this.#endMessage() : undefined;
  }

  #takeControl(opcode: number, isFinal: boolean, reserved: number, payload: Buffer): Heard {
    const kind = KIND[opcode];
    if (kind === undefined) throw new FrameError(`reserved opcode ${opcode}`);
    demand(isFinal && reserved === 0, 'a control frame in fragments, or compressed');
    demand(payload.length <= 125, `a control frame of ${payload.length} bytes`);
    if (kind === 'close') {
      this.#isClosed = true;
      demand(payload.length !== 1, 'half a close code');
      demand(payload.length === 0 || maySend(payload.readUInt16BE(0)), `close ${tell({ kind, payload })}`);
      demand(isUtf8(payload.subarray(2)), 'the reason is no UTF-8');
    }
    return { kind, payload, wireBytes: payload.length, isCompressed: false };
  }

  #endMessage(): Heard {
    const { kind, isCompressed } = this.#message as { kind: 'text' | 'binary'; isCompressed: boolean };
    const wire = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#message = undefined;
    const payload = isCompressed ? (this.#inflater as Inflater).inflate(wire) : wire;
    demand(kind === 'binary' || isUtf8(payload), 'text that is no UTF-8');
    return { kind, payload, wireBytes: wire.length, isCompressed };
  }
}

/** Codes that may stand in a close frame (RFC 6455 §7.4 and the IANA registry). */
export function maySend(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

function demand(holds: boolean, problem: string): void {
  if (!holds) throw new FrameError(problem);
}
