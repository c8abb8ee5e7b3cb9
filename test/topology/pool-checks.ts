/** What must hold of a pool that keeps keys in order: plays a fixed schedule and answers what is wrong first. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createWorkerPool } from '../../src/system/channel/worker-pool.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';

interface Job {
  readonly key: string;
  readonly n: number;
}

/** P6: the items of one key end in the order of their offers, however long each of them takes. */
export async function findOvertaking(by: 'shared' | 'key'): Promise<string | undefined> {
  const ended: Job[] = [];
  const pool = createWorkerPool<Job>({
    workers: 3,
    by,
    overflow: OVERFLOW_POLICIES.block,
    keyOf: ({ key }) => key,
    clock: createVirtualClock(),
    run: async (job) => {
      // Every other one takes longer.
      for (let turn = 0; turn < (job.n % 2 === 1 ? 9 : 1); turn++) await null;
      ended.push(job);
    },
  });
  for (let n = 1; n <= 12; n++) for (const key of ['a', 'b', 'c', 'd']) pool.offer({ key, n });
  await pool.close();
  for (const key of ['a', 'b', 'c', 'd']) {
    const order = ended.filter((job) => job.key === key).map(({ n }) => n);
    const sorted = order.toSorted((x, y) => x - y);
    if (order.length !== 12) return `P6 key ${key}: ${order.length} of 12 items ended`;
    if (String(order) !== String(sorted)) return `P6 key ${key}: ended in the order ${order}`;
  }
  return undefined;
}
