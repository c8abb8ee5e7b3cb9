import { describe, expect, it } from 'vitest';
import { type FeedEvent, PLAIN_EVENT } from '../../../src/system/event.ts';
import { EventCounts } from '../../../src/system/projections/event-counts.ts';
import { latestOfEachFlow, latestOfEachKey } from '../../../src/system/projections/latest-events.ts';

const event = (id: number, traits: Partial<FeedEvent> = {}): FeedEvent => ({
  ...PLAIN_EVENT,
  text: `event ${id}`,
  createdAtMs: 0,
  id,
  ...traits,
});

const idsOf = (events: Iterable<FeedEvent>): number[] => [...events].map(({ id }) => id);

describe('the latest of each', () => {
  it('key: a later event takes the place of the one before, at the end', () => {
    const list = latestOfEachKey(10);
    for (const [id, key] of ['a', 'b', 'a', 'c', 'b'].entries()) list.take(event(id + 1, { key }));
    expect(idsOf(list)).toEqual([3, 4, 5]);
  });

  it('key: an event without one stands for itself alone, also where it has no id', () => {
    const list = latestOfEachKey(10);
    for (const id of [1, 2, 0, 0]) list.take(event(id));
    list.take(event(5, { key: '1' }));
    expect(idsOf(list)).toEqual([1, 2, 0, 0, 5]);
  });

  it('flow: whose it is decides, not what it is about', () => {
    const list = latestOfEachFlow(10);
    list.take(event(1, { flow: 'ann', key: 'a' }));
    list.take(event(2, { flow: 'bob', key: 'a' }));
    list.take(event(3, { flow: 'ann', key: 'b' }));
    expect(idsOf(list)).toEqual([2, 3]);
  });

  it('keeps as many as it may, the newest ones; who comes back after that is new', () => {
    const list = latestOfEachKey(2);
    for (const [id, key] of ['a', 'b', 'c', 'b', 'a'].entries()) list.take(event(id + 1, { key }));
    expect(idsOf(list)).toEqual([4, 5]);
    expect(list.size).toBe(2);
  });
});

describe('counts', () => {
  it('go by type and class', () => {
    const counts = new EventCounts();
    counts.take(event(1, { type: 'order', class: 0 }));
    counts.take(event(2, { type: 'order', class: 0 }));
    counts.take(event(3, { type: 'order', class: 2 }));
    counts.take(event(4, { type: 'note' }));
    expect([counts.countOf('order', 0), counts.countOf('order', 2), counts.countOf('note', 1)]).toEqual([
      2, 1, 1,
    ]);
    expect([counts.countOf('order', 1), counts.countOf('none', 1), counts.total]).toEqual([0, 0, 4]);
  });

  it('have a bound on types, and lose no event by it', () => {
    const counts = new EventCounts();
    for (let id = 1; id <= 1500; id++) counts.take(event(id, { type: `type ${id}` }));
    counts.take(event(1501, { type: 'type 1' }));
    expect([counts.countOf('type 1', 1), counts.countOf('type 1001', 1)]).toEqual([2, 0]);
    expect([counts.countOf(null, 1), counts.total]).toEqual([500, 1501]);
  });
});
