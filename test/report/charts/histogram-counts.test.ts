import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIGHEST_US, LatencyHistogram } from '../../../src/core/histogram.ts';
import {
  decodeCounts,
  mergeCounts,
  quantilesMs,
  slotValueUs,
  totalCount,
} from '../../../src/report/charts/histogram-counts.ts';

const samples = fc.array(fc.integer({ min: 0, max: HIGHEST_US }), { minLength: 1, maxLength: 300 });

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.recordUs(value);
  return histogram;
}

describe('decodeCounts', () => {
  it('reads what the library wrote: every count, and every value to a thousandth', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const { slots, counts } = decodeCounts(histogramOf(values).encode());
        const read = [...slots].flatMap((slot, at) =>
          Array.from({ length: counts[at] ?? 0 }, () => slotValueUs(slot)),
        );
        const wanted = [...values].sort((a, b) => a - b);
        expect(read.length).toBe(wanted.length);
        read.forEach((value, at) => {
          const exact = wanted[at] ?? 0;
          expect(value).toBeLessThanOrEqual(exact);
          expect(exact - value).toBeLessThanOrEqual(exact / 1000);
        });
      }),
    );
  });

  it('finds the percentiles that the library finds, also of merged histograms', () => {
    fc.assert(
      fc.property(samples, samples, (some, others) => {
        const both = histogramOf([...some, ...others]);
        const merged = mergeCounts(
          [some, others].map((values) => decodeCounts(histogramOf(values).encode())),
        );
        expect(totalCount(merged)).toBe(both.count);
        const percentiles = [1, 50, 90, 99, 100];
        expect(
          quantilesMs(
            merged,
            percentiles.map((percentile) => percentile / 100),
          ),
        ).toEqual(percentiles.map((percentile) => both.percentileMs(percentile)));
      }),
    );
  });

  it('has nothing for an empty histogram', () => {
    const empty = decodeCounts(new LatencyHistogram().encode());
    expect(totalCount(empty)).toBe(0);
    expect(quantilesMs(empty, [0.5])).toEqual([null]);
    expect(quantilesMs(mergeCounts([]), [0.5])).toEqual([null]);
  });

  it.each([
    ['nothing', ''],
    ['another text', 'SElTVEZBQUFB'],
    ['half a histogram', histogramOf([5, 500, 50_000]).encode().slice(0, 40)],
    ['a bomb', packed(Buffer.alloc(64 * 1024 * 1024))],
    ['slots without end', packed(header(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 2])))],
    ['another resolution', packed(header(Buffer.from([2]), 2))],
  ])('refuses %s', (_, text) => {
    expect(() => decodeCounts(text)).toThrow();
  });

  it('reads the hand-made one that the refused are made of', () => {
    const { slots, counts } = decodeCounts(packed(header(Buffer.from([3, 2, 4]))));
    expect([[...slots], [...counts]]).toEqual([
      [2, 3],
      [1, 2],
    ]);
  });
});

function packed(plain: Buffer): string {
  const body = deflateSync(plain);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(0x1c849314, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]).toString('base64');
}

function header(payload: Buffer, digits = 3): Buffer {
  const head = Buffer.alloc(40);
  head.writeUInt32BE(0x1c849313, 0);
  head.writeUInt32BE(payload.length, 4);
  head.writeUInt32BE(digits, 12);
  head.writeBigUInt64BE(1n, 16);
  return Buffer.concat([head, payload]);
}
