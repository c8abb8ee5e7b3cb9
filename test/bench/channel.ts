/** `npm run bench:channel`: what one item costs in the bounded channel, beside a plain array on the same work. */
import { bench, do_not_optimize, group, run } from 'mitata';
import { createVirtualClock } from '../../src/core/clock.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';

const CAPACITY = 64;
const item = { bytes: 200 };

group('offer, take, delivered: one item through an empty queue', () => {
  for (const overflow of Object.values(OVERFLOW_POLICIES)) {
    const channel = createChannel<typeof item>({
      overflow,
      capacityItems: CAPACITY,
      clock: createVirtualClock(),
    });
    bench(overflow.name, () => {
      channel.offer(item);
      channel.delivered(channel.tryTake() as typeof item);
    });
  }
  const array: (typeof item)[] = [];
  bench('plain array, nothing counted', () => {
    array.push(item);
    do_not_optimize(array.shift());
  });
});

group('offer to a full queue', () => {
  for (const name of ['drop-oldest', 'drop-newest'] as const) {
    const channel = createChannel<typeof item>({
      overflow: OVERFLOW_POLICIES[name],
      capacityItems: CAPACITY,
      clock: createVirtualClock(),
    });
    for (let i = 0; i < CAPACITY; i++) channel.offer(item);
    bench(name, () => do_not_optimize(channel.offer(item)));
  }
  const array = Array.from({ length: CAPACITY }, () => item);
  bench('plain array as drop-oldest, nothing counted', () => {
    array.shift();
    do_not_optimize(array.push(item));
  });
});

await run();
