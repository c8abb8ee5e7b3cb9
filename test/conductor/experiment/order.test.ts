import { describe, expect, it } from 'vitest';
import { createOrders } from '../../../src/conductor/experiment/order.ts';

const draw = (seed: number, arms: number, kind: 'random' | 'williams', blocks: number) => {
  const next = createOrders(seed, arms, kind);
  return Array.from({ length: blocks }, () => [...next()]);
};

describe('random order', () => {
  it('puts every arm everywhere about equally often', () => {
    const blocks = draw(1, 4, 'random', 4000);
    for (const place of [0, 1, 2, 3]) {
      for (const arm of [0, 1, 2, 3]) {
        const times = blocks.filter((block) => block[place] === arm).length;
        expect(Math.abs(times - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75));
      }
    }
  });
});

describe('williams', () => {
  it.each([
    [3, 6],
    [4, 4],
    [5, 10],
    [6, 6],
  ])('lets each of %i arms follow every other equally often in %i blocks', (arms, blocks) => {
    const follows = new Map<string, number>();
    const places = new Map<string, number>();
    for (const block of draw(3, arms, 'williams', blocks)) {
      expect(new Set(block).size).toBe(arms);
      for (const [at, arm] of block.entries()) {
        places.set(`${arm} at ${at}`, (places.get(`${arm} at ${at}`) ?? 0) + 1);
        if (at > 0) follows.set(`${block[at - 1]} ${arm}`, (follows.get(`${block[at - 1]} ${arm}`) ?? 0) + 1);
      }
    }
    expect(follows.size).toBe(arms * (arms - 1));
    expect(new Set(follows.values())).toEqual(new Set([blocks / arms]));
    expect(new Set(places.values())).toEqual(new Set([blocks / arms]));
  });

  it('is random again from one square to the next, and from one seed to the next', () => {
    expect(draw(3, 4, 'williams', 4)).not.toEqual(draw(4, 4, 'williams', 4));
    const two = draw(3, 4, 'williams', 8);
    expect(two.slice(0, 4)).not.toEqual(two.slice(4));
  });
});
