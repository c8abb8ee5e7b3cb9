import { describe, expect, it } from 'vitest';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import type { Job } from './queue.ts';
import { drain, HandClock, MS, openQueue } from './queue.ts';

const JOBS: readonly Job[] = [
  { id: 1, class: 2, flow: 'A', size: 60 },
  { id: 2, class: 1, flow: 'B', size: 60 },
  { id: 3, class: 2, flow: 'A', size: 60 },
  { id: 4, class: 0, flow: 'A', size: 60 },
  { id: 5, class: 1, flow: 'C', size: 150 },
  // 12 ms later.
  { id: 6, class: 0, flow: 'B', size: 60 },
  { id: 7, class: 1, flow: 'D', size: 10 },
];
const PARAMS = { agingMs: 10, withinMs: 10, quantumBytes: 100 };

/** 1 to 5 come at 0 ms and two leave, 6 and 7 come at 12 ms and two leave, the rest at 30 ms. */
function play(name: keyof typeof SCHEDULERS): number[] {
  const clock = new HandClock();
  const channel = openQueue({ scheduling: SCHEDULERS[name], params: PARAMS, clock });
  const order: number[] = [];
  const takeTwo = (): void => {
    for (let i = 0; i < 2; i++) order.push((channel.tryTake() as Job).id);
  };
  for (const job of JOBS.slice(0, 5)) channel.offer(job);
  takeTwo();
  clock.ns = 12 * MS;
  for (const job of JOBS.slice(5)) channel.offer(job);
  takeTwo();
  clock.ns = 30 * MS;
  order.push(...drain(channel));
  return order;
}

const GOLDEN = {
  fifo: [1, 2, 3, 4, 5, 6, 7],
  'strict-priority': [4, 2, 6, 5, 7, 1, 3],
  // At 12 ms item 5 (class 1, one step of age) is as urgent as item 6 (class 0, fresh), and older.
  'priority+aging': [4, 2, 5, 6, 1, 3, 7],
  // A: 100, 1 leaves, 40 are left; B: 100, 2; C: 100 < 150; A: 140, 3 and 4; B: 6; D: 7; C: 200, 5.
  drr: [1, 2, 3, 4, 6, 7, 5],
  // A new: 1, 3, −20; B new: 2, 6, −20; C new: 5, −50; D new: 7; then the old ones: A 4.
  'fq-codel': [1, 3, 2, 6, 5, 7, 4],
  lifo: [5, 4, 7, 6, 3, 2, 1],
  // The queue was empty at 0 ms: in order at first, the newest first from 10 ms on.
  'adaptive-lifo': [1, 2, 7, 6, 5, 4, 3],
} as const satisfies Record<keyof typeof SCHEDULERS, readonly number[]>;

const NAMES = Object.keys(SCHEDULERS) as (keyof typeof SCHEDULERS)[];

describe('one workload under every scheduler', () => {
  it.each(NAMES)('%s', (name) => {
    expect(play(name)).toEqual(GOLDEN[name]);
  });

  it('tells every pair of them apart', () => {
    expect(new Set(NAMES.map((name) => GOLDEN[name].join())).size).toBe(NAMES.length);
  });
});
