/** A thread of the event store breaks down. */
import { describe, expect, it } from 'vitest';
import { createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { STORE_LIMITS } from '../../../src/system/store/open-store.ts';
import { SqliteStore } from '../../../src/system/store/sqlite-store.ts';
import { StoreThread } from '../../../src/system/store/store-thread.ts';
import { numbered, STORE, textEvent } from '../../helpers/store.ts';

describe('a thread that breaks down', () => {
  async function crashing(role: 'writer' | 'reader') {
    const entry = new URL('../../helpers/store-crashing-thread.ts', import.meta.url);
    const { synchronous, writeMs, keepEvents, keepMs } = STORE;
    const config = { role, path: 'x.db', synchronous, writeMs, keepEvents, keepMs, busyTimeoutMs: 100 };
    const thread = new StoreThread(config, entry);
    await thread.ready;
    return thread;
  }

  it('rejects all that is pending, in both, and what comes later; close() ends', async () => {
    const threads = { writer: await crashing('writer'), reader: await crashing('reader') };
    const clock = createHostClock(takeEpochNs());
    const store = new SqliteStore(threads, { headId: 0, oldestId: 1 }, clock, STORE_LIMITS);
    const appends = Promise.allSettled(numbered(700).map((text) => store.append(textEvent(text))));
    const reads = Promise.allSettled([store.read(0, 1, 1), store.readLatest(1)]);
    // Neither answers its first request; the second one breaks it down.
    const broken = [threads.writer.ask({ do: 'close' }), threads.reader.ask({ do: 'close' })];
    await Promise.allSettled(broken);
    const message = /^the (writer|reader) of the event store x\.db has ended: broken on purpose: restart;/;
    for (const one of [...(await appends), ...(await reads)]) {
      expect(one).toMatchObject({ status: 'rejected', reason: { name: 'StoreError', problem: 'io' } });
      expect((one as PromiseRejectedResult).reason.message).toMatch(message);
    }
    await expect(store.append(textEvent('later'))).rejects.toThrow(message);
    await expect(store.read(0, 1, 1)).rejects.toThrow(message);
    expect(store.sample()).toMatchObject({ failed: 701, pending: 0, error: expect.stringMatching(message) });
    await store.close();
  });

  it('while it closes: close() ends too', async () => {
    const threads = { writer: await crashing('writer'), reader: await crashing('reader') };
    const clock = createHostClock(takeEpochNs());
    const store = new SqliteStore(threads, { headId: 0, oldestId: 1 }, clock, STORE_LIMITS);
    const append = store.append(textEvent('x'));
    const closing = store.close();
    void threads.writer.ask({ do: 'close' }).catch(() => {});
    void threads.reader.ask({ do: 'close' }).catch(() => {});
    await expect(append).rejects.toMatchObject({ problem: 'io' });
    await closing;
  });
});
