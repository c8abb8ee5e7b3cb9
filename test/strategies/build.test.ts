import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDARY_NAMES } from '../../src/core/boundary.ts';
import { createVirtualClock, NS_PER_MS } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import type { StageName, StrategySpec } from '../../src/core/strategy.ts';
import { buildChannel, createSharedState } from '../../src/system/strategies/build.ts';
import { parseStrategy, readStrategy } from '../../src/system/strategies/parse.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';
import { SEED } from '../channel/steps.ts';

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

  it('carries out every stage that is named', () => {
    const limited = build('concurrency-static,limit=2 + drop-oldest');
    expect([1, 2, 3].map((item) => limited.offer(item))).toEqual(['queued', 'queued', 'dropped']);
    expect(limited.ledger().dropped).toEqual({ 'admission.concurrency': 1 });
  });

  it('opens a ring without an overflow stage, one for all consumers', () => {
    const spec = parseStrategy('ring-lag,capacity=2', 'sse.client');
    const shared = createSharedState(spec, createRandom(SEED, 'test').next);
    const open = () => buildChannel<object>(spec, { clock: createVirtualClock() }, shared);
    const [fast, slow] = [open(), open()];
    for (const item of [{ n: 1 }, { n: 2 }, { n: 3 }]) {
      fast.offer(item);
      slow.offer(item);
      fast.tryTake();
    }
    expect(slow.tryTake()).toEqual({ n: 2 });
    expect([fast.ledger().dropped, slow.ledger().dropped]).toEqual([{}, { lag: 1 }]);
  });

  it.each([
    [[]],
    [[{ stage: 'overflow' as const, name: 'no-such', params: {} }]],
    [[{ stage: 'topology' as const, name: 'per-sub-queue', params: {} }]],
    [['block', 'drop-oldest'].map((name) => ({ stage: 'overflow' as const, name, params: {} }))],
  ])('refuses a spec without exactly one known policy: %j', (stages) => {
    const options = { clock: createVirtualClock(), sizeOf: () => 0 };
    expect(() => buildChannel({ text: 'x', stages }, options)).toThrow(
      expect.objectContaining({ code: 'BPB_ERR_STRATEGY' }),
    );
  });
});

describe('any legal composition', () => {
  const names = (stage: StageName) =>
    DEFINITIONS.filter(
      (one) => one.stage === stage && one.specimen !== true && one.effects.serialises !== true,
    ).map(({ name }) => name);
  const oneOf = (stage: StageName) => fc.option(fc.constantFrom(...names(stage)));
  const someOf = (stage: StageName) => fc.subarray(names(stage), { maxLength: 2 });
  const texts = fc
    .tuple(
      fc.constantFrom(...names('overflow')).map((name) => `${name}${name === 'latest' ? '' : ',capacity=3'}`),
      oneOf('topology'),
      oneOf('scheduling'),
      oneOf('aqm'),
      oneOf('ttl'),
      someOf('shaping'),
      someOf('admission'),
      oneOf('slow-consumer'),
    )
    .map((parts) =>
      parts
        .flat()
        .filter((part) => part !== null)
        .join(' + '),
    );
  const steps = fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('offer' as const), key: fc.nat(3), class: fc.nat(2) }),
      },
      { weight: 3, arbitrary: fc.constantFrom({ do: 'take' as const }, { do: 'settle' as const }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 60, 700, 20_000) }),
      },
    ),
    { minLength: 5, maxLength: 40 },
  );

  it('accounts for every item at every step, and has nothing left once it is closed', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(...BOUNDARY_NAMES), steps, (text, boundary, script) => {
        const { spec, problems } = readStrategy(text, boundary);
        fc.pre(spec !== null && problems.length === 0);
        const clock = createVirtualClock();
        const channel = buildChannel<{ key: number; class: number }>(
          spec as StrategySpec,
          {
            clock,
            sizeOf: () => 100,
            keyOf: (item) => item.key,
            flowOf: (item) => item.key,
            classOf: (item) => item.class,
          },
          createSharedState(spec as StrategySpec, createRandom(SEED, 'test').next),
        );
        const taken: { key: number; class: number }[] = [];
        const settle = () => {
          for (const item of taken.splice(0)) channel.delivered(item);
        };
        for (const step of script) {
          if (step.do === 'offer') void channel.offer({ key: step.key, class: step.class });
          else if (step.do === 'wait') clock.advanceNs(step.ms * NS_PER_MS);
          else if (step.do === 'settle') settle();
          else {
            const item = channel.tryTake();
            if (item !== undefined) taken.push(item);
          }
          expect(channel.ledger().unaccounted).toBe(0);
        }
        settle();
        channel.close();
        channel.discardQueued('shutdown');
        const { unaccounted, queued, inFlight, blocked, spilled } = channel.ledger();
        expect({ unaccounted, queued, inFlight, blocked, spilled }).toEqual({
          unaccounted: 0,
          queued: 0,
          inFlight: 0,
          blocked: 0,
          spilled: 0,
        });
      }),
      { seed: SEED, numRuns: 150 },
    );
  });
});
