/** Prints, as JSON, how many bytes a million steady rounds on a channel allocate. Needs --expose-gc. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';

const ROUNDS = 1_000_000;
const ITEM = { bytes: 200 };
const gc = globalThis.gc as () => void;

function open(name: keyof typeof OVERFLOW_POLICIES): Channel<typeof ITEM> {
  return createChannel<typeof ITEM>({
    overflow: OVERFLOW_POLICIES[name],
    capacityItems: 64,
    clock: createVirtualClock(),
    sizeOf: (item) => item.bytes,
    onEnd: () => {},
  });
}

function offerAndTake(channel: Channel<typeof ITEM>): void {
  for (let i = 0; i < ROUNDS; i++) {
    channel.offer(ITEM);
    channel.delivered(channel.tryTake() as typeof ITEM);
  }
}

function offerToFull(channel: Channel<typeof ITEM>): void {
  for (let i = 0; i < ROUNDS; i++) channel.offer(ITEM);
}

/** The least of several readings: the compiler allocates too, now and then, but not each time. */
function measureBytes(work: () => void): number {
  work();
  work();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    work();
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  return least;
}

const measured: Record<string, number> = {};
for (const name of ['block', 'drop-oldest', 'drop-newest', 'unbounded'] as const) {
  const channel = open(name);
  measured[`${name}: offer and take`] = measureBytes(() => offerAndTake(channel));
}
for (const name of ['drop-oldest', 'drop-newest'] as const) {
  const channel = open(name);
  measured[`${name}: offer to a full queue`] = measureBytes(() => offerToFull(channel));
}
const sink: unknown[] = [];
measured['control: one object each'] = measureBytes(() => {
  sink.length = 0;
  for (let i = 0; i < ROUNDS / 100; i++) sink.push({ i });
});
process.stdout.write(JSON.stringify(measured));
