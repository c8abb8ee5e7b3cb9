/** Files that are no event store, and damage to one that is. */
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { appendAll, numbered, openStore, StoreFolder, storeWith, textEvent } from '../../helpers/store.ts';

describe('what is no event store', () => {
  it('a database of another program is refused and stays as it is', async () => {
    using folder = new StoreFolder();
    const other = new DatabaseSync(folder.file);
    other.exec('CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)');
    other.close();
    const before = readFileSync(folder.file);
    await expect(folder.open()).rejects.toMatchObject({
      problem: 'foreign',
      message: `${folder.file} is a database of another program: give another file`,
    });
    expect(readFileSync(folder.file).equals(before)).toBe(true);
  });

  it('one of a later version is refused and stays as it is', async () => {
    using folder = new StoreFolder();
    await storeWith(folder, ['a']);
    const later = new DatabaseSync(folder.file);
    later.exec('PRAGMA user_version = 7');
    later.close();
    await expect(folder.open()).rejects.toMatchObject({
      problem: 'foreign',
      message: expect.stringMatching(
        /is an event store of version 7, and this bpbench knows version 1: use the/,
      ),
    });
    const again = new DatabaseSync(folder.file);
    expect(again.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 7 });
    again.close();
  });

  it.each([
    ['a text file', 'corrupt', /is damaged, or no database: move it away to begin anew/],
    ['a folder', 'io', /this is a folder, give a file/],
    ['in a folder that is not there', 'io', /the folder \S+ does not exist, make it first/],
    ['in a file', 'io', /is no folder/],
  ])('%s', async (what, problem, message) => {
    using folder = new StoreFolder();
    const text = join(folder.path, 'text');
    writeFileSync(text, 'this is a text\n'.repeat(1000));
    const file = {
      'a text file': text,
      'a folder': folder.path,
      'in a folder that is not there': join(folder.path, 'none', 'events.db'),
    }[what];
    await expect(openStore(file ?? join(text, 'events.db'))).rejects.toMatchObject({
      name: 'StoreError',
      problem,
      message: expect.stringMatching(message),
    });
  });

  it('an empty file becomes one', async () => {
    using folder = new StoreFolder();
    writeFileSync(folder.file, '');
    const store = await folder.open();
    expect((await store.append(textEvent('a'))).id).toBe(1);
    await store.close();
  });
});

describe('damage', () => {
  it('is found at the opening', async () => {
    using folder = new StoreFolder();
    await storeWith(
      folder,
      numbered(500).map((text) => text.padEnd(200)),
    );
    damage(folder.file, 5);
    await expect(folder.open()).rejects.toMatchObject({
      problem: 'corrupt',
      message: expect.stringMatching(/is damaged, or no database: .*sqlite3 \S+ \.recover/),
    });
  });

  it('while running: whoever meets it is told, and the rest works', async () => {
    using folder = new StoreFolder();
    await storeWith(
      folder,
      numbered(4000).map((text) => text.padEnd(1000)),
    );
    const store = await folder.open();
    damage(folder.file, Math.floor(statSync(folder.file).size / 4096 / 2));
    const outcomes = { corrupt: 0, read: 0 };
    for (let after = 0; after < 4000; after += 40) {
      await store.read(after, after + 40, 40).then(
        () => outcomes.read++,
        (error) => {
          expect(error).toMatchObject({ name: 'StoreError', problem: 'corrupt' });
          outcomes.corrupt++;
        },
      );
    }
    expect(outcomes.corrupt).toBeGreaterThan(0);
    expect(outcomes.read).toBeGreaterThan(80);
    expect((await store.append(textEvent('still'))).id).toBe(4001);
    expect(await store.read(4000, 4001, 1)).toHaveLength(1);
    await store.close();
  });

  it('a file that is moved away and put back: refused meanwhile, then on it goes', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await store.append(textEvent('a'));
    renameSync(folder.file, `${folder.file}.away`);
    await expect(store.append(textEvent('b'))).rejects.toMatchObject({
      problem: 'io',
      message: expect.stringMatching(
        /events\.db was deleted or moved while the event store is open: put the same/,
      ),
    });
    renameSync(`${folder.file}.away`, folder.file);
    expect((await store.append(textEvent('c'))).id).toBe(2);
    await store.close();
    const again = await folder.open();
    expect((await again.read(0, 9, 9)).map(({ text }) => text)).toEqual(['a', 'c']);
    await again.close();
  });

  it.each(['events.db', 'events.db-wal'])(
    '%s deleted while running: nothing is acknowledged any more',
    async (name) => {
      using folder = new StoreFolder();
      const store = await folder.open();
      await store.append(textEvent('a'));
      rmSync(join(folder.path, name));
      for (let i = 0; i < 3; i++) {
        await expect(store.append(textEvent('b'))).rejects.toMatchObject({
          problem: 'io',
          message: expect.stringContaining(`${name} was deleted or moved`),
        });
      }
      await store.close();
    },
  );

  it('a file that is replaced while running: nothing is acknowledged any more', async () => {
    using folder = new StoreFolder();
    const store = await folder.open();
    await store.append(textEvent('a'));
    copyFileSync(folder.file, `${folder.file}.copy`);
    renameSync(`${folder.file}.copy`, folder.file);
    await expect(store.append(textEvent('b'))).rejects.toMatchObject({
      problem: 'io',
      message: expect.stringContaining('was replaced'),
    });
    await store.close();
  });

  it.each([
    ['events.db', 4096],
    ['events.db', 0],
    ['events.db-wal', 4096],
    ['events.db-wal', 0],
  ])('%s truncated to %i bytes while running: nothing is acknowledged any more', async (name, bytes) => {
    using folder = new StoreFolder();
    await storeWith(folder, numbered(1000));
    const store = await folder.open();
    await appendAll(store, numbered(1000));
    truncateSync(join(folder.path, name), bytes);
    for (let i = 0; i < 3; i++) {
      await expect(store.append(textEvent('b'))).rejects.toMatchObject({
        problem: 'corrupt',
        message: expect.stringContaining(`${name} was truncated`),
      });
    }
    await store.close();
  });

  it('a VACUUM or a checkpoint of somebody else is no damage', async () => {
    using folder = new StoreFolder();
    const store = await folder.open({ keepEvents: 10 });
    for (let i = 0; i < 2; i++)
      await appendAll(
        store,
        numbered(2000).map((text) => text.padEnd(1000)),
      );
    const other = new DatabaseSync(folder.file);
    const sizes = [statSync(folder.file).size, statSync(`${folder.file}-wal`).size];
    other.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
    expect(statSync(folder.file).size).toBeLessThan(sizes[0] as number);
    expect(statSync(`${folder.file}-wal`).size).toBe(0);
    expect((await store.append(textEvent('on'))).id).toBe(4001);
    other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    other.close();
    await appendAll(store, numbered(5));
    await store.close();
    const again = await folder.open();
    expect(again.headId).toBe(4006);
    expect(await again.read(0, 99_999, 100)).toHaveLength(10);
    await again.close();
  });
});

/** Fills a page with nonsense. */
function damage(path: string, page: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4096, 0xa7), 0, 4096, page * 4096);
  closeSync(file);
}
