import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findResults,
  measureFolder,
  readLatest,
  readResult,
  startOf,
} from '../../src/report/result-index.ts';
import { createRegression } from './comparison-fixtures.ts';
import { createRecord } from './fixtures.ts';

describe('result index', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'bpbench-index-'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  function put(name: string, record: unknown = createRecord()): string {
    const path = join(base, name);
    mkdirSync(path);
    if (record !== null) {
      writeFileSync(join(path, 'record.json'), typeof record === 'string' ? record : JSON.stringify(record));
    }
    return path;
  }

  it('finds results newest first, renamed ones last, and follows no link', async () => {
    put('20261121T100000Z-burst-block-aaaaa');
    put('20261121T120000Z-burst-drop-oldest-bbbbb');
    put('20251121T110000Z-my-own-scenario-x-ccccc', null);
    put('my favourite');
    mkdirSync(join(base, 'notes'));
    symlinkSync('20261121T100000Z-burst-block-aaaaa', join(base, '20271121T100000Z-link-x-ddddd'));
    symlinkSync('20261121T100000Z-burst-block-aaaaa', join(base, 'latest'));
    expect((await findResults(base)).map(({ name }) => name)).toEqual([
      '20261121T120000Z-burst-drop-oldest-bbbbb',
      '20261121T100000Z-burst-block-aaaaa',
      '20251121T110000Z-my-own-scenario-x-ccccc',
      'my favourite',
    ]);
  });

  it('says what to do where there is no such folder', async () => {
    await expect(findResults(join(base, 'none'))).rejects.toMatchObject({
      code: 'BPB_ERR_USAGE',
      message: `there is no folder ${join(base, 'none')}: results are looked for there`,
      hints: expect.arrayContaining([expect.stringContaining('bpbench run')]),
    });
  });

  it.each([
    ['20261121T100000Z-burst-block-aaaaa', Date.UTC(2026, 10, 21, 10)],
    ['20261131T100000Z-burst-block-aaaaa', null],
    ['20261121T100000Z-burst', null],
    ['x20261121T100000Z-burst-block-aaaaa', null],
  ])('reads the start from %s', (name, startedAtMs) => {
    expect(startOf(name)).toBe(startedAtMs);
  });

  it('reads records of both kinds, and of the time before there was a store', async () => {
    const { feed: _, ...early } = createRecord();
    const run = { path: put('early', early) };
    expect(await readResult(run, (record) => (record.kind === 'run' ? record.feed : 0))).toEqual({
      state: 'whole',
      value: null,
    });
    const comparison = { path: put('comparison', createRegression()) };
    expect(await readResult(comparison, ({ kind }) => kind)).toEqual({ state: 'whole', value: 'comparison' });
  });

  it.each([
    ['cut off', JSON.stringify(createRecord()).slice(0, 500), /cut off after 500 characters/],
    ['empty', '', /is empty/],
    ['no JSON', 'PK\u0003\u0004', /is no JSON/],
    ['foreign', '{"name":"left-pad"}', /no schemaVersion and kind/],
    ['of a later version', '{"schemaVersion":9,"kind":"run"}', /schemaVersion 9, this bpbench reads up to 1/],
    [
      'whole, but of a later version',
      JSON.stringify({ ...createRecord(), schemaVersion: 2 }),
      /schemaVersion 2/,
    ],
    ['hollow', '{"schemaVersion":1,"kind":"run"}', /damaged record/],
  ])('tells of a record that is %s, and goes on', async (_, text, reason) => {
    const path = put('damaged', text);
    const result = await readResult({ path }, (record) =>
      record.kind === 'run' ? record.scenario.name : '',
    );
    expect(result).toEqual({ state: 'damaged', problem: expect.stringMatching(reason) });
  });

  it('reads results of a folder that is named from where we are, or lies behind a link', async () => {
    const name = '20261121T100000Z-burst-block-aaaaa';
    put(name);
    const link = `${base}-link`;
    symlinkSync(base, link);
    try {
      for (const folder of [relative(process.cwd(), base), link]) {
        const [found] = await findResults(folder);
        expect(await readResult({ path: found?.path ?? '' }, ({ kind }) => kind)).toEqual({
          state: 'whole',
          value: 'run',
        });
      }
    } finally {
      rmSync(link);
    }
  });

  it('tells an unfinished result from a damaged one, and never reads through a link out of the folder', async () => {
    expect(await readResult({ path: put('unfinished', null) }, () => 1)).toMatchObject({
      state: 'unfinished',
    });
    const elsewhere = put('elsewhere');
    const path = put('linked', null);
    symlinkSync(join(elsewhere, 'record.json'), join(path, 'record.json'));
    expect(await readResult({ path }, () => 1)).toEqual({
      state: 'damaged',
      problem: expect.stringContaining('outside its folder'),
    });
  });

  it('reads latest as a link and as a file, and its last part alone', async () => {
    expect(await readLatest(base)).toBeNull();
    symlinkSync('../../20261121T100000Z-burst-block-aaaaa', join(base, 'latest'));
    expect(await readLatest(base)).toBe('20261121T100000Z-burst-block-aaaaa');
    rmSync(join(base, 'latest'));
    writeFileSync(join(base, 'latest'), 'a-name\n');
    expect(await readLatest(base)).toBe('a-name');
  });

  it('adds up files alone', async () => {
    const path = put('facts', 'x'.repeat(100));
    mkdirSync(join(path, 'inner'));
    writeFileSync(join(path, 'inner', 'big'), 'x'.repeat(1000));
    symlinkSync('/etc/hosts', join(path, 'link'));
    expect(await measureFolder(path)).toMatchObject({ bytes: 100, folders: ['inner'], links: ['link'] });
  });
});
