/** Prints, as JSON, how many bytes a hundred thousand steady publications allocate. Needs --expose-gc. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createBroadcastRing } from '../../src/system/channel/broadcast-ring.ts';
import { createGatedRing } from '../../src/system/channel/gated-ring.ts';
import { createRelay } from '../../src/system/channel/relay.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { RingReader } from '../../src/system/topology/ring-reader.ts';
import { SharedRing } from '../../src/system/topology/shared-ring.ts';

const ROUNDS = 100_000;
const ITEM = { bytes: 200 };
const OTHER = { bytes: 100 };
type Item = typeof ITEM;
const gc = globalThis.gc as () => void;
const clock = createVirtualClock();
const overflow = OVERFLOW_POLICIES['drop-newest'];

function broadcast(receivers: number): () => void {
  const ring = createBroadcastRing<Item>({ capacityItems: 64 });
  for (let i = 0; i < receivers; i++) ring.subscribe();
  return () => void ring.publish(ITEM);
}

function readers(isGated: boolean): () => void {
  const ring = new SharedRing<Item>({ capacityItems: 64, capacityBytes: 0, resume: 'oldest', isGated });
  const options = { overflow, clock, onEnd: () => {} };
  const [steady, other] = [new RingReader<Item>(ring, options), new RingReader<Item>(ring, options)];
  let item = ITEM;
  return () => {
    item = item === ITEM ? OTHER : ITEM;
    steady.offer(item);
    other.offer(item);
    steady.delivered(steady.tryTake() as Item);
    // Under ring-lag the other one reads nothing, and is lapped each time.
    if (isGated) other.delivered(other.tryTake() as Item);
  };
}

function gated(): () => void {
  const ring = createGatedRing<Item>({ capacityItems: 64 });
  const receivers = [ring.subscribe(), ring.subscribe()];
  return () => {
    ring.publish(ITEM);
    for (let i = 0; i < receivers.length; i++) receivers[i]?.tryTake();
  };
}

function relay(): () => void {
  const through = createRelay<Item>({
    clock,
    upstream: { overflow },
    downstream: { overflow },
    onEnd: () => {},
  });
  return () => {
    through.offer(ITEM);
    through.delivered(through.tryTake() as Item);
  };
}

function repeat(step: () => void): void {
  for (let i = 0; i < ROUNDS; i++) step();
}

/** The least of several readings: the compiler allocates too, now and then, but not each time. */
function measureBytes(step: () => void): number {
  repeat(step);
  repeat(step);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    repeat(step);
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  return least;
}

/** Nanoseconds of one step, the least of several readings. */
function measureNs(step: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const before = process.hrtime.bigint();
    repeat(step);
    least = Math.min(least, Number(process.hrtime.bigint() - before) / ROUNDS);
  }
  return least;
}

const sink: unknown[] = [];
const bytes = {
  'broadcast ring': measureBytes(broadcast(2)),
  'gated ring': measureBytes(gated()),
  'ring-lag, one lapped': measureBytes(readers(false)),
  'ring-gated': measureBytes(readers(true)),
  relay: measureBytes(relay()),
  control: measureBytes(() => {
    if (sink.push({ ITEM }) > 1000) sink.length = 0;
  }),
};
const [few, many] = [measureNs(broadcast(1)), measureNs(broadcast(1000))];
process.stdout.write(JSON.stringify({ bytes, few, many }));
