/**
 * WebSocket frames (RFC 6455) as a client reads and writes them. Of a message only the first bytes are
 * kept, where our stamps stand; the rest is counted off. Text is not checked to be UTF-8.
 */

export interface FrameHandler {
  /** A whole text or binary message; [from, to) of `buffer` holds at least its first {@link HEAD_BYTES}. */
  onMessage(buffer: Buffer, from: number, to: number): void;
  onPing(payload: Buffer): void;
  /** `code` 1005 when the frame has none. */
  onCloseFrame(code: number): void;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const HEAD_BYTES = 128;
const MAX_CONTROL_BYTES = 125;
const NO_STATUS = 1005;
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

export class FrameParser {
  readonly #handler: FrameHandler;
  /** Of the frame being read: its header so far (2 to 10 bytes), then its payload. */
  readonly #header = Buffer.allocUnsafe(10);
  #headerLength = 0;
  #isInPayload = false;
  #opcode = 0;
  #isFinal = false;
  #left = 0;
  #isInMessage = false;
  /** First bytes of a message that does not stand in one chunk, and a control frame's payload. */
  #message: Buffer | undefined;
  #messageLength = 0;
  #control: Buffer | undefined;
  #controlLength = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Reads [from, to) of `buffer`. Answers 0, or the close code of what is wrong with it. */
  push(buffer: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to || (this.#isInPayload && this.#left === 0)) {
      if (this.#isInPayload) {
        at = this.#takePayload(buffer, at, to);
        continue;
      }
      this.#header[this.#headerLength++] = buffer[at++] as number;
      if (this.#headerLength < this.#headerSize()) continue;
      this.#headerLength = 0;
      const problem = this.#beginFrame();
      if (problem !== 0) return problem;
    }
    return 0;
  }

  #headerSize(): number {
    if (this.#headerLength < 2) return 2;
    const length = (this.#header[1] as number) & 0x7f;
    return length < 126 ? 2 : length === 126 ? 4 : 10;
  }

  #beginFrame(): number {
    const first = this.#header[0] as number;
    const second = this.#header[1] as number;
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    let length = short;
    if (short === 126) length = this.#header.readUInt16BE(2);
    else if (short === 127) length = this.#header.readUInt32BE(2) * 2 ** 32 + this.#header.readUInt32BE(6);
    this.#opcode = opcode;
    this.#isFinal = (first & 0x80) !== 0;
    this.#left = length;
    this.#isInPayload = true;
    if ((first & 0x70) !== 0 || (second & 0x80) !== 0) return PROTOCOL_ERROR; // reserved bits; servers do not mask
    if (opcode >= 8) {
      this.#controlLength = 0;
      return opcode > 10 || !this.#isFinal || length > MAX_CONTROL_BYTES ? PROTOCOL_ERROR : 0;
    }
    if (length > Number.MAX_SAFE_INTEGER) return TOO_BIG;
    // A continuation needs a message that has begun, and a new message none.
    if (opcode > 2 || (opcode === OPCODE.continuation) !== this.#isInMessage) return PROTOCOL_ERROR;
    if (!this.#isInMessage) this.#messageLength = 0;
    this.#isInMessage = true;
    return 0;
  }

  #takePayload(buffer: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#left);
    this.#left -= end - from;
    const isEnd = this.#left === 0;
    if (isEnd) this.#isInPayload = false;
    if (this.#opcode >= 8) this.#takeControl(buffer, from, end, isEnd);
    else this.#takeData(buffer, from, end, isEnd && this.#isFinal);
    return end;
  }

  #takeData(buffer: Buffer, from: number, end: number, isMessageEnd: boolean): void {
    if (isMessageEnd) this.#isInMessage = false;
    if (isMessageEnd && this.#messageLength === 0) {
      this.#handler.onMessage(buffer, from, end);
      return;
    }
    if (this.#messageLength < HEAD_BYTES) {
      this.#message ??= Buffer.allocUnsafeSlow(HEAD_BYTES);
      this.#messageLength += buffer.copy(this.#message, this.#messageLength, from, end);
    }
    if (isMessageEnd) this.#handler.onMessage(this.#message as Buffer, 0, this.#messageLength);
  }

  #takeControl(buffer: Buffer, from: number, end: number, isEnd: boolean): void {
    this.#control ??= Buffer.allocUnsafeSlow(MAX_CONTROL_BYTES);
    this.#controlLength += buffer.copy(this.#control, this.#controlLength, from, end);
    if (!isEnd) return;
    const payload = this.#control.subarray(0, this.#controlLength);
    if (this.#opcode === OPCODE.ping) this.#handler.onPing(payload);
    else if (this.#opcode === OPCODE.close) {
      if (payload.length === 1) this.#handler.onCloseFrame(PROTOCOL_ERROR);
      else this.#handler.onCloseFrame(payload.length === 0 ? NO_STATUS : payload.readUInt16BE(0));
    }
  }
}

/** One final frame, masked with the 32 bits of `mask` as clients must. */
export function encodeClientFrame(opcode: number, payload: Uint8Array, mask: number): Buffer {
  const length = payload.length;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const begin = 2 + lengthBytes + 4;
  const frame = Buffer.allocUnsafe(begin + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.writeUInt32BE(mask >>> 0, begin - 4);
  for (let i = 0; i < length; i++) {
    frame[begin + i] = (payload[i] as number) ^ (frame[begin - 4 + (i & 3)] as number);
  }
  return frame;
}
