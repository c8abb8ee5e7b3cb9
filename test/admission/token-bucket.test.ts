import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import tokenBucket, { TokenBucket } from '../../src/system/admission/token-bucket.ts';
import { findBacklogProblem, findWindowProblem } from './checks.ts';
import { entryOf, IDLE, Lane, make, SEED } from './lane.ts';
import { zScore } from './statistics.ts';

function tryAt(bucket: TokenBucket, ms: number): boolean {
  return bucket.admit(entryOf(1), IDLE, ms * 1e6) === undefined;
}

describe('token-bucket', () => {
  it('starts full, then admits exactly as tokens come', () => {
    const lane = new Lane(make(tokenBucket, { ratePerSec: 10, burstItems: 3 }));
    expect(lane.offer(5)).toBe('AAArr');
    lane.advanceMs(99);
    expect(lane.offer()).toBe('r');
    lane.advanceMs(1);
    expect(lane.offer(2)).toBe('Ar');
    lane.advanceMs(10_000);
    expect(lane.offer(5)).toBe('AAArr');
    expect(lane.channel.ledger().dropped).toEqual({ 'admission.rate': 6 });
    expect(lane.unaccounted).toBe(0);
  });

  it('admits 20 at once and 100 per second by default', () => {
    const lane = new Lane(make(tokenBucket));
    expect(lane.offer(21)).toBe(`${'A'.repeat(20)}r`);
    lane.advanceMs(10);
    expect(lane.offer(2)).toBe('Ar');
  });

  it.each([
    [100, 20],
    [10, 1],
    [7, 3],
    [1000, 1],
  ])('keeps b + rτ in every window at %d/s with a burst of %d (P25)', (rate, burst) => {
    expect(findWindowProblem(() => new TokenBucket(rate, burst), rate, burst)).toBeUndefined();
  });

  it.each([
    [100, 1],
    [100, 20],
    [3, 2],
    [7.5, 2],
    [999, 5],
  ])('loses nothing to rounding under a lasting backlog at %d/s (P25)', (rate, burst) => {
    expect(findBacklogProblem(() => new TokenBucket(rate, burst), rate, burst)).toBeUndefined();
  });

  it('is as exact after a hundred days as in the first second', () => {
    const bucket = new TokenBucket(3, 2);
    const dayNs = 86_400e9;
    let admitted = 0;
    bucket.admit(entryOf(0), IDLE, 0);
    for (let i = 0; i < 100_000; i++) {
      // A third of a second is no whole number of nanoseconds.
      if (bucket.admit(entryOf(i), IDLE, Math.ceil((i * 1e9) / 3)) === undefined) admitted++;
    }
    expect(admitted).toBe(100_000);
    for (let i = 0; i < 2; i++) bucket.admit(entryOf(1), IDLE, 100 * dayNs);
    for (let i = 1; i <= 9; i++) {
      expect(bucket.admit(entryOf(i), IDLE, 100 * dayNs + Math.floor((i * 1e9) / 3) - 1)).toBe(
        'admission.rate',
      );
      expect(bucket.admit(entryOf(i), IDLE, 100 * dayNs + Math.ceil((i * 1e9) / 3))).toBeUndefined();
    }
  });

  it('gives nothing for a clock that goes back, nor for its return', () => {
    const bucket = new TokenBucket(10, 1);
    expect([tryAt(bucket, 1000), tryAt(bucket, 500), tryAt(bucket, 1000), tryAt(bucket, 1099)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(tryAt(bucket, 1100)).toBe(true);
  });

  it('says when it would admit again, to the nanosecond', () => {
    const bucket = new TokenBucket(3, 2);
    const random = createRandom(SEED, 'retry');
    let nowNs = 0;
    for (let i = 0; i < 500; i++) {
      nowNs += random.int(400e6);
      const waitNs = bucket.retryAfterNs(nowNs);
      if (waitNs > 0) {
        expect(bucket.admit(entryOf(i), IDLE, nowNs + waitNs - 1)).toBe('admission.rate');
        nowNs += waitNs;
      }
      expect(bucket.admit(entryOf(i), IDLE, nowNs)).toBeUndefined();
    }
  });

  it('refuses rates and bursts that make no sense', () => {
    const bounds = tokenBucket.params.map((param) => ('min' in param ? param.min : undefined));
    expect(bounds).toEqual([0.001, 1]);
  });

  // Checked values of the model: an M/D/1/K queue with K = burst and ρ = λ/rate.
  it.each([
    [0.9, 5, 0.0644],
    [1.2, 10, 0.1709],
    [2, 3, 0.5062],
  ])('rejects the share of M/D/1/K at λ = %d, b = %d', (lambda, burst, expected) => {
    expect(lossOfMD1K(lambda, burst)).toBeCloseTo(expected, 3);
    const random = createRandom(SEED, `poisson ${lambda}`);
    const bucket = new TokenBucket(1, burst);
    let nowNs = 0;
    const batches: number[] = [];
    for (let batch = 0; batch < 41; batch++) {
      let refused = 0;
      for (let i = 0; i < 5000; i++) {
        nowNs += Math.round(random.exponential(1e9 / lambda));
        if (bucket.admit(entryOf(i), IDLE, nowNs) !== undefined) refused++;
      }
      if (batch > 0) batches.push(refused / 5000);
    }
    expect(Math.abs(zScore(batches, lossOfMD1K(lambda, burst)))).toBeLessThan(4);
    // At a rate 5 % lower the same run would be far off.
    expect(Math.abs(zScore(batches, lossOfMD1K(lambda * 1.05, burst)))).toBeGreaterThan(4);
  });
});

/** Stable recursion over the states that departures leave behind. */
function lossOfMD1K(rho: number, size: number): number {
  const a = [Math.exp(-rho)];
  for (let j = 1; j <= size; j++) a.push(((a[j - 1] as number) * rho) / j);
  const p = [1];
  for (let j = 0; j + 1 < size; j++) {
    let next = (p[j] as number) - (a[j] as number);
    for (let i = 1; i <= j; i++) next -= (p[i] as number) * (a[j - i + 1] as number);
    p.push(next / (a[0] as number));
  }
  const empty = 1 / p.reduce((sum, value) => sum + value, 0);
  return 1 - 1 / (empty + rho);
}
