/** What is read from the event store, and what is kept in it. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { appendAll, numbered, StoreFolder, textEvent } from '../../helpers/store.ts';

describe('reading', () => {
  it('answers about 1 MiB at a time, and at least one event', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await appendAll(store, [
      ...numbered(30).map((text) => text.padEnd(100_000)),
      'z'.repeat(3_000_000),
      'end',
    ]);
    const sizes: number[] = [];
    for (let after = 0; after < store.headId; ) {
      const events = await store.read(after, store.headId, 5000);
      sizes.push(events.length);
      after = events.at(-1)?.id ?? Number.POSITIVE_INFINITY;
    }
    expect(sizes).toEqual([10, 10, 10, 1, 1]);
    await store.close();
  });

  it('does not wait for a writer that takes its time', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ writeMs: 1000 });
    const order: string[] = [];
    await store.append(textEvent('stored'));
    const append = store.append(textEvent('slow')).then(() => order.push('append'));
    for (let i = 0; i < 20; i++) await store.read(0, 1, 1);
    order.push('20 reads');
    await append;
    expect(order).toEqual(['20 reads', 'append']);
    await store.close();
  });

  it('lets the log be folded into the database between reads that were not read to the end', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await appendAll(
      store,
      numbered(40).map((text) => text.padEnd(100_000)),
    );
    for (let round = 0; round < 40; round++) {
      expect(await store.read(0, store.headId, 5000)).toHaveLength(10);
      await appendAll(
        store,
        numbered(10).map((text) => text.padEnd(100_000)),
      );
    }
    // 40 MB went through it; a reader that never lets go would keep all of them in it.
    expect(statSync(`${folder.file}-wal`).size).toBeLessThan(12_000_000);
    await store.close();
  });

  it('readLatest: the newest of each key and all without one, in order, the newest `limit` of them', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    const keys = ['a', 'b', null, 'a', 'x:a', null, 'b', 'c', 'a'];
    await Promise.all(keys.map((key, i) => store.append(textEvent(`${i + 1}`, { key }))));
    const ids = async (limit: number) => (await store.readLatest(limit)).map(({ id }) => id);
    expect(await ids(100)).toEqual([3, 5, 6, 7, 8, 9]);
    expect(await ids(2)).toEqual([8, 9]);
    expect((await store.readLatest(1))[0]).toMatchObject({ text: '9', key: 'a' });
    expect(await ids(0)).toEqual([]);
    await store.close();
  });

  it('readLatest: many pages show one moment, whatever is appended meanwhile', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    const append = (round: number, i: number) =>
      store.append(textEvent(`${round} ${i}`.padEnd(100_000), { key: `k${i}` }));
    const all = Array.from({ length: 30 }, (_, i) => i);
    await Promise.all(all.map((i) => append(0, i)));
    const reading = store.readLatest(30);
    for (const i of all) await append(1, 29 - i);
    // Three pages; of one moment means: each key once, as it was at the start.
    expect((await reading).map(({ text, key }) => [text.trimEnd(), key])).toEqual(
      all.map((i) => [`0 ${i}`, `k${i}`]),
    );
    expect((await store.readLatest(99)).map(({ key }) => key)).toEqual(all.map((i) => `k${29 - i}`));
    await store.close();
  });

  it('readLatest: a state of large events ends at about 16 MiB, with the newest', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    for (let i = 0; i < 24; i++) await store.append(textEvent('x'.repeat(1_000_000)));
    const ids = (await store.readLatest(100)).map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 17 }, (_, i) => 8 + i));
    await store.close();
  });
});

describe('retention', () => {
  it('keeps the newest events by count, and ids go on', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ keepEvents: 100 });
    for (let from = 1; from < 1500; from += 150) await appendAll(store, numbered(150, from));
    expect([store.oldestId, store.headId]).toEqual([1401, 1500]);
    const kept = await store.read(0, 1500, 5000);
    expect(kept.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => 1401 + i));
    await store.close();
  });

  it('keeps by age, empties the table, and gives no id twice after a restart', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await appendAll(store, numbered(10));
    await store.close();
    const database = new DatabaseSync(folder.file);
    database.exec('UPDATE events SET created_at = created_at - 100000 WHERE sequence <= 7');
    database.close();
    const second = await folder.open({ keepMs: 50_000 });
    expect([second.oldestId, second.headId]).toEqual([8, 10]);
    await second.close();
    const again = new DatabaseSync(folder.file);
    again.exec('UPDATE events SET created_at = created_at - 100000');
    again.close();
    const third = await folder.open({ keepMs: 50_000 });
    expect([third.oldestId, third.headId]).toEqual([11, 10]);
    expect(await third.read(0, 100, 10)).toEqual([]);
    await third.close();
    const fourth = await folder.open();
    expect((await fourth.append(textEvent('next'))).id).toBe(11);
    expect([fourth.oldestId, fourth.headId]).toEqual([11, 11]);
    await fourth.close();
  });

  it('trims what a smaller bound makes too much while opening, and the file stays as large as what is kept', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ keepEvents: 2000 });
    let largest = 0;
    for (let round = 0; round < 12; round++) {
      await appendAll(
        store,
        numbered(2000).map((text) => text.padEnd(500)),
      );
      if (round === 4) largest = statSync(folder.file).size;
    }
    expect(statSync(folder.file).size).toBeLessThanOrEqual(largest * 1.2);
    await store.close();
    const smaller = await folder.open({ keepEvents: 10 });
    expect([smaller.oldestId, smaller.headId]).toEqual([23_991, 24_000]);
    await smaller.close();
  });

  it('shows no hole to reads that run beside it', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ keepEvents: 50 });
    let isDone = false;
    const reading = (async () => {
      let reads = 0;
      while (!isDone) {
        const ids = (await store.read(0, Number.MAX_SAFE_INTEGER, 1000)).map(({ id }) => id);
        expect(ids).toEqual(ids.map((_, i) => (ids[0] as number) + i));
        expect(ids.length).toBeLessThanOrEqual(50);
        reads++;
      }
      return reads;
    })();
    for (let round = 0; round < 200; round++) await appendAll(store, numbered(7));
    isDone = true;
    expect(await reading).toBeGreaterThan(5);
    await store.close();
  });
});
