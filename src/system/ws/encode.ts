/**
 * Unfragmented, unmasked data frames (RFC 6455 §5.2), as servers send them. Encoded once per event and shared
 * by all connections; the `ws` library has no public call for that.
 */
const OPCODE = { text: 1, binary: 2, ping: 9, pong: 10 } as const;
const FINAL = 0x80;

export function encodeTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = startFrame('text', length);
  frame.write(text, frame.length - length);
  return frame;
}

/** `payload` is copied. A `text` frame's must be UTF-8, a `ping` or `pong` has 125 bytes at most. */
export function encodeFrame(kind: keyof typeof OPCODE, payload: Uint8Array): Buffer {
  const frame = startFrame(kind, payload.length);
  frame.set(payload, frame.length - payload.length);
  return frame;
}

/** What a frame made here carries; a view. */
export function payloadOf(wire: Uint8Array): { payload: Uint8Array; isBinary: boolean } {
  const short = wire[1] as number;
  const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  return { payload: wire.subarray(headBytes), isBinary: ((wire[0] as number) & 0x0f) === OPCODE.binary };
}

/** A frame whose head is written; its last `length` bytes are the payload's. */
function startFrame(kind: keyof typeof OPCODE, length: number): Buffer {
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafeSlow(headBytes + length); // not of Node's pool: see encodeSseEvent
  frame[0] = FINAL | OPCODE[kind];
  if (headBytes === 2) {
    frame[1] = length;
  } else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return frame;
}
