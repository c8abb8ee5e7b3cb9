/** Another process holds the lock of the event store. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { monotonicMs } from '../../../src/core/clock.ts';
import { numbered, StoreFolder, storeWith, textEvent } from '../../helpers/store.ts';

describe('locked by another process', () => {
  /** Holds the write lock until it is let go, in a process of its own. */
  async function holdLock(file: string) {
    const source = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(process.argv[1]);
      database.exec('BEGIN EXCLUSIVE');
      process.stdout.write('held');
      process.stdin.once('data', () => { database.exec('ROLLBACK'); database.close(); process.exit(); });`;
    const child = spawn(process.execPath, ['-e', source, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return async (): Promise<void> => {
      child.stdin.write('x');
      await once(child, 'exit');
    };
  }

  it('is told at the opening, after the busy timeout', async () => {
    using folder = new StoreFolder();
    await storeWith(folder, ['a']);
    const release = await holdLock(folder.file);
    const startMs = monotonicMs();
    await expect(folder.open({}, { busyTimeoutMs: 100 })).rejects.toMatchObject({
      name: 'StoreError',
      problem: 'locked',
      message: expect.stringMatching(
        /^the event store \S+events\.db is locked by another process \(waited 1\d\d ms\): end whoever holds it, or/,
      ),
    });
    expect(monotonicMs() - startMs).toBeGreaterThanOrEqual(100);
    await release();
    const store = await folder.open({}, { busyTimeoutMs: 100 });
    expect(store.headId).toBe(1);
    await store.close();
  });

  it('while running: appends fail after the timeout, the next ones at once with them, reads go on, and it recovers', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({}, { busyTimeoutMs: 1000 });
    await store.append(textEvent('before'));
    const release = await holdLock(folder.file);
    const startMs = monotonicMs();
    const outcomes = [store.append(textEvent('first'))];
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const text of numbered(600)) outcomes.push(store.append(textEvent(text)));
    const settled = await Promise.allSettled(outcomes);
    const tookMs = monotonicMs() - startMs;
    expect(settled.every((one) => one.status === 'rejected' && one.reason.problem === 'locked')).toBe(true);
    expect(tookMs).toBeGreaterThanOrEqual(1000);
    // Three batches; each for itself they would take three times as long.
    expect(tookMs).toBeLessThan(2000);
    expect(store.sample()).toMatchObject({ failed: 601, error: expect.stringContaining('locked') });
    expect(await store.read(0, 10, 10)).toHaveLength(1);
    await release();
    expect((await store.append(textEvent('after'))).id).toBe(2);
    expect(store.sample().error).toBeNull();
    await store.close();
  });

  it('for less than the timeout costs nothing but time', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({}, { busyTimeoutMs: 10_000 });
    const release = await holdLock(folder.file);
    const append = store.append(textEvent('x'));
    await release();
    expect((await append).id).toBe(1);
    await store.close();
  });
});
