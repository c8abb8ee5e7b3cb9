/** A frame as bytes, for queues that spill to disk: what it says of itself on one line, then its wire. */
import type { Frame } from './socket-pump.ts';

type Traits = [klass: number, key: Frame['key'], flow: Frame['flow'], id: number];

const NEWLINE = 10;

export function encodeFrame(frame: Frame): Uint8Array {
  const traits: Traits = [frame.class, frame.key, frame.flow, frame.id ?? 0];
  return Buffer.concat([Buffer.from(`${JSON.stringify(traits)}\n`), frame.wire]);
}

/** `bytes` are another's: the wire is copied. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const end = bytes.indexOf(NEWLINE);
  const [klass, key, flow, id] = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Traits;
  const wire = Uint8Array.prototype.slice.call(bytes, end + 1);
  return { wire, bytes: wire.length, class: klass, key, flow, id };
}
