/** File systems that are read-only or full under the event store. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore, StoreFolder, storeWith, textEvent } from '../../helpers/store.ts';

const isRoot = process.getuid?.() === 0;

/** A file system of its own, or `null` where this user may not mount one. */
function mountTmpfs(folder: string, options: string): string | null {
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return null;
  }
}

describe.skipIf(isRoot)('without permission (skipped for root, who has every permission)', () => {
  it.each([
    ['file', 0o444],
    ['folder', 0o555],
  ])('a read-only %s', async (what, mode) => {
    using folder = new StoreFolder();
    await storeWith(folder, ['a']);
    chmodSync(what === 'file' ? folder.file : folder.path, mode);
    await expect(folder.open()).rejects.toMatchObject({ problem: 'read-only' });
    chmodSync(what === 'file' ? folder.file : folder.path, 0o755);
    const store = await folder.open();
    expect((await store.append(textEvent('b'))).id).toBe(2);
    await store.close();
  });
});

describe.skipIf(!isRoot || process.platform !== 'linux')(
  'on file systems of their own (skipped where none can be mounted: needs root on Linux)',
  () => {
    it('a read-only one: says so, with and without a file', async () => {
      using folder = new StoreFolder();
      const mounted = mountTmpfs(join(folder.path, 'mnt'), 'size=1m');
      if (mounted === null) throw new Error('root may not mount a tmpfs here: run the suite where it may');
      try {
        const store = await openStore(join(mounted, 'a.db'));
        await store.close();
        execFileSync('mount', ['-o', 'remount,ro', mounted]);
        for (const name of ['a.db', 'b.db']) {
          await expect(openStore(join(mounted, name))).rejects.toMatchObject({
            problem: 'read-only',
            message: expect.stringMatching(/cannot be written: its file, folder or file system is read-only/),
          });
        }
      } finally {
        execFileSync('umount', [mounted]);
      }
    });

    it('a full one: appends fail, nothing acknowledged is lost, and it goes on once there is room', async () => {
      using folder = new StoreFolder();
      const mounted = mountTmpfs(join(folder.path, 'mnt'), 'size=2m');
      if (mounted === null) throw new Error('root may not mount a tmpfs here: run the suite where it may');
      try {
        const file = join(mounted, 'events.db');
        const ballast = join(mounted, 'ballast');
        writeFileSync(ballast, Buffer.alloc(1024 * 1024));
        const store = await openStore(file);
        const acknowledged: string[] = [];
        let failure: unknown;
        for (let i = 0; failure === undefined && i < 1000; i++) {
          const text = `${i}`.padEnd(10_000);
          await store.append(textEvent(text)).then(
            () => acknowledged.push(text),
            (error) => {
              failure = error;
            },
          );
        }
        expect(failure).toMatchObject({
          problem: 'full',
          message: expect.stringMatching(
            /^no room left on the device of the event store .*: free some, it goes on/,
          ),
        });
        expect(store.sample().error).toMatch(/no room left/);
        await expect(store.append(textEvent('x'.repeat(10_000)))).rejects.toMatchObject({ problem: 'full' });
        expect((await store.read(0, 9999, 3)).map(({ text }) => text)).toEqual(acknowledged.slice(0, 3));
        rmSync(ballast);
        const after = await store.append(textEvent('after'.padEnd(10_000)));
        expect(after.id).toBe(acknowledged.length + 1);
        expect(store.sample().error).toBeNull();
        await store.close();
        const again = await openStore(file);
        expect(again.headId).toBe(after.id);
        for (let id = 1; id <= acknowledged.length; id++) {
          expect((await again.read(id - 1, id, 1))[0]?.text).toBe(acknowledged[id - 1]);
        }
        await again.close();
      } finally {
        execFileSync('umount', [mounted]);
      }
    });

    it('one that is full from the start: says so at the opening', async () => {
      using folder = new StoreFolder();
      const mounted = mountTmpfs(join(folder.path, 'mnt'), 'size=64k');
      if (mounted === null) throw new Error('root may not mount a tmpfs here: run the suite where it may');
      try {
        writeFileSync(join(mounted, 'ballast'), Buffer.alloc(56 * 1024));
        await expect(openStore(join(mounted, 'events.db'))).rejects.toMatchObject({ problem: 'full' });
      } finally {
        execFileSync('umount', [mounted]);
      }
    });
  },
);
