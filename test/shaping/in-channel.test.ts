import { describe, expect, it } from 'vitest';
import type { ClassCounts } from '../../src/core/ledger.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type { Shaper } from '../../src/system/shaping/shaper.ts';
import { Probe } from './probe.ts';
import { type Item, makeItem, Stream, stagesOf } from './stream.ts';

const breaking: OverflowPolicy = {
  name: 'fail',
  stage: 'overflow',
  summary: '',
  onFull: () => 'break',
  effects: {},
  reasons: [],
  params: [],
  details: {
    rule: '',
    guarantees: [],
    prediction: '',
    bestFor: '',
    alsoCalled: [],
    namingTrap: null,
    gotchas: [],
  },
};

describe('a channel that breaks down while a shaper lets items go', () => {
  it.each([false, true])(
    'fails the rest of a batch and keeps no trace of it, draining or not: %s',
    (drain) => {
      const stream = new Stream(stagesOf(SHAPERS.batch, { maxItems: 4 }), {
        overflow: { ...breaking, drainBeforeFail: drain },
        capacityItems: 1,
      });
      const outcomes = [1, 2, 3, 4, 5].map((id) => stream.channel.offer(makeItem(id)));
      expect(outcomes).toEqual(['queued', 'queued', 'queued', 'failed', 'failed']);
      expect(stream.channel.heldItems).toBe(0);
      expect(stream.channel.ledger()).toMatchObject({
        offered: 5,
        queued: drain ? 1 : 0,
        dropped: { 'overflow.fail': 1 },
        failed: { closed: drain ? 3 : 4 },
        unaccounted: 0,
      });
      stream.runUntil(1000);
      expect(stream.outputs.map(({ item }) => item.id)).toEqual(drain ? [1] : []);
      expect(stream.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
    },
  );

  it('fails the item whose offer made others due, and those that are still held', () => {
    const stream = new Stream(stagesOf(SHAPERS.debounce, { maxKeys: 2 }), {
      overflow: breaking,
      capacityItems: 1,
    });
    const keys = ['a', 'b', 'c', 'd'];
    const outcomes = keys.map((key, id) => stream.channel.offer(makeItem(id, key)));
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'failed']);
    expect(stream.channel.ledger()).toMatchObject({
      dropped: { 'overflow.fail': 1 },
      failed: { closed: 3 },
      queued: 0,
      unaccounted: 0,
    });
    stream.runUntil(10_000);
    expect(stream.outputs).toEqual([]);
  });
});

describe('an entry that stands for others', () => {
  it.each([
    ['debounce', { quietMs: 300 }],
    ['sample', { periodMs: 300 }],
    ['throttle-latest', { periodMs: 300 }],
    ['tumble-count', { windowMs: 300 }],
  ] as const)('%s: takes over weight, the class that matters most, and the longest wait', (name, values) => {
    const probe = new Probe(stagesOf(SHAPERS[name], values).shapers?.[0] as Shaper<Item>);
    const stream = new Stream({ shapers: [probe] }, { classOf: ({ value }) => value });
    // An item that throttle-latest emits at once; the others hold it for themselves.
    if (name === 'throttle-latest') stream.offerAt(0, makeItem(0, 'a', { value: 4 }));
    else stream.offerAt(0, makeItem(0, 'z', { value: 4 }));
    stream.offerAt(100, makeItem(1, 'a', { value: 2 }));
    stream.offerAt(150, makeItem(2, 'a', { value: 0 }));
    stream.offerAt(200, makeItem(3, 'a', { value: 3 }));
    stream.channel.close();
    stream.drain();
    expect(probe.emissions.find(({ weight }) => weight === 3)).toMatchObject({
      id: 3,
      class: 0,
      sinceNs: 100e6,
      offeredNs: name === 'tumble-count' ? 100e6 : 200e6,
    });
    const counts: Record<number, ClassCounts> = {};
    stream.channel.addClassesTo(counts);
    expect(counts).toMatchObject({
      0: { offered: 1, coalesced: 0, delivered: 1 },
      2: { offered: 1, coalesced: 1, delivered: 0 },
      3: { offered: 1, coalesced: 1, delivered: 0 },
      4: { offered: 1, coalesced: 0, delivered: 1 },
    });
  });

  it('counts its bytes once, whatever it grows to', () => {
    const stream = new Stream(stagesOf(SHAPERS['tumble-count']), {
      perItemOverheadBytes: 0,
      merge: (older, newer) => ({ ...newer, bytes: older.bytes + newer.bytes }),
    });
    stream.offerAt(0, makeItem(1, 'a', { bytes: 10 }), makeItem(2, 'b', { bytes: 5 }));
    stream.offerAt(1, makeItem(3, 'a', { bytes: 7 }));
    expect([stream.channel.heldItems, stream.channel.heldBytes]).toEqual([2, 22]);
    stream.runUntil(2000);
    expect([stream.channel.heldItems, stream.channel.heldBytes]).toEqual([0, 0]);
  });

  it('is dropped as too_large if merging has made it larger than the queue, and evicts nothing', () => {
    const stream = new Stream(stagesOf(SHAPERS['tumble-count']), {
      overflow: OVERFLOW_POLICIES['drop-oldest'],
      capacityBytes: 20,
      perItemOverheadBytes: 0,
      merge: (older, newer) => ({ ...newer, bytes: older.bytes + newer.bytes }),
    });
    for (const id of [1, 2, 3]) void stream.channel.offer(makeItem(id, 'a', { bytes: 9 }));
    void stream.channel.offer(makeItem(4, 'b', { bytes: 9 }));
    stream.clock.advanceNs(5e9);
    expect(stream.channel.depthItems).toBe(1);
    expect(stream.channel.ledger()).toMatchObject({ dropped: { too_large: 1 }, queued: 1, unaccounted: 0 });
  });

  it('stays held if merge throws; the item that came is failed, and its producer hears of it', () => {
    const stream = new Stream(stagesOf(SHAPERS['tumble-count']), {
      merge: () => {
        throw new Error('no merge today');
      },
    });
    stream.offerAt(0, makeItem(1));
    expect(() => stream.channel.offer(makeItem(2))).toThrow('no merge today');
    expect(stream.channel.ledger()).toMatchObject({
      offered: 2,
      queued: 1,
      failed: { policy_error: 1 },
      unaccounted: 0,
    });
    stream.runUntil(1000);
    expect(stream.trace).toBe('1000:1');
  });
});
