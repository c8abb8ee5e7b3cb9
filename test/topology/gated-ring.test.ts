import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGatedRing } from '../../src/system/channel/gated-ring.ts';
import type { RingReceiver } from '../../src/system/channel/ring-core.ts';
import { countListeners } from './count-listeners.ts';
import { takeAll } from './ring-checks.ts';

const SEED = 4711;

describe('a gated ring', () => {
  it('one stalled receiver stops the writer and so all others, until it reads on', async () => {
    const ring = createGatedRing<number>({ capacityItems: 4 });
    const [fast, stalled] = [ring.subscribe(), ring.subscribe()];
    const outcomes = [1, 2, 3, 4, 5, 6].map((item) => ring.publish(item));
    expect(takeAll(fast)).toEqual([1, 2, 3, 4]);
    expect([ring.published, ring.waiters, takeAll(fast)]).toEqual([4, 2, []]);
    expect([stalled.tryTake(), ring.published, takeAll(fast)]).toEqual([1, 5, [5]]);
    expect(stalled.tryTake()).toBe(2);
    expect(await Promise.all(outcomes)).toEqual(Array(6).fill('published'));
    expect([takeAll(fast), takeAll(stalled)]).toEqual([[6], [3, 4, 5, 6]]);
  });

  it('unsubscribing the stalled one frees everybody at once', async () => {
    const ring = createGatedRing<number>({ capacityItems: 2 });
    const [fast, stalled] = [ring.subscribe(), ring.subscribe()];
    const waiting = [1, 2, 3, 4, 5].map((item) => ring.publish(item)).slice(2);
    expect(takeAll(fast)).toEqual([1, 2]);
    const next = fast.take();
    stalled.unsubscribe();
    expect(await next).toBe(3);
    expect(takeAll(fast)).toEqual([4, 5]);
    expect(await Promise.all(waiting)).toEqual(['published', 'published', 'published']);
    expect(stalled.ledger()).toMatchObject({ offered: 2, dropped: { cancelled: 2 }, unaccounted: 0 });
  });

  it('publishes what waits in order; a cancelled item is nobody’s and takes no slot', async () => {
    const ring = createGatedRing<number>({ capacityItems: 1 });
    const receiver = ring.subscribe();
    const abort = new AbortController();
    const outcomes = [ring.publish(1), ring.publish(2, abort.signal), ring.publish(3)];
    abort.abort();
    expect(takeAll(receiver)).toEqual([1, 3]);
    expect(await Promise.all(outcomes)).toEqual(['published', 'cancelled', 'published']);
    expect(ring.publish(4, abort.signal)).toBe('cancelled');
  });

  it('close: waiting items are closed, what is unread can still be taken', async () => {
    const ring = createGatedRing<number>({ capacityItems: 1 });
    const receiver = ring.subscribe();
    const outcomes = [ring.publish(1), ring.publish(2)];
    ring.close();
    expect(await outcomes[1]).toBe('closed');
    expect([receiver.take(), receiver.take(), ring.publish(3)]).toEqual([1, undefined, 'closed']);
  });

  it('waits for nobody when there is no receiver, and keeps nothing for later ones', () => {
    const ring = createGatedRing<number>({ capacityItems: 2 });
    for (let item = 1; item <= 5; item++) expect(ring.publish(item)).toBe('published');
    const receiver = ring.subscribe();
    ring.publish(6);
    expect(takeAll(receiver)).toEqual([6]);
  });

  it('leaves no abort listener behind', async () => {
    const ring = createGatedRing<number>({ capacityItems: 1 });
    const receiver = ring.subscribe();
    const { signal, live } = countListeners();
    const outcomes = [1, 2, 3, 4].map((item) => ring.publish(item, signal));
    expect(live()).toBe(3);
    receiver.tryTake();
    expect(live()).toBe(2);
    ring.close();
    expect(live()).toBe(0);
    await Promise.all(outcomes);
  });

  it('equals plain arrays under any schedule: nobody misses anything, and nobody waits beside a free slot', async () => {
    const step = fc.tuple(
      fc.constantFrom(
        'publish',
        'publish',
        'publish',
        'take',
        'take',
        'take',
        'subscribe',
        'unsubscribe',
        'cancel',
      ),
      fc.nat(7),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 100 }),
        async (capacity, steps) => {
          const ring = createGatedRing<number>({ capacityItems: capacity });
          const readers: { real: RingReceiver<number>; queue: number[] }[] = [];
          const line: { item: number; abort: AbortController; outcome: Promise<string> }[] = [];
          // What is in the ring: all items that somebody has yet to read, or that stand behind such a one.
          const slotsUsed = (): number =>
            Math.max(0, ...readers.map(({ queue }) => ring.published - (queue[0] ?? ring.published + 1) + 1));
          let item = 0;
          const seqOf: number[] = [];
          const publish = (value: number): void => {
            seqOf.push(value);
            for (const { queue } of readers) queue.push(seqOf.length);
          };
          const admit = (): void => {
            const used = (): number =>
              Math.max(
                0,
                ...readers.map(({ queue }) => (queue[0] === undefined ? 0 : seqOf.length - queue[0] + 1)),
              );
            for (let head = line[0]; head !== undefined && used() < ring.capacityItems; head = line[0]) {
              line.shift();
              publish(head.item);
            }
          };
          for (const [what, nth] of steps) {
            const reader = readers[nth % Math.max(1, readers.length)];
            if (what === 'publish') {
              item++;
              const abort = new AbortController();
              const outcome = ring.publish(item, abort.signal);
              if (outcome instanceof Promise) line.push({ item, abort, outcome });
              else publish(item);
            } else if (what === 'subscribe') readers.push({ real: ring.subscribe(), queue: [] });
            else if (what === 'cancel') {
              const [gone] = line.splice(nth % Math.max(1, line.length), 1);
              gone?.abort.abort();
              if (gone !== undefined) expect(await gone.outcome).toBe('cancelled');
            } else if (reader !== undefined && what === 'take') {
              const seq = reader.queue.shift();
              expect(reader.real.tryTake()).toBe(seq === undefined ? undefined : seqOf[seq - 1]);
              admit();
            } else if (reader !== undefined) {
              readers.splice(readers.indexOf(reader), 1);
              reader.real.unsubscribe();
              admit();
            }
            expect([ring.waiters, ring.published, ring.receivers]).toEqual([
              line.length,
              seqOf.length,
              readers.length,
            ]);
            if (line.length > 0) expect(slotsUsed()).toBe(ring.capacityItems);
            expect(slotsUsed()).toBeLessThanOrEqual(ring.capacityItems);
            for (const { real, queue } of readers) {
              expect([real.unread, real.missed, real.ledger().unaccounted]).toEqual([queue.length, 0, 0]);
            }
          }
        },
      ),
      { seed: SEED, numRuns: 250 },
    );
  });
});
