import { describe, expect, it } from 'vitest';
import {
  bootstrapInterval,
  expandLevel,
  resampleBlocks,
  resampleRuns,
} from '../../src/statistics/block-bootstrap.ts';
import { createNoise, shareOf } from './noise.ts';

const { random, normal } = createNoise(1, 'bootstrap');

describe('moving blocks', () => {
  it('draws as many indices as there are items, in runs of neighbours', () => {
    for (let round = 0; round < 200; round++) {
      const indices = resampleBlocks(23, 5, random.next);
      expect(indices).toHaveLength(23);
      indices.forEach((index, at) => {
        expect(index).toBeGreaterThanOrEqual(0);
        expect(index).toBeLessThan(23);
        if (at % 5 !== 0) expect(index).toBe((indices[at - 1] as number) + 1);
      });
    }
  });

  it('starts a block at every place where it fits, equally often', () => {
    const starts = new Array<number>(6).fill(0);
    for (let round = 0; round < 3000; round++) {
      const [first] = resampleBlocks(10, 5, random.next);
      starts[first as number] = (starts[first as number] as number) + 1;
    }
    for (const count of starts) expect(Math.abs(count - 500)).toBeLessThan(3.5 * Math.sqrt(500));
  });

  it('has none for no items, and the whole where a block is as long', () => {
    expect(resampleBlocks(0, 5, random.next)).toEqual([]);
    expect(resampleBlocks(3, 5, random.next)).toEqual([0, 1, 2]);
    expect(() => resampleBlocks(3, 0, random.next)).toThrow('blockLength');
  });

  it('draws runs first and blocks inside of them, each from its own length', () => {
    const drawn = new Set<number>();
    for (let round = 0; round < 50; round++) {
      const runs = resampleRuns([[4, 3], [9], [0]], 2, random.next);
      expect(runs).toHaveLength(3);
      for (const { run, stretches } of runs) {
        drawn.add(run);
        expect(stretches.map(({ length }) => length)).toEqual([[4, 3], [9], [0]][run]);
        for (const index of stretches[1] ?? []) expect(index).toBeLessThan(3);
      }
    }
    expect([...drawn].sort()).toEqual([0, 1, 2]);
    expect(resampleRuns([], 2, random.next)).toEqual([]);
  });
});

describe('the level of few', () => {
  it('is further out the fewer there are, and the level itself of many', () => {
    // sqrt(5/4) times Student's 2.776 of four degrees is 3.104, beyond which 0.191 % of a normal law lie.
    expect(1 - expandLevel(0.95, 5)).toBeCloseTo(0.00191, 5);
    expect(expandLevel(0.95, 10_000)).toBeCloseTo(0.95, 3);
    expect(expandLevel(0.95, 2)).toBeLessThan(1);
    expect(() => expandLevel(0.95, 1)).toThrow('units');
  });
});

describe('percentile interval', () => {
  it('cuts the same number of draws off at either end', () => {
    let next = 0;
    expect(bootstrapInterval(() => next++, 0.9, 100)).toEqual({ low: 5, high: 94 });
    next = 0;
    expect(bootstrapInterval(() => next++, 0.95, 3)).toEqual({ low: 0, high: 2 });
  });

  it('is nothing where most draws are, and infinite where they are', () => {
    expect(bootstrapInterval(() => null)).toBeNull();
    let at = 0;
    expect(bootstrapInterval(() => (at++ % 4 === 0 ? 1 : null), 0.95, 100)).toBeNull();
    expect(bootstrapInterval(() => Infinity, 0.95, 10)).toEqual({ low: Infinity, high: Infinity });
    expect(() => bootstrapInterval(() => Number.NaN)).toThrow('draw()[0]');
  });

  it('covers the mean of a series whose neighbours hang together, where single items would not', () => {
    const covered = (blockLength: number) =>
      shareOf(150, () => {
        let last = normal() / 0.6;
        const series = Array.from({ length: 100 }, () => {
          last = 0.8 * last + normal();
          return last;
        });
        const interval = bootstrapInterval(
          () => {
            const indices = resampleBlocks(100, blockLength, random.next);
            return indices.reduce((sum, index) => sum + (series[index] as number), 0) / 100;
          },
          0.95,
          200,
        );
        return interval !== null && interval.low <= 0 && interval.high >= 0;
      });
    expect(covered(1)).toBeLessThan(0.65);
    expect(covered(15)).toBeGreaterThan(0.75);
  });
});
