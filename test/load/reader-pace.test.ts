import { describe, expect, it } from 'vitest';
import { NS_PER_MS, NS_PER_SEC } from '../../src/core/clock.ts';
import { ReaderPace } from '../../src/load/reader-pace.ts';

/** Reads as soon as it may, with timers that are up to `lateMs` late; bytes within `durationMs`. */
function readFor(pace: ReaderPace, durationMs: number, lateMs: number): number {
  let nowNs = 0;
  let bytes = 0;
  for (let read = 0; nowNs < durationMs * NS_PER_MS; read++) {
    bytes += pace.sliceBytes;
    const waitNs = pace.spend(pace.sliceBytes, nowNs);
    if (waitNs > 0) nowNs += Math.ceil(waitNs / NS_PER_MS) * NS_PER_MS + (read % 2) * lateMs * NS_PER_MS;
  }
  return bytes;
}

describe('reader pace', () => {
  it.each([1024, 20_480, 1_048_576])(
    '%i bytes per second come to that over 10 s, late timers or not',
    (rate) => {
      for (const lateMs of [0, 5, 20]) {
        const bytes = readFor(new ReaderPace(rate), 10_000, lateMs);
        expect(bytes / (10 * rate)).toBeGreaterThan(0.99);
        expect(bytes / (10 * rate)).toBeLessThan(1.03);
      }
    },
  );

  it('0 never reads', () => {
    expect(new ReaderPace(0).spend(1, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('an idle minute saves no more than 50 ms of budget', () => {
    const pace = new ReaderPace(1000);
    pace.spend(1000, 0);
    expect(pace.spend(150, 60 * NS_PER_SEC)).toBeCloseTo(100 * NS_PER_MS, 0);
  });

  it('one read is 25 ms of the budget, within 256 bytes and 16 KiB', () => {
    expect([0, 1000, 40_000, 1e9].map((rate) => new ReaderPace(rate).sliceBytes)).toEqual([
      256, 256, 1000, 16_384,
    ]);
  });
});
