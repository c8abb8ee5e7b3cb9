/** The file of the event store: continued, readable for others, closed, and forced to the device. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { StoreSample } from '../../../src/core/samples.ts';
import { appendAll, numbered, StoreFolder, textEvent } from '../../helpers/store.ts';

const PROGRAM = fileURLToPath(new URL('../../helpers/store-program.ts', import.meta.url));

describe('the file', () => {
  it('goes on where it was left', async () => {
    using folder = new StoreFolder();
    const first = await folder.open();
    const stored = await appendAll(first, numbered(5));
    await first.close();
    const second = await folder.open();
    expect([second.oldestId, second.headId]).toEqual([1, 5]);
    expect(await second.read(0, 5, 10)).toEqual(stored);
    expect((await second.append(textEvent('six'))).id).toBe(6);
    await second.close();
  });

  it('may have two writers: no id is given twice', async () => {
    using folder = new StoreFolder();
    const limits = { busyTimeoutMs: 20_000 };
    const [one, two] = [await folder.open({}, limits), await folder.open({}, limits)];
    const appends = [];
    for (let round = 0; round < 20; round++) {
      appends.push(appendAll(one, numbered(5)), appendAll(two, numbered(5)));
      await appends.at(-2);
    }
    const ids = (await Promise.all(appends)).flat().map(({ id }) => id);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    await one.close();
    await two.close();
  });

  it('has the columns of an event store, for whoever opens it with other tools', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ synchronous: 'full' });
    await store.append(textEvent('done', { type: 'completed', key: 'todo:7', class: 0, flow: 'ann' }));
    await store.close();
    const database = new DatabaseSync(folder.file, { readOnly: true });
    expect({ ...database.prepare('SELECT * FROM events').get() }).toEqual({
      sequence: 1,
      aggregate_type: 'todo',
      aggregate_id: '7',
      event_type: 'completed',
      created_at: expect.any(Number),
      metadata: '{"class":0,"flow":"ann"}',
      payload: 'done',
    });
    expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
    database.close();
  });

  it('closes once what was handed over is committed; what comes later is refused', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ writeMs: 10 });
    const appends = appendAll(store, numbered(700));
    const closing = store.close();
    expect(store.close()).toBe(closing);
    await expect(store.append(textEvent('late'))).rejects.toMatchObject({ problem: 'closed' });
    await expect(store.read(0, 1, 1)).rejects.toMatchObject({ problem: 'closed' });
    await closing;
    expect((await appends).length).toBe(700);
    expect(store.sample()).toMatchObject({
      appended: 700,
      failed: 1,
      pending: 0,
    } satisfies Partial<StoreSample>);
    const again = await folder.open();
    expect(again.headId).toBe(700);
    await again.close();
  });
});

const hasStrace = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0;

describe.skipIf(!hasStrace)(
  'synchronous (skipped where strace cannot watch: it counts what reaches the device)',
  () => {
    it.each([
      ['off', 0, 5],
      ['normal', 1, 15],
      // 200 events of 8 publishers are 25 commits at least.
      ['full', 25, 250],
      ['extra', 25, 250],
    ])('%s: from %i to %i syncs', (synchronous, least, most) => {
      using folder = new StoreFolder();
      const log = join(folder.path, 'syncs');
      const { status } = spawnSync(
        'strace',
        [
          '-f',
          '-e',
          'trace=fsync,fdatasync',
          '-o',
          log,
          process.execPath,
          PROGRAM,
          folder.file,
          synchronous,
          'x',
          '200',
        ],
        { stdio: 'ignore' },
      );
      expect(status).toBe(0);
      const syncs = readFileSync(log, 'utf8').match(/f(data)?sync\(/g)?.length ?? 0;
      expect(syncs).toBeGreaterThanOrEqual(least);
      expect(syncs).toBeLessThanOrEqual(most);
    });
  },
);

it('says nothing on stderr', () => {
  using folder = new StoreFolder();
  // Node before 24 warns of its SQLite.
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, folder.file, 'full', 'x', '5'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\n')).toHaveLength(6);
});
