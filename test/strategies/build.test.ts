import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import type { StrategySpec } from '../../src/core/strategy.ts';
import { buildChannel } from '../../src/system/strategies/build.ts';
import { parseStrategy } from '../../src/system/strategies/parse.ts';

function build(text: string) {
  // Through JSON, as a spec reaches the system's process.
  const spec = JSON.parse(JSON.stringify(parseStrategy(text, 'sse.client'))) as StrategySpec;
  return buildChannel<number>(spec, { clock: createVirtualClock(), sizeOf: (item) => item });
}

describe('buildChannel', () => {
  it('carries out the policy with its bounds', () => {
    const channel = build('drop-oldest,capacity=2,bytes=1KiB');
    for (const item of [1, 2, 3]) channel.offer(item);
    expect([channel.capacityItems, channel.capacityBytes]).toEqual([2, 1024]);
    expect([channel.tryTake(), channel.tryTake()]).toEqual([2, 3]);
  });

  it('hands maxWaiters to the channel and guardBytes to the policy', () => {
    const blocked = build('block,capacity=1,maxWaiters=0');
    blocked.offer(1);
    expect(blocked.offer(2)).toBe('dropped');
    const guarded = build('unbounded,guardBytes=100');
    expect([guarded.offer(0), guarded.offer(0)]).toEqual(['queued', 'dropped']);
    expect(guarded.ledger().dropped).toEqual({ oom_guard: 1 });
  });

  it.each([[[]], [[{ stage: 'overflow' as const, name: 'no-such', params: {} }]]])(
    'refuses a spec without a known policy: %j',
    (stages) => {
      const options = { clock: createVirtualClock(), sizeOf: () => 0 };
      expect(() => buildChannel({ text: 'x', stages }, options)).toThrow(
        expect.objectContaining({ code: 'BPB_ERR_STRATEGY' }),
      );
    },
  );
});
