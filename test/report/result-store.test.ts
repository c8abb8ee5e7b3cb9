import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createResultFolder,
  pointLatestTo,
  sanitizeName,
  writeAtomically,
} from '../../src/report/result-store.ts';
import { describeWriteError } from '../../src/report/write-error.ts';

const NAMING = {
  startedAtIso: '2026-11-21T10:15:00.123Z',
  scenario: 'burst',
  strategy: 'drop-oldest',
  id: 'k3f9a',
};

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'bpbench-store-'));
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

describe('result folder', () => {
  it('is named by time, scenario, strategy and id, and made with its base', async () => {
    const results = join(base, 'deep', 'results');
    const folder = await createResultFolder(results, NAMING);
    expect(folder.name).toBe('20261121T101500Z-burst-drop-oldest-k3f9a');
    expect(folder.path).toBe(join(results, folder.name));
    expect(await readdir(results)).toEqual([folder.name]);
  });

  it('lets runs that start together share a base that none of them found', async () => {
    const results = join(base, 'deep', 'er', 'results');
    const ids = ['a1', 'b2', 'c3', 'd4'];
    const folders = await Promise.all(ids.map((id) => createResultFolder(results, { ...NAMING, id })));
    expect((await readdir(results)).sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it('never takes over a folder that exists', async () => {
    await createResultFolder(base, NAMING);
    await expect(createResultFolder(base, NAMING)).rejects.toMatchObject({
      code: 'BPB_ERR_RESULTS_NOT_WRITABLE',
    });
  });

  it.each([
    ['../../etc', 'etc'],
    ['/absolute/path', 'absolute-path'],
    ['..', 'unnamed'],
    ['.hidden', 'hidden'],
    ['a\u0000b', 'a-b'],
    ['a/../b', 'a-.-b'],
    ['C:\\windows', 'C-windows'],
    ['-rf', 'rf'],
    ['', 'unnamed'],
    ['Überlast', 'Uberlast'],
    ['世界', 'unnamed'],
    ['x'.repeat(100), 'x'.repeat(64)],
    ['drop-oldest,capacity=64', 'drop-oldest-capacity-64'],
  ])('reduces the name %j to %s', (text, name) => {
    expect(sanitizeName(text)).toBe(name);
  });

  it('makes one harmless name of any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(fc.integer({ min: 0, max: 0x10_ffff })).map((codes) => String.fromCodePoint(...codes)),
          fc.stringMatching(/^[./\\a-]{1,80}$/),
        ),
        (text) => {
          expect(sanitizeName(text)).toMatch(/^(?![.-])[A-Za-z0-9._-]{1,64}(?<![.-])$/);
        },
      ),
      { seed: 20_261_121, numRuns: 1000 },
    );
  });

  it.each(['../../escape', '/etc', '..', 'a/b/c'])(
    'stays a direct child of its base when asked for %j',
    async (text) => {
      const { path } = await createResultFolder(base, {
        startedAtIso: text,
        scenario: text,
        strategy: text,
        id: text,
      });
      expect(dirname(path)).toBe(base);
      expect((await readdir(base, { withFileTypes: true })).map((entry) => entry.isDirectory())).toEqual([
        true,
      ]);
    },
  );

  it('says what to do when the base is a file', async () => {
    const file = join(base, 'file');
    await writeFile(file, '');
    await expect(createResultFolder(file, NAMING)).rejects.toMatchObject({
      code: 'BPB_ERR_RESULTS_NOT_WRITABLE',
      hints: [expect.stringContaining('folder')],
    });
  });
});

describe('writing atomically', () => {
  it('writes a new file, replaces an old one, and leaves nothing beside it', async () => {
    const path = join(base, 'record.json');
    await writeAtomically(path, 'one');
    await writeAtomically(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(base)).toEqual(['record.json']);
  });

  it('keeps writers of one file apart: one whole text wins', async () => {
    const path = join(base, 'record.json');
    const texts = Array.from({ length: 10 }, (_, at) => String(at).repeat(100_000));
    await Promise.all(texts.map((text) => writeAtomically(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(base)).toEqual(['record.json']);
  });

  it('leaves no temporary file behind when it fails', async () => {
    const path = join(base, 'taken');
    await mkdir(join(path, 'full'), { recursive: true });
    await expect(writeAtomically(path, 'text')).rejects.toMatchObject({
      code: 'BPB_ERR_RESULTS_NOT_WRITABLE',
    });
    expect(await readdir(base)).toEqual(['taken']);
  });

  it('says so when the folder is missing', async () => {
    await expect(writeAtomically(join(base, 'no', 'x.json'), '')).rejects.toMatchObject({
      code: 'BPB_ERR_RESULTS_NOT_WRITABLE',
    });
  });

  it('says so when the folder may not be written', async () => {
    // Permission bits do not stop root; Linux's /sys takes no new file from anybody.
    const isRoot = process.getuid?.() === 0;
    const folder = isRoot ? '/sys' : base;
    if (!isRoot) await chmod(base, 0o500);
    await expect(writeAtomically(join(folder, 'x.json'), '')).rejects.toMatchObject({
      code: 'BPB_ERR_RESULTS_NOT_WRITABLE',
    });
    if (!isRoot) await chmod(base, 0o700);
  });

  it.each([
    ['ENOSPC', 'BPB_ERR_WRITE_FAILED', 'the disk is full: free some space'],
    ['EDQUOT', 'BPB_ERR_WRITE_FAILED', 'the disk quota is used up: free some space'],
    ['EIO', 'BPB_ERR_WRITE_FAILED', 'choose another folder for the results'],
    [
      'EACCES',
      'BPB_ERR_RESULTS_NOT_WRITABLE',
      'choose a folder that you may write to, or change its permissions',
    ],
    ['EROFS', 'BPB_ERR_RESULTS_NOT_WRITABLE', 'this file system is read-only: choose another folder'],
  ])('turns %s into %s', (code, expected, hint) => {
    const cause = Object.assign(new Error(`${code}: refused`), { code });
    const error = describeWriteError('results/x', cause);
    expect(error).toMatchObject({ code: expected, hints: [hint], cause });
    expect(error.message).toContain('results/x');
  });
});

describe('latest', () => {
  it('points to the newest result, relative to its folder, and moves in one step', async () => {
    expect(await pointLatestTo(base, 'first')).toBe('link');
    expect(await pointLatestTo(base, 'second')).toBe('link');
    expect(await readlink(join(base, 'latest'))).toBe('second');
    expect(await readdir(base)).toEqual(['latest']);
  });

  it('replaces the file that stands there where links were not allowed', async () => {
    await writeFile(join(base, 'latest'), 'older\n');
    expect(await pointLatestTo(base, 'newer')).toBe('link');
    expect(await readlink(join(base, 'latest'))).toBe('newer');
  });

  it('leaves a folder of that name alone and says that nothing was set', async () => {
    await mkdir(join(base, 'latest'));
    await symlink('x', join(base, 'latest', 'mine'));
    expect(await pointLatestTo(base, 'name')).toBe('none');
    expect(await readdir(join(base, 'latest'))).toEqual(['mine']);
    expect(await readdir(base)).toEqual(['latest']);
  });

  it('fails no run when the base is gone', async () => {
    expect(await pointLatestTo(join(base, 'gone'), 'name')).toBe('none');
  });
});
