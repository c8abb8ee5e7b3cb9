import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createHostClock, NS_PER_MS, takeEpochNs } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import { MEMORY } from '../../src/core/wait-names.ts';
import { Boundary, type Sized } from '../../src/system/boundary.ts';
import { BudgetedQueue } from '../../src/system/budgeted-queue.ts';
import { MemoryBudget } from '../../src/system/resources/memory-budget.ts';
import { WaitGraph } from '../../src/system/resources/wait-graph.ts';
import { parseStrategy } from '../../src/system/strategies/parse.ts';

const LIMIT_BYTES = 100;

/** A queue of two places under `strategy`, and a clock that says everybody has waited for a second. */
function open(strategy: string) {
  const clock = createHostClock(takeEpochNs());
  let laterNs = 0;
  const waits = new WaitGraph({ ...clock, nowNs: () => clock.nowNs() + laterNs });
  const budget = new MemoryBudget(LIMIT_BYTES);
  const boundary = new Boundary<Sized>({
    name: 'ws.outbound',
    strategy: parseStrategy(strategy, 'ws.outbound'),
    clock,
    random: createRandom(1, 'test'),
    budget,
  });
  const channel = boundary.open();
  const room = {
    what: 'room in ws.outbound of ws 1',
    freedBy: ['ws 1 writer'],
    boundary: 'ws.outbound',
  } as const;
  const queue = new BudgetedQueue({
    channel,
    boundary,
    budget,
    waits,
    roomWait: { who: 'ws 1 reader', ...room },
  });
  return {
    queue,
    channel,
    boundary,
    budget,
    room,
    told() {
      laterNs += 1000 * NS_PER_MS;
      return waits.sample().map(({ ageMs: _, ...wait }) => wait);
    },
  };
}

const item = (bytes: number): Sized => ({ bytes, class: 1, key: '', flow: '' });

describe('a queue that pays from the budget', () => {
  it('tells a wait for memory as that, and then a wait for room as that', async () => {
    const { queue, channel, budget, room, told } = open('block,capacity=2');
    expect([queue.offer(item(10)), queue.offer(item(10))]).toEqual(['queued', 'queued']);
    budget.take(LIMIT_BYTES - 20);
    const waiting = queue.offer(item(10), 'ws 1 subscription');
    expect(told()).toEqual([{ who: 'ws 1 subscription', what: MEMORY, freedBy: [], boundary: null }]);
    budget.release(LIMIT_BYTES - 20);
    await setImmediate();
    expect(told()).toEqual([{ who: 'ws 1 subscription', ...room }]);
    channel.tryTake();
    expect(await waiting).toBe('queued');
    expect(told()).toEqual([]);
  });

  it('names whoever its connection names, unless told otherwise', () => {
    const { queue, room, told } = open('block,capacity=1');
    queue.offer(item(1));
    void queue.offer(item(1));
    expect(told()).toEqual([{ who: 'ws 1 reader', ...room }]);
  });

  it('counts who waits for memory when its connection ends, and keeps nothing', async () => {
    const { queue, channel, boundary, budget, told } = open('block,capacity=2');
    budget.take(LIMIT_BYTES);
    const waiting = [queue.offer(item(10)), queue.offer(item(20))];
    queue.giveUp('disconnect.peer');
    channel.close();
    expect(boundary.book(channel)).toMatchObject({ offered: 2, dropped: { 'disconnect.peer': 2 } });
    expect(await Promise.all(waiting)).toEqual(['dropped', 'dropped']);
    expect(told()).toEqual([]);
    budget.release(LIMIT_BYTES);
    expect(budget.usedBytes).toBe(0);
    expect(budget.tryReserve(LIMIT_BYTES)).toBe(true); // nobody is left in line
  });

  it('gives back what was granted in the very step in which its connection ends', async () => {
    const { queue, channel, budget } = open('block,capacity=2');
    budget.take(LIMIT_BYTES);
    const waiting = queue.offer(item(10));
    budget.release(LIMIT_BYTES);
    queue.giveUp('disconnect.peer');
    channel.close();
    expect(await waiting).toBe('dropped');
    expect(budget.usedBytes).toBe(0);
    expect(channel.ledger()).toMatchObject({ offered: 1, dropped: { 'disconnect.peer': 1 } });
  });

  it('waits for no memory behind the end', async () => {
    const { queue, channel, budget } = open('block,capacity=2');
    budget.take(LIMIT_BYTES);
    queue.giveUp('disconnect.peer');
    channel.close();
    expect(await queue.offer(item(10))).toBe('dropped');
    expect(budget.usedBytes).toBe(LIMIT_BYTES);
  });

  it('refuses after a moment under a strategy that drops', async () => {
    const { queue, channel, budget } = open('drop-newest,capacity=2');
    budget.take(LIMIT_BYTES);
    expect(await queue.offer(item(10))).toBe('dropped');
    expect(channel.ledger()).toMatchObject({ offered: 1, dropped: { 'admission.memory': 1 } });
  });
});
