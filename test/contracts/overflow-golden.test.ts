import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';

interface Trace {
  delivered: number[];
  dropped: number[];
  depthMax: number;
  blockedMs: number;
  unaccounted: number;
}

/** Golden vector S1: pushes 1..5 with an idle server, waits 1 ms, then drains. */
function playS1(overflow: OverflowPolicy, items = 5): Trace {
  const clock = createVirtualClock();
  const dropped: number[] = [];
  const onEnd = (item: number, end: string): void => void (end === 'dropped' && dropped.push(item));
  const channel = createChannel<number>({ overflow, capacityItems: 3, clock, onEnd });
  for (let item = 1; item <= items; item++) channel.offer(item);
  clock.advanceNs(1e6);
  const delivered: number[] = [];
  for (let item = channel.tryTake(); item !== undefined; item = channel.tryTake()) {
    delivered.push(item);
    channel.delivered(item);
  }
  const { depthMax, blockedMs } = channel;
  return { delivered, dropped, depthMax, blockedMs, unaccounted: channel.ledger().unaccounted };
}

const GOLDEN: [name: keyof typeof OVERFLOW_POLICIES, trace: Trace][] = [
  ['block', { delivered: [1, 2, 3, 4, 5], dropped: [], depthMax: 3, blockedMs: 2, unaccounted: 0 }],
  ['drop-oldest', { delivered: [3, 4, 5], dropped: [1, 2], depthMax: 3, blockedMs: 0, unaccounted: 0 }],
  ['drop-newest', { delivered: [1, 2, 3], dropped: [4, 5], depthMax: 3, blockedMs: 0, unaccounted: 0 }],
  ['unbounded', { delivered: [1, 2, 3, 4, 5], dropped: [], depthMax: 5, blockedMs: 0, unaccounted: 0 }],
  // The owner is told that 4 and 5 are gone; the ledger was not.
  [
    'as-written/ironstar-drop-oldest',
    { delivered: [1, 2, 3], dropped: [4, 5], depthMax: 3, blockedMs: 0, unaccounted: 2 },
  ],
];

describe('golden vector S1', () => {
  it.each(GOLDEN)('%s delivers and drops exactly what the catalogue says', (name, trace) => {
    expect(playS1(OVERFLOW_POLICIES[name])).toEqual(trace);
  });

  it('covers every policy of the registry', () => {
    expect(GOLDEN.map(([name]) => name).toSorted()).toEqual(Object.keys(OVERFLOW_POLICIES).toSorted());
  });

  it('separates every two policies, by depth and blocked time where the deliveries are the same (P8)', () => {
    const traces = Object.values(OVERFLOW_POLICIES).map((policy) => JSON.stringify(playS1(policy)));
    expect(new Set(traces).size).toBe(traces.length);
  });

  it('separates drop-newest from the other readings of its name', () => {
    // .NET and RxJava evict the youngest queued item; some libraries drop the whole queue.
    const readings = { 'evict-newest': [1, 2, 5], 'evict-all': [4, 5], 'drop-oldest': [3, 4, 5] };
    const { delivered } = playS1(OVERFLOW_POLICIES['drop-newest']);
    expect(Object.values(readings)).not.toContainEqual(delivered);
    expect(delivered).toEqual([1, 2, 3]);
  });

  it('uses five pushes, because with six drop-oldest delivers what evict-all would', () => {
    const evictAll = [4, 5, 6];
    expect(playS1(OVERFLOW_POLICIES['drop-oldest'], 6).delivered).toEqual(evictAll);
  });
});
