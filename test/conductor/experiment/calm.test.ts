import { describe, expect, it } from 'vitest';
import { calibrate, driftOf, isDrifting } from '../../../src/conductor/experiment/calibration.ts';
import { Calm } from '../../../src/conductor/experiment/calm.ts';

/** A host whose busy cores are as listed, one figure for each quarter of a second; the last one stays. */
function createHost(levels: readonly number[]) {
  let [nowMs, busyMs, at] = [0, 0, 0];
  return {
    parts: {
      read: () => ({ busyMs, stealMs: 0 }),
      async wait(ms: number) {
        nowMs += ms;
        busyMs += ms * (levels[Math.min(at++, levels.length - 1)] as number);
      },
      nowMs: () => nowMs,
    },
    nowMs: () => nowMs,
  };
}

const never = new AbortController().signal;

describe('Calm', () => {
  it('takes the first reading as the level, and waits until the host is back there', async () => {
    const host = createHost([0.5, 1.9, 1.2, 0.6]);
    const calm = new Calm(10_000, host.parts);
    expect(await calm.settle(never)).toBe(true);
    expect(host.nowMs()).toBe(250);
    expect(await calm.settle(never)).toBe(true);
    expect(host.nowMs()).toBe(1000);
  });

  it('gives up after the time it may take', async () => {
    const host = createHost([0, 2]);
    const calm = new Calm(1000, host.parts);
    await calm.settle(never);
    expect(await calm.settle(never)).toBe(false);
    expect(host.nowMs()).toBe(250 + 1000);
  });

  it('waits for nobody after an interrupt, nor where there is no /proc', async () => {
    const host = createHost([0, 2]);
    const calm = new Calm(1000, host.parts);
    await calm.settle(never);
    expect(await calm.settle(AbortSignal.abort('SIGINT'))).toBe(false);
    expect(host.nowMs()).toBe(250);
    expect(await new Calm(1000, { ...host.parts, read: () => null }).settle(never)).toBe(true);
  });
});

describe('calibration', () => {
  it('is the same work each time', () => {
    const [first, second] = [calibrate(), calibrate()];
    expect(first).toBeGreaterThan(0);
    expect(Math.max(first, second) / Math.min(first, second)).toBeLessThan(3);
  });

  it('says how far one is from the median, once there are three', () => {
    expect(driftOf(30, [10, 30])).toBe(0);
    expect(driftOf(30, [10, 20, 30])).toBeCloseTo(0.5, 12);
    expect(driftOf(10, [10, 20, 30, 40])).toBeCloseTo(-0.6, 12);
  });

  it('allows 5 % on a quiet host, and what is usual on one that scatters anyway, but no step', () => {
    const quiet = [20, 20.1, 19.9, 20, 20.2];
    expect(isDrifting(20.9, [...quiet, 20.9])).toBe(false);
    expect(isDrifting(21.2, [...quiet, 21.2])).toBe(true);
    expect(isDrifting(18.8, [...quiet, 18.8])).toBe(true);
    const busy = [20, 23, 18, 21, 25, 19, 22];
    expect(isDrifting(25, busy)).toBe(false);
    expect(isDrifting(40, [...busy, 40])).toBe(true);
    const anything = [5, 10, 20, 40, 80];
    expect(isDrifting(80, anything)).toBe(true);
  });
});
