import { describe, expect, it } from 'vitest';
import { calibrate, isUneven, spreadOf } from '../../../src/conductor/experiment/calibration.ts';
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

  it('tells processors apart that differ by more than 5 %', () => {
    expect(spreadOf([])).toBe(0);
    expect(spreadOf([20])).toBe(0);
    expect(spreadOf([20, 25, 22])).toBeCloseTo(0.25, 12);
    expect(isUneven([20, 20.9])).toBe(false);
    expect(isUneven([20, 21.1])).toBe(true);
    expect(isUneven([21.1, 20, 20])).toBe(true);
  });
});
