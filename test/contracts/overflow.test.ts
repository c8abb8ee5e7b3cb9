import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';

interface Item {
  readonly id: number;
  readonly bytes: number;
}

interface Expected {
  /** Ids that remain queued after 1 to 5 were offered to a queue of 3. */
  readonly survivors: readonly number[];
  readonly answers: readonly string[];
  /** Ids left of 1 to 4, of 10 bytes each in a queue of 40 bytes, after 5 of 25 bytes came. */
  readonly afterLarge: readonly number[];
}

/** What the mechanism cannot know: which item each policy gives up. A new policy adds a row. */
const EXPECTED: Record<string, Expected> = {
  block: {
    survivors: [1, 2, 3],
    answers: ['queued', 'queued', 'queued', 'waits', 'waits'],
    afterLarge: [1, 2, 3, 4],
  },
  'drop-oldest': {
    survivors: [3, 4, 5],
    answers: ['queued', 'queued', 'queued', 'queued', 'queued'],
    afterLarge: [4, 5],
  },
  'drop-newest': {
    survivors: [1, 2, 3],
    answers: ['queued', 'queued', 'queued', 'dropped', 'dropped'],
    afterLarge: [1, 2, 3, 4],
  },
  unbounded: {
    survivors: [1, 2, 3, 4, 5],
    answers: ['queued', 'queued', 'queued', 'queued', 'queued'],
    afterLarge: [1, 2, 3, 4, 5],
  },
};

const ALL = Object.values<OverflowPolicy>(OVERFLOW_POLICIES);
const SOUND = ALL.filter((policy) => !policy.specimen);

function open(overflow: OverflowPolicy, options: Partial<ChannelOptions<Item>> = {}): Channel<Item> {
  return createChannel<Item>({
    overflow,
    clock: createVirtualClock(),
    sizeOf: (item) => item.bytes,
    perItemOverheadBytes: 0,
    capacityItems: 3,
    capacityBytes: 0,
    ...options,
  });
}

const item = (id: number, bytes = 0): Item => ({ id, bytes });

function takeIds(channel: Channel<Item>, count = channel.depthItems): number[] {
  return Array.from({ length: count }, () => (channel.tryTake() as Item).id);
}

describe('the registry', () => {
  it.each(Object.entries<OverflowPolicy>(OVERFLOW_POLICIES))(
    '%s stands under its own name',
    (key, policy) => {
      expect(policy.name).toBe(key);
      expect(policy.specimen ?? false).toBe(key.startsWith('as-written/'));
    },
  );

  it('has a row of this suite for every policy that is no specimen', () => {
    expect(Object.keys(EXPECTED).toSorted()).toEqual(SOUND.map((policy) => policy.name).toSorted());
  });
});

describe.each(SOUND)('overflow policy $name', (policy) => {
  const expected = EXPECTED[policy.name] as Expected;
  const bounded = policy.bounded ?? true;

  it('accounts for every item after each step and stays within both bounds', () => {
    const channel = open(policy, { capacityItems: 3, capacityBytes: 50 });
    const sizes = [10, 20, 0, 30, 50, 5, 5, 5, 40, 1];
    sizes.forEach((bytes, i) => {
      channel.offer(item(i, bytes));
      expect(channel.ledger().unaccounted).toBe(0);
      if (bounded) {
        expect(channel.depthItems).toBeLessThanOrEqual(3);
        expect(channel.bytes).toBeLessThanOrEqual(50);
      }
      if (i % 3 === 2) channel.delivered(channel.tryTake() as Item);
      expect(channel.ledger().unaccounted).toBe(0);
    });
    expect(channel.ledger()).toMatchObject({ offered: 10, delivered: 3 });
  });

  it('gives up the right items, and the survivors keep their order', () => {
    const channel = open(policy);
    const answers = [1, 2, 3, 4, 5].map((id) => {
      const answer = channel.offer(item(id));
      return typeof answer === 'string' ? answer : 'waits';
    });
    expect(answers).toEqual(expected.answers);
    expect(takeIds(channel, expected.survivors.length)).toEqual(expected.survivors);
  });

  it('makes as much room as a large item needs, and no more', () => {
    const channel = open(policy, { capacityItems: 10, capacityBytes: 40 });
    for (const id of [1, 2, 3, 4]) channel.offer(item(id, 10));
    channel.offer(item(5, 25));
    expect(takeIds(channel, expected.afterLarge.length)).toEqual(expected.afterLarge);
  });

  it('takes items of size 0 up to exactly its capacity, which is not rounded up', () => {
    const channel = open(policy, { capacityItems: 5 });
    for (let id = 1; id <= 5; id++) expect(channel.offer(item(id))).toBe('queued');
    expect(channel.pressureEvents).toBe(0);
    channel.offer(item(6));
    expect(channel.pressureEvents).toBe(1);
    expect(channel.depthItems).toBe(bounded ? 5 : 6);
  });

  it('drops what can never fit as too_large and evicts nothing for it, unless it has no bound', () => {
    const channel = open(policy, { capacityBytes: 40 });
    channel.offer(item(1, 40));
    expect(channel.offer(item(2, 41))).toBe(bounded ? 'dropped' : 'queued');
    expect(channel.ledger().dropped).toEqual(bounded ? { too_large: 1 } : {});
    expect(takeIds(channel)).toEqual(bounded ? [1] : [1, 2]);
  });

  it('resumes waiting offers in order, and wakes everyone once at close', async () => {
    const channel = open(policy, { capacityItems: 1 });
    const settled: string[] = [];
    for (let id = 1; id <= 4; id++) {
      Promise.resolve(channel.offer(item(id))).then((outcome) => settled.push(`${id} ${outcome}`));
    }
    channel.tryTake();
    const waiting = channel.waiters;
    channel.close();
    channel.close();
    await new Promise(setImmediate);
    expect(settled.length).toBe(4);
    expect(new Set(settled.map((line) => line[0])).size).toBe(4);
    expect(channel.waiters).toBe(0);
    expect(channel.ledger().failed).toEqual(waiting === 0 ? {} : { closed: waiting });
    expect(channel.offer(item(9))).toBe('failed');
    expect(channel.ledger().unaccounted).toBe(0);
  });

  it('loses nothing uncounted when every waiting offer is aborted', async () => {
    const channel = open(policy, { capacityItems: 1 });
    const abort = new AbortController();
    const outcomes = [1, 2, 3].map((id) => channel.offer(item(id), abort.signal));
    const waiting = channel.waiters;
    abort.abort();
    await Promise.all(outcomes);
    const ledger = channel.ledger();
    expect(ledger.unaccounted).toBe(0);
    expect(ledger.dropped['cancelled'] ?? 0).toBe(waiting);
    expect(channel.waiters).toBe(0);
  });

  it('tells the end of every item exactly once', () => {
    const ends = new Map<number, number>();
    const channel = open(policy, {
      capacityItems: 2,
      onEnd: ({ id }) => void ends.set(id, (ends.get(id) ?? 0) + 1),
    });
    for (let id = 1; id <= 6; id++) channel.offer(item(id));
    channel.delivered(channel.tryTake() as Item);
    if (channel.depthItems > 0) channel.failed(channel.tryTake() as Item, 'write');
    channel.discardQueued('shutdown');
    channel.close();
    channel.offer(item(7));
    expect([...ends.entries()].toSorted(([a], [b]) => a - b)).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((id) => [id, 1]),
    );
  });
});

describe.each(ALL.filter((policy) => policy.specimen))('specimen $name', (policy) => {
  it('does not add up, and its owner still gets every budget back', () => {
    let ended = 0;
    const channel = open(policy, { onEnd: () => void ended++ });
    for (let id = 1; id <= 5; id++) channel.offer(item(id));
    expect(channel.ledger()).toMatchObject({ offered: 5, queued: 3, dropped: {}, unaccounted: 2 });
    expect(ended).toBe(2);
  });
});
