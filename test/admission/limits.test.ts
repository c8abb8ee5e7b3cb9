import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/core/random.ts';
import type { Admission, AdmissionDefinition } from '../../src/system/admission/admission.ts';
import aimd from '../../src/system/admission/aimd.ts';
import concurrencyStatic from '../../src/system/admission/concurrency-static.ts';
import gradient2 from '../../src/system/admission/gradient2.ts';
import vegas from '../../src/system/admission/vegas.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { findAbortProblem, findPermitProblem, findShrinkProblem, loadOf } from './checks.ts';
import { entryOf, type Item, Lane, make, SEED } from './lane.ts';
import { zScore } from './statistics.ts';

/** Ends one item after `ms`, with `inFlight` under way, itself included; answers the limit. */
function sample(
  admission: Admission,
  ms: number,
  inFlight: number,
  end: 'delivered' | 'dropped' | 'failed' | 'coalesced' = 'delivered',
): number {
  admission.onEnd?.(entryOf(1), end, ms * 1e6, loadOf(inFlight - 1), 0);
  return admission.level as number;
}

describe('concurrency-static', () => {
  const create = () => make(concurrencyStatic, { limitItems: 8 });

  it('admits while fewer than the limit are under way, queued or in flight', () => {
    const lane = new Lane(make(concurrencyStatic, { limitItems: 3 }));
    expect(lane.offer(5)).toBe('AAArr');
    lane.take(2);
    expect(lane.offer()).toBe('r');
    lane.end('delivered');
    lane.end('failed');
    expect(lane.offer(3)).toBe('AAr');
    expect(lane.channel.ledger().dropped).toEqual({ 'admission.concurrency': 4 });
  });

  it('admits 64 by default', () => {
    expect(new Lane(make(concurrencyStatic)).offer(65)).toBe(`${'A'.repeat(64)}r`);
  });

  it('gives each permit back once, however its item ends (P14)', async () => {
    expect(findPermitProblem(create, 8)).toBeUndefined();
    expect(await findAbortProblem(create, 8)).toBeUndefined();
  });

  const SERVICE: Record<string, (random: Random) => number> = {
    exponential: (random) => random.exponential(1e9),
    fixed: () => 1e9,
    hyperexponential: (random) => random.exponential(random.next() < 0.1 ? 5.5e9 : 0.5e9),
  };

  it.each(Object.entries(SERVICE))('refuses the Erlang B share with %s service', (name, service) => {
    const batches = playLossSystem(8, 10, createRandom(SEED, name), service);
    expect(Math.abs(zScore(batches, erlangB(8, 10)))).toBeLessThan(4);
    // One server more or less would be far off.
    expect(Math.abs(zScore(batches, erlangB(9, 10)))).toBeGreaterThan(4);
    expect(Math.abs(zScore(batches, erlangB(7, 10)))).toBeGreaterThan(4);
    expect(erlangB(8, 10)).toBeCloseTo(0.3383, 4);
  });
});

describe('aimd', () => {
  const bounds = { startItems: 10, minItems: 2, maxItems: 20, timeoutMs: 100 };

  it('rises by one per success at half load, falls to ⌊0.9·L⌋ per loss or late end', () => {
    const admission = make(aimd, bounds);
    expect(sample(admission, 1, 4)).toBe(10); // 2·4 < 10
    expect(sample(admission, 1, 5)).toBe(11);
    expect(sample(admission, 1, 5)).toBe(11); // 2·5 < 11
    expect(sample(admission, 1, 6)).toBe(12);
    expect(sample(admission, 100, 6)).toBe(13); // exactly the time-out is in time
    expect(sample(admission, 100.000001, 6)).toBe(11);
    expect(sample(admission, 1, 6, 'dropped')).toBe(9);
    expect(sample(admission, 1, 1, 'failed')).toBe(8);
    expect(sample(admission, 1, 8, 'coalesced')).toBe(8);
  });

  it('stays within its bounds', () => {
    const admission = make(aimd, bounds);
    for (let i = 0; i < 50; i++) sample(admission, 1, 30);
    expect(admission.level).toBe(20);
    for (let i = 0; i < 50; i++) sample(admission, 1, 1, 'dropped');
    expect(admission.level).toBe(2);
  });

  it('falls to the whole tenth exactly, whatever the rounding of 0.9', () => {
    for (let limit = 20; limit <= 200; limit++) {
      const admission = make(aimd, { startItems: limit, minItems: 1 });
      expect(sample(admission, 1, 1, 'failed')).toBe(Math.floor((9 * limit) / 10));
    }
  });

  it('starts at 20 of 20 to 200, with a time-out of 5 s', () => {
    expect(defaultsOf(aimd)).toEqual({
      startItems: 20,
      minItems: 20,
      maxItems: 200,
      backoffRatio: 0.9,
      timeoutMs: 5000,
    });
  });

  it('lets what is under way only fall after a shrink (P14)', () => {
    expect(findShrinkProblem(() => make(aimd, { startItems: 20, minItems: 2 }))).toBeUndefined();
  });
});

describe('vegas', () => {
  it('moves by how many items queue: +6l, +l, nothing, −l', () => {
    const admission = make(vegas);
    expect(sample(admission, 10, 20)).toBe(20); // the first time is the shortest
    expect(sample(admission, 10, 20)).toBe(26); // q = 0
    expect(sample(admission, 10.2, 26)).toBe(32); // q = ⌈26·0.0196⌉ = 1
    expect(sample(admission, 10.4, 32)).toBe(33); // q = ⌈32·0.0385⌉ = 2
    expect(sample(admission, 11, 33)).toBe(33); // q = ⌈33·0.0909⌉ = 3
    expect(sample(admission, 12.2, 33)).toBe(33); // q = ⌈33·0.1803⌉ = 6
    expect(sample(admission, 12.7, 33)).toBe(32); // q = ⌈33·0.2126⌉ = 8
    expect(sample(admission, 12.7, 15)).toBe(32); // less than half in use
    expect(sample(admission, 10, 1, 'failed')).toBe(31);
    expect(sample(admission, 9, 31)).toBe(31); // a shorter one: learnt, nothing else
    expect(sample(admission, 9, 31)).toBe(37);
  });

  it('steps by ⌊log₁₀ L⌋: 1 below 100, 2 below 1000, 3 at 1000', () => {
    for (const [start, step] of [
      [10, 1],
      [99, 1],
      [100, 2],
      [999, 2],
      [1000, 3],
    ] as const) {
      expect(sample(make(vegas, { startItems: start }), 1, 1, 'dropped')).toBe(start - step);
    }
    expect(sample(make(vegas, { startItems: 1 }), 1, 1, 'dropped')).toBe(1);
  });

  it('learns no time from lost items: a drop at the door takes none', () => {
    const admission = make(vegas);
    sample(admission, 10, 20);
    sample(admission, 0, 20, 'dropped');
    expect(sample(admission, 10, 19)).toBe(25);
  });

  it('learns the shortest time anew after 15·L to 30·L samples', () => {
    const admission = vegas.create(defaultsOf(vegas), () => 0.5); // jitter 0.75: after 0.75·30·20 = 450
    sample(admission, 10, 1);
    for (let i = 0; i < 448; i++) sample(admission, 40, 1);
    expect(sample(admission, 40, 20)).toBe(20); // the 450th is the new shortest
    expect(sample(admission, 40, 20)).toBe(26);
    const other = vegas.create(defaultsOf(vegas), () => 0.5);
    sample(other, 10, 1);
    for (let i = 0; i < 447; i++) sample(other, 40, 1);
    expect(sample(other, 40, 20)).toBe(19); // the 449th is not
  });

  it('starts at 20 of at most 1000', () => {
    expect(defaultsOf(vegas)).toEqual({ startItems: 20, maxItems: 1000 });
  });
});

describe('gradient2', () => {
  const wide = { startItems: 20, minItems: 1, maxItems: 200 };

  it('grows by 0.8 per steady item and shrinks with the gradient', () => {
    const admission = make(gradient2, wide);
    const limits = Array.from({ length: 5 }, () => sample(admission, 10, 100));
    expect(limits).toEqual([20, 21, 22, 23, 24]); // 20.8, 21.6, 22.4, 23.2, 24
    // Long mean (5·10 + 60)/6 = 18.33: g = 1.5·18.33/60 = 0.4583, so 0.5: 0.8·24 + 0.2·(12 + 4) = 22.4
    expect(sample(admission, 60, 100)).toBe(22);
    // Long mean (110 + 40)/7 = 21.43: g = 0.8036: 0.8·22.4 + 0.2·(18 + 4) = 22.32
    expect(sample(admission, 40, 100)).toBe(22);
    // Long mean (150 + 60)/8 = 26.25: g = 0.65625: 0.8·22.32 + 0.2·(14.6475 + 4) = 21.5855
    expect(sample(admission, 60, 100)).toBe(21);
  });

  it('shrinks a long mean above twice the time by 5 %', () => {
    const [stale, fresh] = [make(gradient2, wide), make(gradient2, wide)];
    for (let i = 0; i < 12; i++) sample(stale, 100, 1);
    for (let i = 0; i < 30; i++) sample(stale, 10, 1);
    // With weight 2/601 alone the mean would still be above 91 after 30 items; it is near 20 instead.
    for (let i = 0; i < 12; i++) sample(fresh, 20, 1);
    const limits = [sample(stale, 60, 100), sample(fresh, 60, 100)];
    expect(limits).toEqual([18, 18]); // g = 0.5 for both: 0.8·20 + 0.2·(10 + 4) = 18.8
  });

  it('changes nothing while less than half is in use, and for lost items', () => {
    const admission = make(gradient2, wide);
    expect(sample(admission, 10, 9)).toBe(20);
    for (let i = 0; i < 20; i++) sample(admission, 0, 100, 'dropped');
    expect(admission.level).toBe(20);
    expect(sample(admission, 10, 10)).toBe(20); // 20.8
  });

  it('never becomes anything but a number, even for items that take no time', () => {
    const admission = make(gradient2);
    for (let i = 0; i < 100; i++) sample(admission, 0, 200);
    expect(admission.level).toBe(100);
  });

  it('starts at 20 of 20 to 200, over 600 items', () => {
    expect(defaultsOf(gradient2)).toEqual({
      startItems: 20,
      minItems: 20,
      maxItems: 200,
      windowCount: 600,
      toleranceRatio: 1.5,
    });
  });
});

it.each([aimd, gradient2] as AdmissionDefinition[])(
  '$name refuses a start outside of its bounds',
  (definition) => {
    const values = defaultsOf(definition);
    expect(definition.findProblem?.(values)).toBeUndefined();
    expect(definition.findProblem?.({ ...values, startItems: 10 })).toContain('start=10');
    expect(definition.findProblem?.({ ...values, maxItems: 19 })).toContain('max=19');
    expect(vegas.findProblem?.({ startItems: 20, maxItems: 19 })).toContain('max=19');
  },
);

/** Shares refused per batch of a queue whose consumer serves everything at once, `limit` at a time. */
function playLossSystem(
  limit: number,
  lambda: number,
  random: Random,
  serviceNs: (random: Random) => number,
): number[] {
  const lane = new Lane(make(concurrencyStatic, { limitItems: limit }));
  const busy: { item: Item; untilNs: number }[] = [];
  const batches: number[] = [];
  let nowNs = 0;
  for (let batch = 0; batch <= 40; batch++) {
    let refused = 0;
    for (let i = 0; i < 2500; i++) {
      nowNs += random.exponential(1e9 / lambda);
      for (;;) {
        const next = busy.reduce((first, one) => (one.untilNs < first.untilNs ? one : first), NOBODY);
        if (next.untilNs > nowNs) break;
        busy.splice(busy.indexOf(next), 1);
        lane.channel.delivered(next.item);
      }
      const outcome = lane.channel.offer({ size: busy.length, class: 1 });
      if (outcome === 'dropped') refused++;
      else busy.push({ item: lane.channel.tryTake() as Item, untilNs: nowNs + serviceNs(random) });
    }
    if (batch > 0) batches.push(refused / 2500);
  }
  expect(lane.unaccounted).toBe(0);
  return batches;
}

const NOBODY = { item: { size: 0, class: 0 }, untilNs: Number.POSITIVE_INFINITY };

function erlangB(servers: number, load: number): number {
  let loss = 1;
  for (let k = 1; k <= servers; k++) loss = (load * loss) / (k + load * loss);
  return loss;
}
