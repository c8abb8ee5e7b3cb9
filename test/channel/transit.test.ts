import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Transit } from '../../src/system/channel/transit.ts';
import { SEED } from './steps.ts';

describe('Transit', () => {
  it('equals two plain arrays under any order of pushes, takes, evictions and landings', () => {
    const operation = fc.record({
      kind: fc.constantFrom('push', 'push', 'take', 'evict', 'land'),
      nth: fc.nat({ max: 40 }),
    });
    const property = fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), (operations) => {
      const transit = new Transit<object>();
      const queued: { cost: number }[] = [];
      const flying: { cost: number }[] = [];
      operations.forEach(({ kind, nth }, i) => {
        if (kind === 'push') {
          const item = { cost: i };
          transit.push(item, item.cost);
          queued.push(item);
        } else if (kind === 'land') {
          const [item] = flying.splice(nth % Math.max(1, flying.length), 1);
          expect(transit.land(item ?? {})).toBe(item !== undefined);
        } else if (queued.length > 0) {
          expect(transit.headCost()).toBe(queued[0]?.cost);
          const item = queued.shift() as { cost: number };
          expect(kind === 'take' ? transit.take() : transit.evict()).toBe(item);
          if (kind === 'take') flying.push(item);
        }
        expect([transit.queued, transit.inFlight]).toEqual([queued.length, flying.length]);
        expect(transit.inFlightCost).toBe(flying.reduce((sum, { cost }) => sum + cost, 0));
      });
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });

  it('keeps its memory when a stalled sink holds one item and everything else is evicted', () => {
    const transit = new Transit<number>();
    transit.push(-1, 1);
    transit.take();
    for (let i = 0; i < 10_000; i++) {
      transit.push(i, 1);
      transit.evict();
    }
    expect(slotsOf(transit)).toBe(16);
    expect([transit.inFlight, transit.land(-1), transit.inFlight]).toEqual([1, true, 0]);
  });

  it('keeps no hole in front, where each landing would have to step over it', () => {
    const transit = new Transit<number>();
    for (const item of [1, 2, 3]) transit.push(item, 1);
    transit.take();
    transit.evict();
    transit.take();
    transit.land(1);
    expect(holesIn(transit)).toBe(0);
    expect(transit.land(3)).toBe(true);
  });

  it('lets go of items that have left', () => {
    const transit = new Transit<object>();
    for (let i = 0; i < 20; i++) transit.push({ i }, 1);
    for (let i = 0; i < 10; i++) transit.evict();
    for (let i = 0; i < 10; i++) transit.land(transit.take());
    expect(itemsHeldBy(transit)).toBe(0);
  });

  it('takes no room before the first item', () => {
    expect(slotsOf(new Transit())).toBe(0);
  });
});

function slotsOf(transit: unknown): number {
  return (transit as { items: unknown[] }).items.length;
}

function itemsHeldBy(transit: unknown): number {
  return (transit as { items: unknown[] }).items.filter((item) => item !== undefined).length;
}

function holesIn(transit: unknown): number {
  return (transit as { holes: number }).holes;
}
