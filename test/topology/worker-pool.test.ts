import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import { createWorkerPool, type WorkerPoolOptions } from '../../src/system/channel/worker-pool.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { countListeners } from './count-listeners.ts';
import { findOvertaking } from './pool-checks.ts';

/** A pool whose jobs end when the test says so. */
function open(options: Partial<WorkerPoolOptions<string>> = {}) {
  const running = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();
  const clock = createVirtualClock();
  const pool = createWorkerPool<string>({
    workers: 2,
    by: 'shared',
    overflow: OVERFLOW_POLICIES['drop-newest'],
    capacityItems: 2,
    clock,
    run: (job, signal) =>
      new Promise<void>((resolve, reject) => {
        running.set(job, { resolve, reject });
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    ...options,
  });
  const settle = () => new Promise(setImmediate);
  return { pool, clock, running, settle };
}

describe('a worker pool', () => {
  it('does as many items at a time as it has workers; the rest waits, within the bound', async () => {
    const { pool, running, settle } = open();
    await settle();
    for (const job of ['1', '2', '3', '4', '5']) pool.offer(job);
    await settle();
    expect([[...running.keys()], pool.busy, pool.depths]).toEqual([['1', '2'], 2, [2]]);
    expect(pool.ledger()).toMatchObject({
      offered: 5,
      inFlight: 2,
      queued: 2,
      dropped: { 'overflow.drop-newest': 1 },
      unaccounted: 0,
    });
    running.get('2')?.resolve();
    await settle();
    expect([...running.keys()]).toEqual(['1', '2', '3']);
  });

  it('shared: two items of one key may overtake each other; by key: they never do (P6)', async () => {
    expect(await findOvertaking('shared')).toMatch(/^P6 key .: ended in the order/);
    expect(await findOvertaking('key')).toBeUndefined();
  });

  it('by key: a hot key fills its own queue alone', async () => {
    const { pool, settle } = open({ workers: 4, by: 'key', keyOf: (job) => job[0] as string });
    await settle();
    for (let n = 0; n < 9; n++) pool.offer(`a${n}`);
    await settle();
    expect(pool.depths.toSorted()).toEqual([0, 0, 0, 2]);
    expect([pool.busy, pool.ledger().dropped]).toEqual([1, { 'overflow.drop-newest': 6 }]);
    void pool.abort();
  });

  it('by key: spreads keys over the workers, and gives all items of one to the same', async () => {
    const { pool, running, settle } = open({
      workers: 4,
      by: 'key',
      keyOf: (job) => job[0] as string,
      capacityItems: 9,
    });
    for (const key of 'abcdefgh') for (let n = 0; n < 2; n++) pool.offer(`${key}${n}`);
    await settle();
    expect(pool.busy).toBe(4);
    const keys = [...running.keys()].map((job) => job[0]);
    expect(new Set(keys).size).toBe(keys.length);
    await pool.abort();
  });

  it('counts what run throws as failed, by code or name, and goes on', async () => {
    const thrown: unknown[] = [
      Object.assign(new Error('gone'), { code: 'ECONNRESET' }),
      new TypeError('no'),
      'text',
      undefined,
    ];
    const { pool } = open({
      capacityItems: 9,
      run: (job) => {
        if (job !== 'ok') throw thrown[Number(job)];
      },
    });
    for (const job of ['0', '1', '2', '3', 'ok']) pool.offer(job);
    await pool.close();
    expect(pool.ledger()).toMatchObject({
      delivered: 1,
      failed: { ECONNRESET: 1, TypeError: 1, error: 2 },
      inFlight: 0,
      unaccounted: 0,
    });
  });

  it('reasonOf gives failures a word of its own', async () => {
    const { pool } = open({ reasonOf: () => 'write', run: () => Promise.reject(new Error('x')) });
    pool.offer('1');
    await pool.close();
    expect(pool.ledger().failed).toEqual({ write: 1 });
  });

  it('close: does everything queued, refuses what comes, and resolves when no worker is left', async () => {
    const { pool, running, settle } = open();
    await settle();
    for (const job of ['1', '2', '3']) pool.offer(job);
    let isClosed = false;
    const closing = pool.close().then(() => {
      isClosed = true;
    });
    expect(pool.offer('4')).toBe('failed');
    for (const job of ['1', '2', '3']) {
      await settle();
      expect(isClosed).toBe(false);
      running.get(job)?.resolve();
    }
    await closing;
    expect(pool.ledger()).toMatchObject({ delivered: 3, failed: { closed: 1 }, unaccounted: 0 });
  });

  it('abort: drops what is queued, aborts what is being done, and resolves when no worker is left', async () => {
    const { pool, settle } = open();
    await settle();
    for (const job of ['1', '2', '3', '4']) pool.offer(job);
    await settle();
    await pool.abort();
    expect(pool.ledger()).toMatchObject({
      offered: 4,
      failed: { shutdown: 2 },
      dropped: { shutdown: 2 },
      inFlight: 0,
      unaccounted: 0,
    });
    expect([pool.busy, pool.offer('5')]).toEqual([0, 'failed']);
  });

  it('drops jobs that have waited longer than ttlMs instead of doing them', async () => {
    const { pool, clock, running, settle } = open({ workers: 1, ttlMs: 10 });
    await settle();
    for (const job of ['1', '2', '3']) pool.offer(job);
    await settle();
    clock.advanceNs(11e6);
    pool.offer('4');
    running.get('1')?.resolve();
    await settle();
    expect([...running.keys()]).toEqual(['1']);
    pool.offer('5');
    await settle();
    expect([...running.keys()]).toEqual(['1', '5']);
    expect(pool.ledger().dropped).toEqual({ 'overflow.drop-newest': 1, ttl: 2 });
  });

  it('an offer that waits can be cancelled, and leaves no listener', async () => {
    const { pool, settle } = open({ workers: 1, capacityItems: 1, overflow: OVERFLOW_POLICIES.block });
    await settle();
    pool.offer('1');
    await settle();
    pool.offer('2');
    const { abort, signal, live } = countListeners();
    const waiting = pool.offer('3', signal);
    expect(live()).toBe(1);
    abort.abort();
    expect([await waiting, live()]).toEqual(['dropped', 0]);
    await pool.abort();
    expect(pool.ledger().unaccounted).toBe(0);
  });

  it('lets timers have their turn while jobs that need no waiting keep coming', async () => {
    let done = 0;
    const { pool } = open({ workers: 1, capacityItems: 10_000, run: () => void done++ });
    for (let n = 0; n < 10_000; n++) pool.offer(String(n));
    await new Promise(setImmediate);
    expect(done).toBeLessThan(10_000);
    await pool.close();
    expect(done).toBe(10_000);
  });

  it.each([
    [{ workers: 0 }, /workers must be/],
    [{ workers: 1.5 }, /workers must be/],
    [{ by: 'hash' as 'key' }, /by must be/],
    [{ by: 'key' as const }, /needs keyOf/],
    [{ ttlMs: 0 }, /ttlMs must be/],
    [{ capacityItems: 0 }, /capacityItems must be/],
  ])('refuses %j', (options, message) => {
    expect(() => open(options)).toThrow(
      expect.objectContaining({ code: 'BPB_ERR_STRATEGY', message: expect.stringMatching(message) }),
    );
  });
});
