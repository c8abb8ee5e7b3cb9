/** Who does what of one connection. */

import type { StateHolder } from '../connection-state.ts';
import type { InboundFrame, InboundFrames, InboundMessage } from '../inbound-frames.ts';
import type { Line, Roles } from '../line.ts';
import type { Outbound } from '../outbound.ts';
import type { OutboundFrame } from '../outbound-frame.ts';

/** What a connection does, whoever does it. Promises only where something has to be waited for. */
export interface Work {
  /** Answers a ping or a close, as far as its lane allows. */
  answer(frame: Exclude<InboundFrame, InboundMessage>): void;
  /** The inbound chain. */
  runInbound(message: InboundMessage): void | Promise<void>;
  /** What the innermost handler makes of a message: it queues what is to be sent. */
  apply(message: InboundMessage): void | Promise<void>;
  /** The outbound chain, from the middleware that queued the message back to the first; `undefined` for none. */
  readonly runOutbound: ((frame: OutboundFrame) => void | Promise<void>) | undefined;
}

export interface Sources {
  readonly inbound: InboundFrames;
  readonly outbound: Outbound;
}

/** Made before the connection's other parts, which it then drives. */
export interface Architecture extends Roles {
  readonly state: StateHolder;
  /** The outbound chain as it is run here. */
  readonly process: Work['runOutbound'];
  start(sources: Sources): void;
  /** There is something to take from the inbound frames. */
  onInbound(): void;
  /** There may be something to write. */
  onOutbound(): void;
  /** Resolves when everything that has been read is handled. */
  whenRead(): Promise<void>;
  /** The connection has ended, and nothing waits any more but what ends by itself. Resolves when no task is left. */
  stop(): Promise<void>;
}

export interface ArchitectureParts {
  readonly line: Line;
  readonly work: Work;
}

/** Handles one inbound frame from its reading to its last reply. */
export function handle(frame: InboundFrame, { line, work }: ArchitectureParts): void | Promise<void> {
  if (frame.kind !== 'message') return work.answer(frame);
  const ran = work.runInbound(frame);
  const applied = ran instanceof Promise ? ran.then(() => work.apply(frame)) : work.apply(frame);
  if (applied instanceof Promise) return applied.then(() => countInbound(frame, line));
  countInbound(frame, line);
}

export function countInbound({ readNs }: InboundMessage, { counters, clock }: Line): void {
  counters.inboundMs.record((clock.nowNs() - readNs) / 1e6);
}
