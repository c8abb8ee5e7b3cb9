import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/core/clock.ts';
import type { EntryView } from '../../src/system/channel/entry.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type { DepartureGate, ShapingDefinition } from '../../src/system/shaping/shaper.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import { checkBound, checkDepartures, checkWait, type MakeShaper, openProbed } from './checks.ts';
import { type Item, makeItem, Stream, stagesOf } from './stream.ts';

function maker(name: keyof typeof SHAPERS, values: Params = {}): MakeShaper {
  return () => {
    const shaper = stagesOf(SHAPERS[name], values).shapers?.[0];
    if (shaper === undefined) throw new Error(`${name} is no shaper`);
    return shaper;
  };
}

function open(name: keyof typeof SHAPERS, values: Params = {}): Stream {
  return new Stream(stagesOf(SHAPERS[name], values));
}

describe('debounce', () => {
  const findProblem = (values: Params) => (SHAPERS.debounce as ShapingDefinition).findProblem?.(values);

  it('refuses a longest wait that is shorter than the pause, but not for leading, which has none', () => {
    const values = { mode: 'trailing', quietMs: 300, maxWaitMs: 299, maxKeys: 1 };
    expect(findProblem(values)).toContain('maxWait must be at least quiet');
    expect(findProblem({ ...values, maxWaitMs: 300 })).toBeUndefined();
    expect(findProblem({ ...values, mode: 'leading' })).toBeUndefined();
  });

  it('emits a key that is never quiet every maxWait, always the latest', () => {
    const stream = open('debounce');
    for (let id = 1; id <= 50; id++) stream.offerAt(id * 100, makeItem(id));
    stream.runUntil(10_000);
    // The first burst begins at 100 and the second with the item that comes as the first one ends.
    expect(stream.trace).toBe('2100:20 4100:40 5300:50');
  });

  it('lets the key go whose item is oldest when there are too many', () => {
    const stream = open('debounce', { maxKeys: 2 });
    stream.offerAt(0, makeItem(1, 'a'));
    stream.offerAt(1, makeItem(2, 'b'));
    stream.offerAt(2, makeItem(3, 'a'));
    stream.offerAt(3, makeItem(4, 'c'));
    stream.runUntil(1000);
    expect(stream.trace).toBe('3:2 302:3 303:4');
  });

  it('lets go in the order of what it sends, not of what came first', () => {
    const stream = open('debounce', { maxWaitMs: 300 });
    stream.offerAt(0, makeItem(1, 'a'), makeItem(2, 'b'), makeItem(3, 'a'));
    stream.runUntil(1000);
    expect(stream.trace).toBe('300:2,3');
  });

  it('never lets a late timer swallow an item whose time has come', () => {
    const stream = open('debounce');
    stream.timerLateMs = 5000;
    stream.offerAt(0, makeItem(1));
    stream.offerAt(300, makeItem(2));
    stream.channel.close();
    stream.drain();
    expect(stream.outputs.map(({ item }) => item.id)).toEqual([1, 2]);
  });

  it('leading, forgets the key that has been quiet for longest when there are too many', () => {
    const stream = open('debounce', { mode: 'leading', maxKeys: 2 });
    stream.offerAt(0, makeItem(1, 'a'), makeItem(2, 'b'));
    stream.offerAt(1, makeItem(3, 'a'), makeItem(4, 'c'), makeItem(5, 'a'), makeItem(6, 'b'));
    expect(stream.trace).toBe('0:1,2 1:4,6');
  });
});

describe('throttle-latest', () => {
  it('never emits a key twice within a period, also after a late emission', () => {
    const stream = open('throttle-latest');
    stream.offerAt(0, makeItem(1));
    stream.timerLateMs = 70;
    stream.offerAt(50, makeItem(2));
    stream.runUntil(170);
    stream.timerLateMs = 0;
    stream.offerAt(180, makeItem(3));
    stream.runUntil(1000);
    expect(stream.trace).toBe('0:1 170:2 270:3');
  });

  it('lets the key go whose period began first when there are too many, with what it holds', () => {
    const stream = open('throttle-latest', { maxKeys: 2 });
    stream.offerAt(0, makeItem(1, 'a'));
    stream.offerAt(10, makeItem(2, 'b'));
    stream.offerAt(20, makeItem(3, 'a'), makeItem(4, 'c'));
    stream.runUntil(1000);
    expect(stream.trace).toBe('0:1 10:2 20:3,4');
    expect(stream.channel.ledger().coalesced).toEqual({});
  });
});

describe('sample', () => {
  it('keeps its grid over an idle time, and a tick ends what came before it', () => {
    const stream = open('sample');
    stream.offerAt(50, makeItem(1));
    stream.offerAt(1049, makeItem(2));
    stream.offerAt(1050, makeItem(3));
    stream.runUntil(2000);
    expect(stream.trace).toBe('150:1 1050:2 1150:3');
  });

  it('sets no timers while nothing comes', () => {
    const stream = open('sample');
    stream.offerAt(0, makeItem(1));
    stream.runUntil(100);
    expect(stream.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('tumble-count', () => {
  it('loses no count, whatever the keys', () => {
    const stream = open('tumble-count', { windowMs: 10, maxKeys: 3 });
    for (let id = 1; id <= 500; id++) stream.offerAt(id * 0.7, makeItem(id, id % 7, { count: id }));
    stream.channel.close();
    stream.drain();
    expect(stream.outputs.reduce((sum, { item }) => sum + item.count, 0)).toBe((500 * 501) / 2);
  });
});

describe('batch', () => {
  it('goes at once when it is full by items, and its window begins with its first item', () => {
    const stream = open('batch', { maxItems: 2, windowMs: 50 });
    stream.offerAt(0, makeItem(1));
    stream.offerAt(40, makeItem(2));
    stream.offerAt(45, makeItem(3));
    stream.runUntil(1000);
    expect(stream.trace).toBe('40:1,2 95:3');
  });

  it('lets go before an item that does not fit, and at once when exactly full or more', () => {
    const stream = new Stream(stagesOf(SHAPERS.batch, { maxBytes: 100 }), { perItemOverheadBytes: 0 });
    stream.offerAt(0, makeItem(1, 'a', { bytes: 60 }));
    stream.offerAt(1, makeItem(2, 'a', { bytes: 41 }));
    stream.offerAt(2, makeItem(3, 'a', { bytes: 59 }));
    stream.offerAt(3, makeItem(4, 'a', { bytes: 500 }));
    expect(stream.trace).toBe('1:1 2:2,3 3:4');
    expect(stream.channel.heldItems).toBe(0);
  });

  it('is over when its window is, even if the timer is late and another item comes first', () => {
    const stream = open('batch');
    stream.timerLateMs = 5000;
    stream.offerAt(0, makeItem(1));
    stream.offerAt(50, makeItem(2));
    expect(stream.trace).toBe('50:1');
  });

  it('bounds what it holds and how long, which the sketch does not', () => {
    expect(checkWait(maker('batch'), 50)).toBeUndefined();
    expect(checkBound(maker('batch'), 63)).toBeUndefined();
    expect(checkBound(maker('batch'), 62)).toBe('63 items held, 62 allowed');
  });
});

describe('distinct', () => {
  it('compares with the last item sent, not with all that were', () => {
    const stream = open('distinct');
    const values = [1, 1, 2, 1, 1];
    values.forEach((value, id) => {
      stream.offerAt(id, makeItem(id, 'a', { value }));
    });
    expect(stream.trace).toBe('0:0 2:2 3:3');
  });

  it('lets one repetition through of a key that it has forgotten', () => {
    const stream = open('distinct', { maxKeys: 2 });
    const keys = ['a', 'b', 'a', 'c', 'a', 'b'];
    keys.forEach((key, id) => {
      stream.offerAt(id, makeItem(id, key, { value: 1 }));
    });
    expect(stream.trace).toBe('0:0 1:1 3:3 5:5');
  });

  it('keeps working when isSame throws, and the item that came is failed', () => {
    let isBroken = true;
    const stream = new Stream(stagesOf(SHAPERS.distinct), {
      isSame: (a, b) => {
        if (isBroken) throw new Error('cannot compare');
        return a.value === b.value;
      },
    });
    stream.offerAt(0, makeItem(1));
    expect(() => stream.channel.offer(makeItem(2))).toThrow('cannot compare');
    isBroken = false;
    stream.offerAt(1, makeItem(3, 'a', { value: 1 }), makeItem(4));
    expect(stream.trace).toBe('0:1 1:4');
    expect(stream.channel.ledger()).toMatchObject({ failed: { policy_error: 1 }, unaccounted: 0 });
  });
});

describe('dedupe', () => {
  it('accepts an id again exactly a window after it was accepted, however often it came meanwhile', () => {
    const stream = open('dedupe', { windowMs: 100 });
    for (const [id, atMs] of [0, 50, 99, 100, 199, 200].entries()) stream.offerAt(atMs, makeItem(id));
    expect(stream.trace).toBe('0:0 100:3 200:5');
  });

  it('accepts an id falsely once more ids were accepted since than it remembers', () => {
    const stream = open('dedupe');
    for (let id = 1; id <= 1000; id++) stream.offerAt(0, makeItem(id, id));
    stream.offerAt(1, makeItem(1001, 1));
    stream.offerAt(2, makeItem(1002, 1002));
    stream.offerAt(3, makeItem(1003, 1));
    expect(stream.outputs.slice(1000).map(({ item }) => item.id)).toEqual([1002, 1003]);
    expect(stream.channel.ledger().coalesced).toEqual({ dedupe: 1 });
  });

  it('tells the id 1 from the id "1"', () => {
    const stream = open('dedupe');
    stream.offerAt(0, makeItem(1, 1), makeItem(2, '1'));
    expect(stream.trace).toBe('0:1,2');
  });
});

describe('pace', () => {
  const gateOf = (values: Params): DepartureGate<Item> =>
    stagesOf(SHAPERS.pace, values).gate as DepartureGate<Item>;

  it.each([3, 7, 999, 600_000])('keeps to %d per second to the nanosecond, without drift', (ratePerSec) => {
    expect(checkDepartures(() => gateOf({ ratePerSec }), ratePerSec)).toBeUndefined();
  });

  it.each([
    [1, '0:1 100:2 200:3 1000:4 1100:5 1200:6'],
    [2, '0:1,2 100:3 1000:4,5 1100:6'],
    [5, '0:1,2,3 1000:4,5,6'],
  ])('with a burst of %d, saves up a pause for as many', (burstItems, trace) => {
    const stream = open('pace', { ratePerSec: 10, burstItems });
    stream.offerAt(0, makeItem(1), makeItem(2), makeItem(3));
    stream.offerAt(1000, makeItem(4), makeItem(5), makeItem(6));
    stream.runUntil(5000);
    expect(stream.trace).toBe(trace);
  });

  it('gives nothing extra when the clock goes back, and goes on once it has caught up', () => {
    const stream = open('pace', { ratePerSec: 10 });
    stream.offerAt(0, makeItem(1), makeItem(2), makeItem(3));
    stream.runUntil(50);
    stream.lagMs = 40;
    stream.runUntil(1000);
    expect(stream.trace).toBe('0:1 140:2 240:3');
  });

  it('gives nothing extra even to a clock that goes back unheld', () => {
    const gate = gateOf({ ratePerSec: 10 });
    const head = {} as EntryView<Item>;
    gate.onTake(head, 1e9);
    expect(gate.readyAtNs(head, 0)).toBe(1.1e9);
    gate.onTake(head, 1.1e9);
    expect(gate.readyAtNs(head, 0)).toBe(1.2e9);
  });

  it('spends no departure on an item that has expired at the head', () => {
    const stages = { ...stagesOf(SHAPERS.pace, { ratePerSec: 10 }), ttlMs: 150 };
    const stream = new Stream(stages);
    stream.offerAt(0, makeItem(1), makeItem(2), makeItem(3), makeItem(4));
    stream.offerAt(190, makeItem(5));
    stream.runUntil(1000);
    expect(stream.trace).toBe('0:1 100:2 200:5');
    expect(stream.channel.ledger().dropped).toEqual({ ttl: 2 });
  });

  it('hands an item to a waiting taker at its time, and lets block hold the producer meanwhile', async () => {
    const stream = new Stream(stagesOf(SHAPERS.pace, { ratePerSec: 10 }), {
      overflow: OVERFLOW_POLICIES.block,
      capacityItems: 1,
    });
    const { channel, clock } = stream;
    for (const id of [1, 2, 3]) void channel.offer(makeItem(id));
    expect(channel.waiters).toBe(2);
    const takers = [channel.take(), channel.take()];
    clock.advanceNs(99 * NS_PER_MS);
    expect(channel.inFlightItems).toBe(1);
    clock.advanceNs(NS_PER_MS);
    expect((await Promise.all(takers)).map((item) => item?.id)).toEqual([1, 2]);
    expect([channel.depthItems, channel.waiters]).toEqual([1, 0]);
  });
});

describe('specimens', () => {
  it('ironstar-debounce adds up to half a grace period, by its polls', () => {
    const stream = open('as-written/ironstar-debounce');
    stream.offerAt(1, makeItem(1));
    stream.runUntil(1000);
    expect(stream.trace).toBe('450:1');
  });

  it('ironstar-batch is not woken by new items, but by the keep-alive alone', () => {
    const stream = open('as-written/ironstar-batch');
    for (const [id, atMs] of [1000, 14_000, 16_000].entries()) stream.offerAt(atMs, makeItem(id));
    stream.runUntil(60_000);
    expect(stream.trace).toBe('16000:0,1 31000:2');
  });

  it('shadowcat-evict-untimed works in a short test', () => {
    const { probe, stream } = openProbed(maker('as-written/shadowcat-evict-untimed'));
    for (let id = 1; id <= 100; id++) stream.offerAt(id * 99, makeItem(id));
    expect(probe.emissions.length).toBe(1);
  });
});
