/** What stands in an outbound queue: a message as it goes on the wire, and how far it still has to go. */
import type { Frame } from '../socket-pump.ts';

export interface OutboundFrame extends Frame {
  /** The outbound chain runs backwards from this middleware, the one that queued it; -1 for past all of them. */
  readonly middleware: number;
  /** When it was queued; for an event, when it was published. */
  readonly queuedNs: number;
}

type Traits = [klass: number, key: Frame['key'], flow: Frame['flow'], middleware: number, queuedNs: number];

const NEWLINE = 10;

/** As bytes, for queues that spill to disk: what it says of itself on one line, then its wire. */
export function encodeOutboundFrame(frame: OutboundFrame): Uint8Array {
  const traits: Traits = [frame.class, frame.key, frame.flow, frame.middleware, frame.queuedNs];
  return Buffer.concat([Buffer.from(`${JSON.stringify(traits)}\n`), frame.wire]);
}

/** `bytes` are another's: the wire is copied. */
export function decodeOutboundFrame(bytes: Uint8Array): OutboundFrame {
  const end = bytes.indexOf(NEWLINE);
  const [klass, key, flow, middleware, queuedNs] = JSON.parse(
    Buffer.from(bytes.subarray(0, end)).toString(),
  ) as Traits;
  const wire = Uint8Array.prototype.slice.call(bytes, end + 1);
  return { wire, bytes: wire.length, class: klass, key, flow, middleware, queuedNs };
}
