/** What the event store promises publishers, on a real database with its real threads. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { monotonicMs } from '../../../src/core/clock.ts';
import { appendAll, numbered, StoreFolder, textEvent } from '../../helpers/store.ts';

describe('appending', () => {
  it('numbers events in the order of the calls, resolves in it, and reads them back with every trait', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    expect([store.headId, store.oldestId]).toEqual([0, 1]);
    const resolved: number[] = [];
    const given = numbered(1200).map((text, i) =>
      textEvent(text, {
        type: `t${i % 3}`,
        key: i % 4 === 0 ? null : `todo:${i % 7}`,
        class: i % 8,
        flow: `f${i % 5}`,
      }),
    );
    const stored = await Promise.all(
      given.map(async (event) => {
        const feedEvent = await store.append(event);
        resolved.push(feedEvent.id);
        return feedEvent;
      }),
    );
    expect(resolved).toEqual(given.map((_, i) => i + 1));
    expect(stored.map(({ id: _, createdAtMs: __, ...event }) => event)).toEqual(given);
    expect(await store.read(0, store.headId, 5000)).toEqual(stored);
    expect(await store.read(10, 20, 5000)).toEqual(stored.slice(10, 20));
    expect(await store.read(10, 1000, 3)).toEqual(stored.slice(10, 13));
    expect(await store.read(1200, 5000, 3)).toEqual([]);
    await store.close();
    expect(readdirSync(folder.path)).toEqual(['events.db']);
  });

  it('commits what came in meanwhile as one group of at most 500', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ writeMs: 20 });
    const first = store.append(textEvent('first'));
    await Promise.resolve();
    await Promise.all([first, appendAll(store, numbered(1100))]);
    const { commitSizes, appendMs, appended, pending } = store.sample();
    expect({ appended, pending }).toEqual({ appended: 1101, pending: 0 });
    expect(commitSizes).toMatchObject({ count: 4, sum: 1101 });
    expect(commitSizes.counts).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 2, 0]);
    expect(appendMs.count).toBe(1101);
    // Each commit takes 20 ms at least.
    expect(appendMs.sum / appendMs.count).toBeGreaterThan(20);
    await store.close();
  });

  it('parts batches by size, so that large events do not make one huge transaction', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await appendAll(
      store,
      numbered(6).map((text) => text.padEnd(1024 * 1024 * 1.5)),
    );
    expect(store.sample().commitSizes).toMatchObject({ count: 3, sum: 6 });
    await store.close();
  });

  it('refuses what exceeds the bound of waiting events, and nothing else', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ writeMs: 5 }, { maxPendingEvents: 100 });
    const results = await Promise.allSettled(numbered(130).map((text) => store.append(textEvent(text))));
    expect(results.map(({ status }) => status)).toEqual([
      ...Array(100).fill('fulfilled'),
      ...Array(30).fill('rejected'),
    ]);
    expect((results[129] as PromiseRejectedResult).reason).toMatchObject({
      name: 'StoreError',
      problem: 'overloaded',
      message: 'the event store is behind: 100 events wait for it; try later',
    });
    expect(store.sample()).toMatchObject({ appended: 100, failed: 30, pending: 0, error: null });
    expect((await store.append(textEvent('later'))).id).toBe(101);
    await store.close();
  });

  it('bounds the text that waits too, and lets in one event whatever its size', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({}, { maxPendingChars: 1000 });
    const large = store.append(textEvent('x'.repeat(5000)));
    await expect(store.append(textEvent('y'))).rejects.toMatchObject({ problem: 'overloaded' });
    expect((await large).id).toBe(1);
    // What is stored no longer counts.
    expect(await appendAll(store, ['y', 'z'])).toHaveLength(2);
    await store.close();
  });

  it.each([
    ['NUL', 'a\0b\0'],
    ['emoji', 'a 😀 👩‍👩‍👧'],
    ['line breaks of every kind', 'a\r\nb\rc\nd\u2028e'],
    ['nothing', ''],
    ['8 MiB', 'é'.repeat(4 * 1024 * 1024)],
    ['a byte order mark', '\ufeffa'],
  ])('keeps a text with %s as it is', async (_, text) => {
    using folder = new StoreFolder();
    const store = await folder.open();
    const given = textEvent(text, { key: `k:${text.slice(0, 20)}`, flow: text.slice(0, 20) });
    const stored = await store.append(given);
    expect(stored.text === text).toBe(true);
    const [read] = await store.read(0, 1, 1);
    expect(read?.text === text).toBe(true);
    expect(read).toMatchObject({ key: given.key, flow: given.flow });
    await store.close();
  });

  it('makes U+FFFD of half a surrogate pair at once, so that live and replayed events are alike', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    const stored = await store.append(
      textEvent('a\ud800b\udc00', { key: '\udfff', type: '\ud8ff', flow: '\ud801' }),
    );
    expect(stored).toMatchObject({ text: 'a\ufffdb\ufffd', key: '\ufffd', type: '\ufffd', flow: '\ufffd' });
    expect(await store.read(0, 1, 1)).toEqual([stored]);
    await store.close();
  });

  it.each(['a', 'a:b', ':a', 'a:', ':', 'a:b:c', ''])('gives the key %j back', async (key) => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await store.append(textEvent('x', { key }));
    expect((await store.read(0, 1, 1))[0]?.key).toBe(key);
    await store.close();
  });
});

it('leaves the event loop to others while a commit takes its time', async () => {
  using folder = new StoreFolder();
  const store = await folder.open({ writeMs: 400 });
  const startMs = monotonicMs();
  let turns = 0;
  let isDone = false;
  const append = store.append(textEvent('x')).then(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  await append;
  expect(monotonicMs() - startMs).toBeGreaterThanOrEqual(400);
  expect(turns).toBeGreaterThan(100);
  await store.close();
});
