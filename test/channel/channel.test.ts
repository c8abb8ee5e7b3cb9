import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import { createEmptyLedger } from '../../src/core/ledger.ts';
import { type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';

const { block, unbounded } = OVERFLOW_POLICIES;
const dropOldest = OVERFLOW_POLICIES['drop-oldest'];

function open(options: Partial<ChannelOptions<number>> = {}) {
  const clock = createVirtualClock();
  return { clock, channel: createChannel<number>({ overflow: block, capacityItems: 2, clock, ...options }) };
}

describe('offer and take', () => {
  it('moves an item from queued through in flight to delivered, with its cost', () => {
    const { channel } = open({ sizeOf: (item) => item });
    channel.offer(36);
    expect([channel.depthItems, channel.bytes, channel.inFlightItems]).toEqual([1, 100, 0]);
    expect(channel.tryTake()).toBe(36);
    expect([channel.depthItems, channel.bytes, channel.inFlightItems, channel.inFlightBytes]).toEqual([
      0, 0, 1, 100,
    ]);
    channel.delivered(36);
    expect([channel.inFlightItems, channel.inFlightBytes]).toEqual([0, 0]);
    expect(channel.ledger()).toEqual({ ...createEmptyLedger(), offered: 1, delivered: 1 });
  });

  it('moves the oldest waiting item in, in the same step as the take', async () => {
    const { channel } = open();
    const answers = [1, 2, 3, 4].map((item) => channel.offer(item));
    expect(channel.waiters).toBe(2);
    expect(channel.tryTake()).toBe(1);
    expect([channel.depthItems, channel.waiters]).toEqual([2, 1]);
    expect(await answers[2]).toBe('queued');
    expect([channel.tryTake(), channel.tryTake(), channel.tryTake(), channel.tryTake()]).toEqual([
      2,
      3,
      4,
      undefined,
    ]);
  });

  it('makes a small offer wait behind a large one that does not fit yet', async () => {
    const { channel } = open({
      capacityItems: 9,
      capacityBytes: 100,
      perItemOverheadBytes: 0,
      sizeOf: (item) => item,
    });
    channel.offer(80);
    const large = channel.offer(50);
    const small = channel.offer(10);
    expect(channel.waiters).toBe(2);
    channel.tryTake();
    expect(await Promise.all([large, small])).toEqual(['queued', 'queued']);
    expect([channel.tryTake(), channel.tryTake()]).toEqual([50, 10]);
  });

  it('admits the next offer when the large one ahead of it is cancelled', async () => {
    const { channel } = open({
      capacityItems: 9,
      capacityBytes: 100,
      perItemOverheadBytes: 0,
      sizeOf: (item) => item,
    });
    const abort = new AbortController();
    channel.offer(80);
    const large = channel.offer(50, abort.signal);
    const small = channel.offer(10);
    abort.abort();
    expect([await large, await small]).toEqual(['dropped', 'queued']);
    expect(channel.ledger().dropped).toEqual({ cancelled: 1 });
    expect(channel.waiters).toBe(0);
  });

  it('hands an item to the taker that waits longest, at the moment of the offer', async () => {
    const { channel } = open();
    const first = channel.take();
    const second = channel.take();
    channel.offer(1);
    expect([channel.depthItems, channel.inFlightItems]).toEqual([0, 1]);
    channel.offer(2);
    expect([await first, await second]).toEqual([1, 2]);
  });

  it('gives a cancelled taker nothing, and its item to the next one', async () => {
    const { channel } = open();
    const abort = new AbortController();
    const cancelled = channel.take(abort.signal);
    const next = channel.take();
    abort.abort();
    channel.offer(1);
    expect([await cancelled, await next]).toEqual([undefined, 1]);
    expect(channel.take(abort.signal)).toBeUndefined();
  });

  it('drops an offer that was cancelled before it came, even beside free room', () => {
    const { channel } = open();
    expect(channel.offer(1, AbortSignal.abort())).toBe('dropped');
    expect(channel.ledger()).toMatchObject({ offered: 1, queued: 0, dropped: { cancelled: 1 } });
  });

  it('drops what comes when the line of waiting offers is full', () => {
    const { channel } = open({ capacityItems: 1, maxWaiters: 1 });
    channel.offer(1);
    channel.offer(2);
    expect(channel.offer(3)).toBe('dropped');
    expect(channel.ledger()).toMatchObject({
      queued: 1,
      blocked: 1,
      dropped: { waiters_full: 1 },
      unaccounted: 0,
    });
    expect(channel.waitersMax).toBe(1);
  });
});

describe('the end of a channel', () => {
  it('lets what is queued be taken after close, and fails waiting and later offers', async () => {
    const { channel } = open({ capacityItems: 1 });
    channel.offer(1);
    const waiting = channel.offer(2);
    channel.close();
    expect(await waiting).toBe('failed');
    expect(channel.offer(3)).toBe('failed');
    expect(channel.take()).toBe(1);
    expect(channel.take()).toBeUndefined();
    expect(channel.ledger()).toMatchObject({
      offered: 3,
      failed: { closed: 2 },
      inFlight: 1,
      unaccounted: 0,
    });
  });

  it('answers undefined to every taker of an empty channel', async () => {
    const { channel } = open();
    const takers = [channel.take(), channel.take()];
    channel.close();
    expect(await Promise.all(takers)).toEqual([undefined, undefined]);
  });

  it('discards queued items and waiting offers for one reason, and leaves what is in flight', async () => {
    const { channel } = open({ capacityItems: 1 });
    channel.offer(1);
    channel.tryTake();
    channel.offer(2);
    const waiting = channel.offer(3);
    expect(channel.discardQueued('shutdown')).toBe(2);
    expect(await waiting).toBe('dropped');
    expect(channel.bytes).toBe(0);
    expect(channel.ledger()).toMatchObject({ dropped: { shutdown: 2 }, inFlight: 1, queued: 0, blocked: 0 });
  });
});

describe('the account', () => {
  it('adds up blocked time over offers, those that still wait included', () => {
    const { channel, clock } = open({ capacityItems: 1 });
    channel.offer(1);
    channel.offer(2);
    clock.advanceNs(3e6);
    channel.offer(3);
    clock.advanceNs(1e6);
    expect(channel.blockedMs).toBe(5);
    channel.tryTake();
    clock.advanceNs(2e6);
    expect(channel.blockedMs).toBe(7);
    channel.close();
    clock.advanceNs(9e6);
    expect(channel.blockedMs).toBe(7);
  });

  it('counts an item refused before the queue as offered and dropped, and has no end to tell of it', () => {
    const ends: string[] = [];
    const { channel } = open({ onEnd: (item, end) => void ends.push(`${item} ${end}`) });
    channel.refuse('admission.memory');
    expect(channel.ledger()).toMatchObject({
      offered: 1,
      dropped: { 'admission.memory': 1 },
      unaccounted: 0,
    });
    expect(ends).toEqual([]);
  });

  it('goes below zero when an item is delivered twice, and gives its budget back once', () => {
    let ended = 0;
    const { channel } = open({ onEnd: () => void ended++ });
    channel.offer(1);
    channel.tryTake();
    channel.delivered(1);
    channel.delivered(1);
    expect(channel.ledger().unaccounted).toBe(-1);
    expect(ended).toBe(1);
  });

  it('shows an item that was taken and never landed as in flight for ever', () => {
    const { channel } = open();
    channel.offer(1);
    channel.tryTake();
    channel.close();
    expect(channel.ledger()).toMatchObject({ inFlight: 1, unaccounted: 0 });
  });

  it('adds onto a sum over channels what a reading of its own says', () => {
    const { channel } = open({ overflow: dropOldest });
    for (let i = 0; i < 5; i++) channel.offer(i);
    channel.failed(channel.tryTake() as number, 'write');
    channel.refuse('lag');
    const sum = createEmptyLedger();
    channel.addLedgerTo(sum);
    expect(sum).toEqual(channel.ledger());
    channel.addLedgerTo(sum);
    expect(sum).toMatchObject({
      offered: 12,
      dropped: { 'overflow.drop-oldest': 6, lag: 2 },
      failed: { write: 2 },
      queued: 2,
    });
  });

  it('drops as oom_guard above the guard of unbounded, even where bytes are not bounded', () => {
    const overflow = unbounded.configure?.({ guardBytes: 200 }) as OverflowPolicy;
    const { channel } = open({ overflow, capacityItems: 9, capacityBytes: 0 });
    const outcomes = [1, 2, 3, 4].map((item) => channel.offer(item));
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'dropped']);
    expect(channel.ledger().dropped).toEqual({ oom_guard: 1 });
    expect([channel.capacityItems, channel.capacityBytes]).toEqual([Number.POSITIVE_INFINITY, 200]);
  });
});

describe('mistakes', () => {
  it.each([
    ['capacityItems', 0],
    ['capacityItems', 1.5],
    ['capacityItems', Number.NaN],
    ['capacityBytes', -1],
    ['maxWaiters', -1],
  ])('refuses %s = %d', (name, value) => {
    expect(() => open({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'BPB_ERR_STRATEGY',
        message: expect.stringContaining(`${name} must be`),
      }),
    );
  });

  it('refuses undefined and sizes that are no whole bytes, and counts nothing then', () => {
    const { channel } = open({ sizeOf: (item) => item });
    for (const item of [undefined as unknown as number, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => channel.offer(item)).toThrow(expect.objectContaining({ code: 'BPB_ERR_INTERNAL' }));
    }
    expect(channel.ledger()).toEqual(createEmptyLedger());
  });
});

describe('abort listeners', () => {
  it('leaves none behind, however an offer or a taker ends, and warns of none', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const { signal, live } = countListeners();
    const { channel } = open({ capacityItems: 1 });
    const offers = Array.from({ length: 40 }, (_, item) => channel.offer(item, signal));
    expect(live()).toBe(39);
    for (let i = 0; i < 20; i++) channel.tryTake();
    expect(live()).toBe(19);
    channel.discardQueued('shutdown');
    expect(live()).toBe(0);
    const takers = [channel.take(signal), channel.take(signal)];
    expect(live()).toBe(2);
    channel.offer(1);
    channel.close();
    expect(live()).toBe(0);
    await Promise.all([...offers, ...takers]);
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

function countListeners(): { signal: AbortSignal; live: () => number } {
  const { signal } = new AbortController();
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return { signal, live: () => count };
}
