import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import type { Channel, OfferOutcome } from '../../src/system/channel/channel.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { RingReader } from '../../src/system/topology/ring-reader.ts';
import { SharedRing, type SharedRingOptions } from '../../src/system/topology/shared-ring.ts';
import { type Item, ReaderModel, RingModel } from './shared-ring-model.ts';

const SEED = 4711;
const overflow = OVERFLOW_POLICIES['drop-newest'];

function openRing(options: Partial<SharedRingOptions> = {}) {
  const ring = new SharedRing<Item>({
    capacityItems: 4,
    capacityBytes: 0,
    resume: 'oldest',
    isGated: false,
    ...options,
  });
  const clock = createVirtualClock();
  const ends: string[] = [];
  const open = (name = '', onReady?: () => void, maxWaiters?: number): RingReader<Item> =>
    new RingReader<Item>(ring, {
      overflow,
      clock,
      perItemOverheadBytes: 0,
      sizeOf: ({ size }) => size,
      onEnd: ({ id }, end, reason) => void ends.push(`${name}${id} ${end} ${reason}`.trim()),
      ...(onReady && { onReady }),
      ...(maxWaiters !== undefined && { maxWaiters }),
    });
  return { ring, clock, ends, open };
}

const item = (id: number, size = 1): Item => ({ id, size });
const drain = (channel: Channel<Item>): number[] => {
  const ids: number[] = [];
  for (let next = channel.tryTake(); next !== undefined; next = channel.tryTake()) ids.push(next.id);
  return ids;
};

describe('one ring for several readers', () => {
  it('gives an item that is offered to many one slot, and one that is offered twice two', () => {
    const { ring, open } = openRing();
    const [a, b] = [open(), open()];
    const x = item(1);
    for (const reader of [a, b]) reader.offer(x);
    expect([ring.tail, ring.bytes]).toEqual([1, 1]);
    for (const reader of [a, b]) reader.offer(x);
    expect([ring.tail, drain(a), drain(b)]).toEqual([2, [1, 1], [1, 1]]);
  });

  it('gives an item to those alone that it was offered to', () => {
    const { open } = openRing({ capacityItems: 8 });
    const [a, b] = [open(), open()];
    for (let id = 1; id <= 6; id++) (id % 3 === 0 ? b : a).offer(item(id));
    expect([drain(a), drain(b)]).toEqual([
      [1, 2, 4, 5],
      [3, 6],
    ]);
  });

  it('drops as lag, at that moment, what the writer laps; the others lose nothing', () => {
    const { ends, open } = openRing();
    const [fast, slow] = [open('f'), open('s')];
    for (let id = 1; id <= 6; id++) {
      const x = item(id);
      for (const reader of [fast, slow]) reader.offer(x);
      fast.delivered(fast.tryTake() as Item);
    }
    expect(ends.filter((end) => end.startsWith('s'))).toEqual(['s1 dropped lag', 's2 dropped lag']);
    expect(slow.ledger()).toMatchObject({ offered: 6, queued: 4, dropped: { lag: 2 }, unaccounted: 0 });
    expect(fast.ledger()).toMatchObject({ offered: 6, delivered: 6, dropped: {} });
    expect(drain(slow)).toEqual([3, 4, 5, 6]);
  });

  it('resume latest: keeps the newest item alone until the lapped reader takes it', () => {
    const { open } = openRing({ resume: 'latest' });
    const slow = open();
    for (let id = 1; id <= 9; id++) slow.offer(item(id));
    expect(slow.ledger()).toMatchObject({ queued: 1, dropped: { lag: 8 }, unaccounted: 0 });
    expect([slow.lags, drain(slow)]).toEqual([1, [9]]);
    slow.offer(item(10));
    slow.offer(item(11));
    expect(drain(slow)).toEqual([10, 11]);
  });

  it('keeps within its bytes, each item counted once, and drops what can never fit', () => {
    const { ring, open } = openRing({ capacityItems: 8, capacityBytes: 10 });
    const [a, b] = [open(), open()];
    for (let id = 1; id <= 3; id++) {
      const x = item(id, 4);
      for (const reader of [a, b]) reader.offer(x);
    }
    expect([ring.bytes, a.bytes, b.bytes]).toEqual([8, 8, 8]);
    expect(a.offer(item(4, 11))).toBe('dropped');
    expect(a.ledger().dropped).toEqual({ lag: 1, too_large: 1 });
    expect(drain(b)).toEqual([2, 3]);
  });

  it.each([2 ** 31, 2 ** 32, 2 ** 52])('goes on past sequence number %d', (seq) => {
    const { ring, open } = openRing({ capacityItems: 4 });
    ring.tail = seq - 3;
    ring.head = seq - 3;
    const [a, b] = [open(), open()];
    for (let id = 1; id <= 6; id++) {
      const x = item(id);
      for (const reader of [a, b]) reader.offer(x);
      if (id % 2 === 0) drain(a);
    }
    expect([ring.tail, b.ledger().dropped, drain(b)]).toEqual([seq + 3, { lag: 2 }, [3, 4, 5, 6]]);
  });

  it('lets go of items that everybody has taken, and of all when nobody is left', () => {
    const { ring, open } = openRing();
    const [a, b] = [open(), open()];
    for (let id = 1; id <= 3; id++) {
      const x = item(id);
      for (const reader of [a, b]) reader.offer(x);
    }
    drain(a);
    expect(ring.bytes).toBe(3);
    drain(b);
    expect(ring.bytes).toBe(1);
    a.close();
    b.close();
    expect([ring.bytes, ring.readers]).toEqual([0, 0]);
  });

  it('gated: the slowest reader holds the writer, in order, and its end frees the others', async () => {
    const { ring, open } = openRing({ capacityItems: 2, isGated: true });
    let woken = 0;
    const [fast, stalled] = [open('f', () => void woken++), open('s')];
    const items = [1, 2, 3, 4].map((id) => item(id));
    const outcomes = items.flatMap((x) => [fast.offer(x), stalled.offer(x)]);
    expect(drain(fast)).toEqual([1, 2]);
    expect([fast.waiters, stalled.waiters, ring.tail]).toEqual([2, 2, 2]);
    expect(stalled.ledger()).toMatchObject({ offered: 4, queued: 2, blocked: 2, unaccounted: 0 });
    expect(woken).toBe(0);
    stalled.discardQueued('disconnect.peer');
    stalled.close();
    expect(woken).toBe(1);
    expect(drain(fast)).toEqual([3, 4]);
    expect(await Promise.all(outcomes)).toEqual([...Array(5).fill('queued'), 'dropped', 'queued', 'dropped']);
    expect(ring.readers).toBe(1);
  });

  it('gated: an item that the newest slot holds already does not overtake an offer of the same reader', async () => {
    const { open } = openRing({ capacityItems: 1, isGated: true });
    const [a, b] = [open(), open()];
    const [x, y] = [item(1), item(2)];
    a.offer(x);
    const waiting = [b.offer(y), b.offer(x)];
    expect(drain(b)).toEqual([]);
    expect(drain(a)).toEqual([1]);
    expect(drain(b)).toEqual([2, 1]);
    expect(await Promise.all(waiting)).toEqual(['queued', 'queued']);
  });

  it('gated: counts blocked time for each reader apart', () => {
    const { clock, open } = openRing({ capacityItems: 1, isGated: true });
    const [a, b] = [open(), open()];
    a.offer(item(1));
    a.offer(item(2));
    clock.advanceNs(3e6);
    b.offer(item(3));
    clock.advanceNs(1e6);
    expect([a.blockedMs, b.blockedMs]).toEqual([4, 1]);
    expect([a.waitersMax, a.pressureEvents]).toEqual([1, 1]);
  });

  it('tells ends when the step is complete, and an offer from there does not nest', () => {
    const ring = new SharedRing<Item>({
      capacityItems: 1,
      capacityBytes: 0,
      resume: 'oldest',
      isGated: false,
    });
    let [depth, deepest, offers] = [0, 0, 0];
    const reader: RingReader<Item> = new RingReader<Item>(ring, {
      overflow,
      clock: createVirtualClock(),
      onEnd: () => {
        depth++;
        deepest = Math.max(deepest, depth);
        expect(reader.ledger().unaccounted).toBe(0);
        if (offers++ < 50) reader.offer(item(offers));
        depth--;
      },
    });
    reader.offer(item(0));
    reader.offer(item(0));
    expect([deepest, offers]).toEqual([1, 51]);
  });

  it('tells the ends of all readers in turn, so that readers who offer to each other do not nest', () => {
    const ring = new SharedRing<Item>({
      capacityItems: 1,
      capacityBytes: 0,
      resume: 'oldest',
      isGated: false,
    });
    let [depth, deepest, offers] = [0, 0, 0];
    const readers: RingReader<Item>[] = [0, 1, 2, 3].map(
      (index) =>
        new RingReader<Item>(ring, {
          overflow,
          clock: createVirtualClock(),
          onEnd: () => {
            depth++;
            deepest = Math.max(deepest, depth);
            if (offers++ < 50) readers[(index + 1) % 4]?.offer(item(offers));
            depth--;
          },
        }),
    );
    const x = item(0);
    for (const reader of readers) reader.offer(x);
    readers[0]?.offer(item(99));
    expect(deepest).toBe(1);
    expect(offers).toBeGreaterThan(50);
    for (const reader of readers) expect(reader.ledger().unaccounted).toBe(0);
  });
});

type Step =
  | { readonly do: 'publish'; readonly to: number; readonly size: number; readonly again: boolean }
  | { readonly do: 'take' | 'deliver' | 'discard' | 'close' | 'cancel'; readonly nth: number }
  | { readonly do: 'open' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      to: fc.integer({ min: 1, max: 15 }),
      size: fc.integer({ min: 0, max: 6 }),
      again: fc.boolean(),
    }),
  },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('take' as const), nth: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('deliver' as const, 'cancel' as const), nth: fc.nat(9) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('discard' as const, 'close' as const), nth: fc.nat(9) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'open' as const }) },
);

describe('readers of one ring under any schedule equal plain arrays after every step', () => {
  it.each([
    ['ring-lag, resume oldest', false, 'oldest'],
    ['ring-lag, resume latest', false, 'latest'],
    ['ring-gated', true, 'oldest'],
  ] as const)('%s (P1 P2 P6 P15 P16 P22)', async (_name, isGated, resume) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 4, 32, 64),
        fc.constantFrom(0, 5, 12),
        fc.array(step, { maxLength: 120 }),
        async (slots, bytes, steps) => {
          const maxWaiters = 4;
          const { ring, ends, open } = openRing({
            capacityItems: slots,
            capacityBytes: bytes,
            resume,
            isGated,
          });
          const model = new RingModel({
            slots,
            bytes: bytes || Number.POSITIVE_INFINITY,
            resume,
            isGated,
            maxWaiters,
          });
          const pairs: { real: RingReader<Item>; ref: ReaderModel; name: string }[] = [];
          const blocked = new Map<
            RingModel['line'][number],
            { abort: AbortController; outcome: Promise<OfferOutcome> }
          >();
          const openOne = (): void => {
            const name = `${String.fromCharCode(97 + pairs.length)}:`;
            pairs.push({ real: open(name, undefined, maxWaiters), ref: new ReaderModel(), name });
          };
          openOne();
          let nextId = 1;
          let last: Item | undefined;
          for (const one of steps) {
            const pair = pairs[('nth' in one ? one.nth : 0) % pairs.length] as (typeof pairs)[number];
            if (one.do === 'open' && pairs.length < 4) openOne();
            else if (one.do === 'publish') {
              const x: Item = one.again && last !== undefined ? last : item(nextId++, one.size);
              last = x;
              pairs.forEach(({ real, ref }, index) => {
                if ((one.to & (1 << index)) === 0) return;
                const abort = new AbortController();
                const outcome = real.offer(x, abort.signal);
                const before = model.line.length;
                model.offer(ref, x);
                expect(outcome instanceof Promise).toBe(model.line.length > before);
                if (outcome instanceof Promise) blocked.set(model.line.at(-1) as never, { abort, outcome });
              });
            } else if (one.do === 'take') expect(pair.real.tryTake()).toBe(model.take(pair.ref));
            else if (one.do === 'deliver') {
              const landed = pair.ref.flying.shift();
              if (landed === undefined) continue;
              pair.ref.counts.delivered++;
              pair.ref.ends.push(`${landed.id} delivered`);
              pair.real.delivered(landed);
            } else if (one.do === 'discard') {
              model.discard(pair.ref);
              pair.real.discardQueued('shutdown');
            } else if (one.do === 'close') {
              if (!pair.ref.closed) model.close(pair.ref);
              pair.real.close();
            } else if (one.do === 'cancel') {
              const waiting = model.line[one.nth % Math.max(1, model.line.length)];
              if (waiting === undefined) continue;
              model.cancel(waiting);
              blocked.get(waiting)?.abort.abort();
              expect(await blocked.get(waiting)?.outcome).toBe('dropped');
            }
            expect(ring.line.length).toBe(model.line.length);
            expect(ring.tail - ring.head).toBeLessThanOrEqual(slots);
            expect(ring.bytes).toBeLessThanOrEqual(bytes || Number.POSITIVE_INFINITY);
            for (const { real, ref, name } of pairs) {
              expect(real.ledger()).toEqual({
                ...ref.counts,
                queued: ref.unread.length,
                inFlight: ref.flying.length,
                blocked: model.line.filter(({ reader }) => reader === ref).length,
              });
              expect(real.bytes).toBe(ref.unread.reduce((sum, { item: { size } }) => sum + size, 0));
              const own = ends.filter((end) => end.startsWith(name)).map((end) => end.slice(name.length));
              expect(own.toSorted()).toEqual(ref.ends.toSorted());
            }
          }
          for (const { real, ref } of pairs) {
            for (const { item: x } of [...ref.unread]) expect(real.tryTake()).toBe(x);
            real.discardQueued('shutdown');
            real.close();
          }
          await Promise.all([...blocked.values()].map(({ outcome }) => outcome));
          expect([ring.readers, ring.bytes, ring.line.length]).toEqual([0, 0, 0]);
        },
      ),
      { seed: SEED, numRuns: 120 },
    );
  });
});
