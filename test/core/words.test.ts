import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHostClock, createVirtualClock, takeEpochNs } from '../../src/core/clock.ts';
import { BenchError } from '../../src/core/errors.ts';
import { EXIT, mergeExitCodes } from '../../src/core/exit-codes.ts';
import { HIGHEST_US, LatencyHistogram } from '../../src/core/histogram.ts';
import { addLedger, closeLedger, createEmptyLedger, findUnaccounted } from '../../src/core/ledger.ts';
import { findNearest } from '../../src/core/nearest.ts';
import { createRandom } from '../../src/core/random.ts';
import { type EventStamps, encodeEvent, readStamps } from '../../src/core/wire.ts';

describe('clock', () => {
  it('counts from the same epoch as a clock made later or elsewhere from it', () => {
    const epoch = takeEpochNs();
    const first = createHostClock(epoch);
    const second = createHostClock(epoch);
    const before = Number(process.hrtime.bigint() - epoch);
    const readings = [first.nowNs(), second.nowNs(), first.nowNs(), second.nowNs()];
    const after = Number(process.hrtime.bigint() - epoch);
    for (const reading of readings) {
      expect(reading).toBeGreaterThan(before - 50_000);
      expect(reading).toBeLessThan(after + 50_000);
    }
  });

  it('never goes back', () => {
    const clock = createHostClock(takeEpochNs());
    let last = 0;
    for (let i = 0; i < 100_000; i++) {
      const now = clock.nowNs();
      if (now < last) throw new Error(`${now} after ${last}`);
      last = now;
    }
  });

  it('stands still until it is told to move, and refuses to go back', () => {
    const clock = createVirtualClock(5);
    expect(clock.nowNs()).toBe(5);
    clock.advanceNs(10);
    expect(clock.nowNs()).toBe(15);
    expect(() => clock.advanceNs(-1)).toThrow('0 or more');
  });
});

describe('random', () => {
  it('gives the same numbers for the same seed and label, and others for another', () => {
    const draw = (seed: number, label: string) => {
      const random = createRandom(seed, label);
      return Array.from({ length: 5 }, () => random.int(1000));
    };
    expect(draw(1, 'arrivals')).toEqual(draw(1, 'arrivals'));
    expect(draw(1, 'arrivals')).not.toEqual(draw(1, 'payload'));
    expect(draw(1, 'arrivals')).not.toEqual(draw(2, 'arrivals'));
    expect(draw(4711, 'golden')).toEqual([230, 530, 122, 401, 527]);
  });

  it('has the mean and the spread of an exponential', () => {
    const random = createRandom(7, 'gaps');
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const gap = random.exponential(10);
      sum += gap;
      squares += gap * gap;
    }
    const mean = sum / n;
    expect(mean).toBeGreaterThan(9.9); // standard error 0.03
    expect(mean).toBeLessThan(10.1);
    expect(squares / n / mean ** 2).toBeGreaterThan(1.95); // 2 for an exponential
    expect(squares / n / mean ** 2).toBeLessThan(2.05);
  });

  it('shuffles without losing anything', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = createRandom(3, 'order').shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted()).toEqual(items);
  });
});

describe('ledger', () => {
  it('accounts for every copy in exactly one column', () => {
    const ledger = {
      ...createEmptyLedger(),
      offered: 36,
      delivered: 1,
      dropped: { 'overflow.drop-oldest': 2, ttl: 3 },
      coalesced: { key: 4 },
      failed: { closed: 5 },
      queued: 6,
      inFlight: 7,
      blocked: 8,
    };
    expect(findUnaccounted(ledger)).toBe(0);
    expect(findUnaccounted({ ...ledger, offered: 37 })).toBe(1);
    expect(findUnaccounted({ ...ledger, delivered: 2 })).toBe(-1);
    expect(findUnaccounted({ ...ledger, spilled: 1 })).toBe(-1);
  });

  it('adds up reason by reason', () => {
    const sum = createEmptyLedger();
    addLedger(sum, { ...createEmptyLedger(), offered: 3, dropped: { a: 1, b: 2 } });
    addLedger(sum, { ...createEmptyLedger(), offered: 4, dropped: { b: 3 }, delivered: 2 });
    expect(closeLedger(sum)).toMatchObject({
      offered: 7,
      delivered: 2,
      dropped: { a: 1, b: 5 },
      unaccounted: -1,
    });
  });
});

describe('histogram', () => {
  it('keeps whole microseconds to three digits and survives its own text', () => {
    const histogram = new LatencyHistogram();
    for (let us = 1; us <= 1000; us++) histogram.recordUs(us * 10);
    const { count, min, p50, p99, p999, max } = LatencyHistogram.decode(histogram.encode()).summary();
    expect({ count, min, max }).toEqual({ count: 1000, min: 0.01, max: 10.007 }); // 3 digits: up to 0.1 % above
    expect([p50, p99, p999]).toEqual([5.003, 9.903, 9.991]);
  });

  it('has no numbers, not zeros, when it is empty', () => {
    expect(new LatencyHistogram().summary()).toEqual({
      unit: 'ms',
      count: 0,
      min: null,
      mean: null,
      p50: null,
      p90: null,
      p95: null,
      p99: null,
      p999: null,
      max: null,
    });
  });

  it('rounds fractions, clamps at both ends and counts what it clamped from above', () => {
    const histogram = new LatencyHistogram();
    histogram.recordUs(-3);
    histogram.recordUs(1.4);
    histogram.recordUs(HIGHEST_US * 2);
    expect(histogram.count).toBe(3);
    expect(histogram.overflow).toBe(1);
    expect(histogram.summary().min).toBe(0);
  });

  it('adds other histograms', () => {
    const a = new LatencyHistogram();
    const b = new LatencyHistogram();
    a.recordUs(1000, 3);
    b.recordUs(2000, 2);
    a.add(b);
    expect(a.summary()).toMatchObject({ count: 5, p50: 1, max: 2 });
  });
});

describe('exit codes', () => {
  it('let a broken instrument outrank a failed check, and a bad command everything', () => {
    expect(mergeExitCodes([EXIT.checkFailed, EXIT.invalid])).toBe(EXIT.invalid);
    expect(mergeExitCodes([EXIT.invalid, EXIT.sigint])).toBe(EXIT.sigint);
    expect(mergeExitCodes([EXIT.sigint, EXIT.unreachable])).toBe(EXIT.unreachable);
    expect(mergeExitCodes([EXIT.unreachable, EXIT.usage])).toBe(EXIT.usage);
    expect(mergeExitCodes([EXIT.ok, EXIT.regression])).toBe(EXIT.regression);
    expect(mergeExitCodes([])).toBe(EXIT.ok);
  });

  it('belong to error codes', () => {
    expect(new BenchError('BPB_ERR_SCENARIO', 'x').exitCode).toBe(2);
    expect(new BenchError('BPB_ERR_PROCESS_DIED', 'x').exitCode).toBe(5);
  });
});

describe('nearest names', () => {
  const known = ['drop-oldest', 'drop-newest', 'block', 'unbounded'];
  it.each([
    ['drop-odlest', 'drop-oldest'],
    ['blok', 'block'],
    ['Unbounded', 'unbounded'],
  ])('answers %s with %s first', (name, expected) => {
    expect(findNearest(name, known)[0]).toBe(expected);
  });
  it('says nothing for a name that is like none', () => {
    expect(findNearest('zebra-crossing', known)).toEqual([]);
  });
});

describe('event on the wire', () => {
  it('reads back the stamps it wrote, at any offset and size', () => {
    const stamp = fc.integer({ min: 0, max: 2 ** 50 });
    fc.assert(
      fc.property(stamp, stamp, stamp, fc.nat(300), fc.nat(9), (seq, intendedUs, sentUs, bytes, offset) => {
        const text = encodeEvent({ seq, intendedUs, sentUs }, bytes);
        expect(JSON.parse(text)).toMatchObject({ seq, intendedUs, sentUs });
        const buffer = Buffer.from(' '.repeat(offset) + text);
        const into: EventStamps = { seq: -1, intendedUs: -1, sentUs: -1 };
        expect(readStamps(buffer, offset, buffer.length, into)).toBe(true);
        expect(into).toEqual({ seq, intendedUs, sentUs });
      }),
      { seed: 1 },
    );
  });

  it('pads to the size that was asked for', () => {
    expect(encodeEvent({ seq: 1, intendedUs: 2, sentUs: 3 }, 512)).toHaveLength(512);
  });

  it.each([
    '',
    '{}',
    '{"seq":}',
    '{"seq":1}',
    '{"seq":1,"intendedUs":2',
    '{"seq":1,"intendedUs":2,"sentUs":',
    'hello',
  ])('tells the foreign event %s from its own', (text) => {
    const buffer = Buffer.from(text);
    expect(readStamps(buffer, 0, buffer.length, { seq: 0, intendedUs: 0, sentUs: 0 })).toBe(false);
  });
});
