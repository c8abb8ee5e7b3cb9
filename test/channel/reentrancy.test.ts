import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../src/core/clock.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { POLICIES } from './policy-references.ts';
import { findReentryProblem } from './reentry.ts';
import { SEED, setupOf } from './steps.ts';

/** A channel whose owner reacts to ends; P18. */
function open(
  policy: keyof typeof OVERFLOW_POLICIES,
  capacityItems: number,
  react: (channel: Channel<number>, item: number, end: ItemEnd) => void,
): Channel<number> {
  const channel: Channel<number> = createChannel<number>({
    overflow: OVERFLOW_POLICIES[policy],
    capacityItems,
    clock: createVirtualClock(),
    onEnd: (item, end) => react(channel, item, end),
  });
  return channel;
}

function takeAll(channel: Channel<number>): number[] {
  return Array.from({ length: channel.depthItems }, () => channel.tryTake() as number);
}

describe('an owner that offers again when it is told of an end', () => {
  it('does not overtake the item whose offer caused the end', () => {
    const channel = open('drop-oldest', 3, (self, item) => {
      if (item === 1) self.offer(100);
    });
    for (const item of [1, 2, 3, 4]) channel.offer(item);
    expect(takeAll(channel)).toEqual([3, 4, 100]);
    expect(channel.ledger().unaccounted).toBe(0);
  });

  it('does not nest: a hundred thousand evictions in a chain need no deeper stack than one', () => {
    let depth = 0;
    let depthMax = 0;
    let left = 100_000;
    const channel = open('drop-oldest', 1, (self, item) => {
      depth++;
      depthMax = Math.max(depthMax, depth);
      if (left-- > 0) self.offer(item);
      depth--;
    });
    channel.offer(1);
    channel.offer(2);
    expect(depthMax).toBe(1);
    expect(channel.ledger()).toMatchObject({ offered: 100_002, queued: 1, unaccounted: 0 });
  });

  it('may land, discard and close from there', () => {
    const ends: string[] = [];
    const channel = open('drop-newest', 2, (self, item, end) => {
      ends.push(`${item} ${end}`);
      if (end === 'delivered') {
        self.discardQueued('shutdown');
        self.close();
      }
    });
    for (const item of [1, 2, 3]) channel.offer(item);
    channel.delivered(channel.tryTake() as number);
    expect(channel.offer(4)).toBe('failed');
    expect(ends).toEqual(['3 dropped', '1 delivered', '2 dropped', '4 failed']);
  });

  it.each(Object.keys(POLICIES))('%s: neither nests nor overtakes, and loses no count', async (policy) => {
    for (const setup of fc.sample(setupOf({ policy }), { seed: SEED, numRuns: 5 })) {
      expect(await findReentryProblem(setup, (options) => createChannel(options))).toBeUndefined();
    }
  });

  it('stays sound when it throws: the state is complete, and later ends are told after the next step', () => {
    const ends: number[] = [];
    const channel = open('drop-oldest', 2, (_self, item) => {
      if (item === 1) throw new Error('owner failed');
      ends.push(item);
    });
    channel.offer(1);
    channel.offer(2);
    expect(() => channel.offer(3)).toThrow('owner failed');
    expect(channel.ledger()).toMatchObject({ offered: 3, queued: 2, unaccounted: 0 });
    channel.offer(4);
    expect(ends).toEqual([2]);
  });
});

describe('a taker that offers again when it is served', () => {
  it('neither nests nor loses a wake-up', async () => {
    const channel = open('block', 1, () => {});
    const served: number[] = [];
    const loop = async (): Promise<void> => {
      for (let item = await channel.take(); item !== undefined; item = await channel.take()) {
        served.push(item);
        channel.delivered(item);
        if (item < 1000) channel.offer(item + 1);
        else channel.close();
      }
    };
    const done = loop();
    channel.offer(1);
    await done;
    expect(served).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });
});

describe('a taker that finds nothing but expired items', () => {
  it('is given what the owner offers when it is told of their ends', async () => {
    const clock = createVirtualClock();
    const channel: Channel<number> = createChannel<number>({
      overflow: OVERFLOW_POLICIES.block,
      clock,
      stages: { ttlMs: 1 },
      onEnd: (item) => {
        if (item === 1) channel.offer(2);
      },
    });
    channel.offer(1);
    clock.advanceNs(2 * NS_PER_MS);
    const taken = channel.take();
    expect(channel.depthItems).toBe(0);
    expect(await taken).toBe(2);
  });
});
