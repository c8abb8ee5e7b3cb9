/** The outbound queue of an echo connection: what was read is answered, so nothing is dropped and reading waits. */
import { createChannel, type OfferOutcome } from '../channel/channel.ts';
import block from '../overflow/block.ts';
import { whileWaiting } from '../resources/wait-graph.ts';
import { MAX_MESSAGE_BYTES } from './inbound-frames.ts';
import type { Line } from './line.ts';
import type { OutboundFrame } from './outbound-frame.ts';
import type { OpenQueue } from './outbound-queue.ts';

const ITEMS = 64;
/** Replies of one read arrive together: each of them has a place in the line. */
const MAX_WAITERS = 1_000_000;

export function echoQueueOf({ clock, waits }: Line): OpenQueue {
  return (hooks, roomWait) => {
    const channel = createChannel<OutboundFrame>({
      overflow: block,
      capacityItems: ITEMS,
      capacityBytes: 2 * MAX_MESSAGE_BYTES + 4096, // and what frames and entries add
      maxWaiters: MAX_WAITERS,
      sizeOf: (frame) => frame.bytes,
      clock,
      ...hooks,
    });
    const offer = (frame: OutboundFrame, who: string): OfferOutcome | Promise<OfferOutcome> => {
      const offered = channel.offer(frame);
      return offered instanceof Promise ? whileWaiting(waits, { ...roomWait, who }, offered) : offered;
    };
    return { channel, offer, giveUp: () => {} };
  };
}
