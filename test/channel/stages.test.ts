/** What the mechanism owes its stages, shown with the smallest stage that asks for it. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../src/core/clock.ts';
import type { Admission } from '../../src/system/admission/admission.ts';
import { type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { ChannelStages } from '../../src/system/channel/stages.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import type { DepartureGate, Shaper } from '../../src/system/shaping/shaper.ts';
import type { SlowConsumerRule } from '../../src/system/slow-consumer/rule.ts';

const { block } = OVERFLOW_POLICIES;
const dropOldest: OverflowPolicy = OVERFLOW_POLICIES['drop-oldest'];

function open(stages: ChannelStages<number>, options: Partial<ChannelOptions<number>> = {}) {
  const clock = createVirtualClock();
  const channel = createChannel<number>({ overflow: block, capacityItems: 1, clock, stages, ...options });
  const advanceMs = (ms: number): void => clock.advanceNs(ms * NS_PER_MS);
  return { clock, channel, advanceMs };
}

/** Lets one item go each 10 ms. */
function createGate(): DepartureGate<number> {
  let opensNs = 10 * NS_PER_MS;
  return {
    readyAtNs: () => opensNs,
    onTake: (_entry, nowNs) => {
      opensNs = nowNs + 10 * NS_PER_MS;
    },
  };
}

/** Emits what it was offered 5 ms later, in order. */
function createDelay(): Shaper<number> {
  let held: Parameters<Shaper<number>['offer']>[0][] = [];
  const release: Shaper<number>['wake'] = (_nowNs, ports) => {
    const due = held;
    held = [];
    for (const entry of due) ports.emit(entry);
  };
  return {
    offer: (entry) => void held.push(entry),
    get wakeAtNs() {
      return held[0] === undefined ? Number.POSITIVE_INFINITY : held[0].offeredNs + 5 * NS_PER_MS;
    },
    wake: release,
    flush: release,
    reset: () => {
      held = [];
    },
  };
}

function createRule(observe: SlowConsumerRule['observe'], wakeAtNs = Number.POSITIVE_INFINITY) {
  return { observe, wakeAtNs } satisfies SlowConsumerRule;
}

describe('room that comes from expired items', () => {
  it('lets tryTake answer a waiting offer when everything queued has expired', () => {
    const { channel, advanceMs } = open({ ttlMs: 10 });
    channel.offer(1);
    advanceMs(8);
    channel.offer(2);
    advanceMs(8);
    expect(channel.tryTake()).toBe(2);
    expect(channel.ledger()).toMatchObject({ dropped: { ttl: 1 }, inFlight: 1, blocked: 0, queued: 0 });
  });

  it('leaves no taker beside an item', async () => {
    const { channel, advanceMs } = open({ ttlMs: 10 });
    channel.offer(1);
    advanceMs(8);
    channel.offer(2);
    advanceMs(8);
    const taken = channel.take();
    expect(channel.depthItems).toBe(0);
    expect(await taken).toBe(2);
  });
});

describe('a departure gate', () => {
  it('wakes a waiting taker at the moment it opens, and moves the next offer in then', async () => {
    const { channel, advanceMs } = open({ gate: createGate() });
    channel.offer(1);
    channel.offer(2);
    const taken = channel.take();
    advanceMs(9);
    expect([channel.depthItems, channel.waiters]).toEqual([1, 1]);
    advanceMs(1);
    expect([channel.inFlightItems, channel.depthItems, channel.waiters]).toEqual([1, 1, 0]);
    expect(await taken).toBe(1);
  });

  it('tells onReady once and sets no further timer while nobody takes', () => {
    let readyCount = 0;
    const { clock, channel, advanceMs } = open({ gate: createGate() }, { onReady: () => void readyCount++ });
    channel.offer(1);
    expect(channel.tryTake()).toBeUndefined();
    advanceMs(50);
    expect(readyCount).toBe(1);
    expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
    expect(channel.tryTake()).toBe(1);
  });
});

describe('a slow-consumer rule', () => {
  it('has no say after it has asked to disconnect, however early it wants to be woken', () => {
    const reasons: string[] = [];
    const { clock, channel, advanceMs } = open(
      { slowConsumer: [createRule(() => 'disconnect', 5 * NS_PER_MS)] },
      { onDisconnect: (reason) => void reasons.push(reason) },
    );
    channel.offer(1);
    advanceMs(50);
    expect(reasons).toEqual(['disconnect.slow']);
    expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['close', 'discard'] as const)('lets held producers go at %s after a disconnect', async (how) => {
    let verdict: 'pause' | 'disconnect' = 'pause';
    const rules = [createRule(() => 'pause'), createRule(() => verdict)];
    const { channel } = open({ slowConsumer: rules }, { capacityItems: 4 });
    const held = channel.offer(1);
    expect(channel.waiters).toBe(1);
    verdict = 'disconnect';
    const second = channel.offer(2);
    if (how === 'close') channel.close();
    else channel.discardQueued('disconnect.slow');
    expect(channel.waiters).toBe(0);
    expect(await Promise.all([held, second])).toEqual(['queued', 'queued']);
  });

  it('lets held producers go when the channel closes, although the consumer still lags', async () => {
    const { channel } = open({ slowConsumer: [createRule(() => 'pause')] }, { capacityItems: 4 });
    const held = channel.offer(1);
    channel.close();
    expect(await held).toBe('queued');
    expect(channel.ledger()).toMatchObject({ queued: 1, blocked: 0, unaccounted: 0 });
  });
});

describe('several admissions', () => {
  it('gives back to the earlier ones what a later one refused', () => {
    let inflight = 0;
    const counting: Admission = {
      admit: () => {
        inflight++;
        return undefined;
      },
      onEnd: () => void inflight--,
      onWithdraw: () => void inflight--,
    };
    const refusing: Admission = { admit: (entry) => (entry.item === 2 ? 'admission.rate' : undefined) };
    const { channel } = open({ admission: [counting, refusing] }, { capacityItems: 4 });
    channel.offer(1);
    channel.offer(2);
    expect(inflight).toBe(1);
    channel.delivered(channel.tryTake() as number);
    expect(inflight).toBe(0);
  });
});

describe('a shaper in front of a queue that blocks', () => {
  it('leaves a released item in line after close, and drains it in order', () => {
    const { channel, advanceMs } = open({ shapers: [createDelay()] });
    channel.offer(1);
    channel.offer(2);
    advanceMs(5);
    expect([channel.depthItems, channel.ledger().blocked]).toEqual([1, 1]);
    channel.offer(3);
    channel.close();
    expect([channel.tryTake(), channel.tryTake(), channel.tryTake(), channel.tryTake()]).toEqual([
      1,
      2,
      3,
      undefined,
    ]);
    expect(channel.ledger().unaccounted).toBe(0);
  });

  it('holds a producer while an item that was released waits, and lets it go with the last', async () => {
    const { channel, advanceMs } = open({ shapers: [createDelay()] });
    channel.offer(1);
    channel.offer(2);
    advanceMs(5);
    const held = channel.offer(3);
    expect(held).toBeInstanceOf(Promise);
    channel.tryTake();
    expect(await held).toBe('queued');
  });
});

describe('a callback that throws', () => {
  const broken = (): never => {
    throw new Error('broken');
  };

  it.each([
    ['onFull', { onFull: broken }],
    ['an unknown decision', { onFull: () => 'what' as never }],
    ['onFull after an eviction', createSecondThrow()],
    ['evictMore', { evictMore: broken }],
    ['absorb', { absorb: broken, needs: ['key'] }],
    ['capacityFor', { capacityFor: broken }],
    ['a victim that is not queued', { onFull: (_queue, incoming) => incoming }],
  ] as [string, Partial<OverflowPolicy>][])(
    'policy: %s fails the arriving item and rethrows',
    (_, change) => {
      const ends: string[] = [];
      const { channel } = open(
        {},
        {
          overflow: { ...dropOldest, ...change },
          capacityItems: 3,
          capacityBytes: 300,
          sizeOf: (item) => (item === 9 ? 200 : 0),
          onEnd: (item, end, reason) => void ends.push(`${item} ${end} ${reason}`),
        },
      );
      try {
        for (let item = 1; item < 4; item++) channel.offer(item);
      } catch {}
      expect(() => channel.offer(9)).toThrow();
      expect(channel.ledger().unaccounted).toBe(0);
      expect(channel.ledger().failed['policy_error']).toBeGreaterThanOrEqual(1);
      expect(ends).toContain('9 failed policy_error');
      channel.discardQueued('shutdown');
      expect(channel.ledger()).toMatchObject({ queued: 0, unaccounted: 0 });
    },
  );

  it('merge or sizeOf of what it made: the arriving item fails, the queued one stays', () => {
    for (const options of [
      { merge: broken, sizeOf: () => 10 },
      { merge: () => -1, sizeOf: (item: number) => (item < 0 ? -5 : 10) },
    ]) {
      const overflow: OverflowPolicy = {
        ...dropOldest,
        absorb: (queue) => queue.newest,
        absorbAs: 'merge',
      };
      const { channel } = open({}, { overflow, capacityItems: 3, ...options });
      channel.offer(1);
      expect(() => channel.offer(2)).toThrow();
      expect(channel.ledger()).toMatchObject({ failed: { policy_error: 1 }, queued: 1, unaccounted: 0 });
      expect(channel.tryTake()).toBe(1);
    }
  });
});

/** Evicts one, then throws when it is asked again. */
function createSecondThrow(): Partial<OverflowPolicy> {
  let asked = 0;
  return {
    onFull: (queue) => {
      if (asked++ > 0) throw new Error('broken');
      return queue.oldest ?? 'drop-incoming';
    },
  };
}

describe('classes of items that stand for others', () => {
  it('counts each class apart, so that each adds up by itself', () => {
    const overflow: OverflowPolicy = { ...dropOldest, absorb: (queue) => queue.newest, absorbAs: 'keep' };
    const { channel } = open({}, { overflow, capacityItems: 3, classOf: (item) => item });
    channel.offer(0);
    channel.offer(2);
    channel.delivered(channel.tryTake() as number);
    const classes: Parameters<typeof channel.addClassesTo>[0] = {};
    channel.addClassesTo(classes);
    expect(classes).toEqual({
      0: { offered: 1, delivered: 1, dropped: 0, coalesced: 0, failed: 0 },
      2: { offered: 1, delivered: 0, dropped: 0, coalesced: 1, failed: 0 },
    });
  });
});

describe('a wait that ends by time', () => {
  it('lets the next one in where the late one was too large for the room there was', async () => {
    const overflow = OVERFLOW_POLICIES.timeout.configure?.({ deadlineMs: 10 }) as OverflowPolicy;
    const bounds = { capacityItems: 9, capacityBytes: 100, perItemOverheadBytes: 0 };
    const { channel, advanceMs } = open({}, { overflow, ...bounds, sizeOf: (item) => item });
    channel.offer(80);
    const large = channel.offer(50);
    advanceMs(5);
    const small = channel.offer(10);
    advanceMs(5);
    expect([channel.depthItems, channel.waiters]).toEqual([2, 0]);
    expect(await Promise.all([large, small])).toEqual(['dropped', 'queued']);
    expect(channel.ledger().dropped).toEqual({ block_timeout: 1 });
  });
});

describe('what a policy and a queue management are told', () => {
  it('counts the victims of one arrival', () => {
    const counts: number[] = [];
    const overflow: OverflowPolicy = {
      ...dropOldest,
      evictMore: (queue, _victim, evicted) => {
        counts.push(evicted);
        return queue.oldest;
      },
    };
    const { channel } = open({}, { overflow, capacityItems: 3 });
    for (let item = 1; item < 5; item++) channel.offer(item);
    expect(counts).toEqual([1, 2, 3]);
    expect(channel.depthItems).toBe(1);
  });

  it('an item that took the place of another has waited since that one came', () => {
    const sinceMs: number[] = [];
    const overflow: OverflowPolicy = { ...dropOldest, absorb: (queue) => queue.newest, absorbAs: 'keep' };
    const aqm: ChannelStages<number>['aqm'] = {
      shouldDrop: (entry) => {
        sinceMs.push(entry.sinceNs / NS_PER_MS, entry.offeredNs / NS_PER_MS);
        return false;
      },
    };
    const { channel, advanceMs } = open({ aqm }, { overflow });
    advanceMs(3);
    channel.offer(1);
    advanceMs(4);
    channel.offer(2);
    expect(channel.tryTake()).toBe(2);
    expect(sinceMs).toEqual([3, 7]);
  });
});

describe('an end that leaves nothing behind', () => {
  it('discards what shapers hold, and lets them forget it', () => {
    const { channel, advanceMs } = open({ shapers: [createDelay()] });
    channel.offer(1);
    expect(channel.discardQueued('shutdown')).toBe(1);
    expect(channel.ledger()).toMatchObject({ queued: 0, dropped: { shutdown: 1 } });
    advanceMs(9);
    expect([channel.heldItems, channel.depthItems]).toEqual([0, 0]);
  });

  it('fails all who wait when the first deadline breaks the channel', async () => {
    const params = { deadlineMs: 10, fallback: 'fail' };
    const overflow = OVERFLOW_POLICIES.timeout.configure?.(params) as OverflowPolicy;
    const { channel, advanceMs } = open({}, { overflow });
    channel.offer(1);
    const first = channel.offer(2);
    advanceMs(5);
    const second = channel.offer(3);
    advanceMs(5);
    expect(channel.waiters).toBe(0);
    expect(await Promise.all([first, second])).toEqual(['dropped', 'failed']);
    expect(channel.ledger()).toMatchObject({ dropped: { block_timeout: 1 }, failed: { closed: 2 } });
  });
});

describe('what an offer answers when a shaper stands before the queue', () => {
  const passing: Shaper<number> = {
    offer: (entry, _nowNs, ports) => ports.emit(entry),
    wakeAtNs: Number.POSITIVE_INFINITY,
    wake: () => {},
    flush: () => {},
    reset: () => {},
  };

  it('is what became of its item in the queue, where the shaper let it pass', () => {
    const dropping = open({ shapers: [passing] }, { overflow: OVERFLOW_POLICIES['drop-newest'] }).channel;
    expect([dropping.offer(1), dropping.offer(2)]).toEqual(['queued', 'dropped']);
    const blocking = open({ shapers: [passing] }).channel;
    expect([blocking.offer(1), blocking.offer(2)]).toEqual(['queued', expect.any(Promise)]);
  });

  it('is failed for an item that was held when another one broke the channel', () => {
    let before: Parameters<Shaper<number>['offer']>[0] | undefined;
    const lagging: Shaper<number> = {
      ...passing,
      offer: (entry, _nowNs, ports) => {
        if (before !== undefined) ports.emit(before);
        before = entry;
      },
    };
    const { channel } = open({ shapers: [lagging] }, { overflow: OVERFLOW_POLICIES.fail });
    expect([channel.offer(1), channel.offer(2), channel.offer(3)]).toEqual(['queued', 'queued', 'failed']);
    expect(channel.ledger()).toMatchObject({ unaccounted: 0, queued: 0, dropped: { 'overflow.fail': 1 } });
  });
});
