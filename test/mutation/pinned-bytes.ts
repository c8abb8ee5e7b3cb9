/** P3: memory that queued frames keep alive, against what the queue counts for them. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import coalesce from '../../src/system/overflow/coalesce.ts';

interface Frame {
  readonly wire: Uint8Array;
  readonly key: number;
}

const EVENTS = 20_000;
/** One key of many changes all the time, and each of the others once in a while. */
const SELDOM = 400;
const MOST_PER_COUNTED_BYTE = 1.25;

/** `encode` answers the bytes of one small event, as they stand in a queue. */
export function findPinnedBytes(encode: (id: number, text: string) => Uint8Array): string | undefined {
  const channel = createChannel<Frame>({
    overflow: coalesce,
    clock: createVirtualClock(),
    sizeOf: (frame) => frame.wire.length,
    keyOf: (frame) => frame.key,
  });
  for (let id = 0; id < EVENTS; id++) {
    channel.offer({ wire: encode(id, 'x'.repeat(100)), key: id % SELDOM === 0 ? id : -1 });
  }
  const counted = channel.bytes;
  const kept = new Set<ArrayBufferLike>();
  for (let frame = channel.tryTake(); frame !== undefined; frame = channel.tryTake())
    kept.add(frame.wire.buffer);
  const pinned = [...kept].reduce((total, buffer) => total + buffer.byteLength, 0);
  if (pinned <= MOST_PER_COUNTED_BYTE * counted) return undefined;
  return `${pinned} bytes kept alive, ${counted} counted`;
}
