import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import { EXIT } from '../../src/core/exit-codes.ts';
import type { RunRecord } from '../../src/core/record.ts';
import hlog from '../../src/report/formats/hlog.ts';
import json from '../../src/report/formats/json.ts';
import ndjson from '../../src/report/formats/ndjson.ts';
import { type LoadOptions, loadReport } from '../../src/report/load-report.ts';
import type { ComparisonReport, RunReport } from '../../src/report/report.ts';
import { createRegression, runOf } from './comparison-fixtures.ts';
import { createRecord } from './fixtures.ts';
import { createIntervals, runReportOf } from './formats/reports.ts';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'bpbench-load-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** A result folder as a run leaves it. */
function writeRun(name: string, record: RunRecord = createRecord()): string {
  const report = runReportOf(record, { intervals: createIntervals(Object.keys(record.groups), 3, 20) });
  const folder = join(base, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'record.json'), json.render(report));
  writeFileSync(join(folder, 'timeline.ndjson'), ndjson.render(report));
  writeFileSync(join(folder, 'latency.hlog'), hlog.render(report));
  return folder;
}

function writeComparison(folders: Readonly<Record<string, string | null>>): string {
  const folder = join(base, 'compared');
  mkdirSync(folder);
  const runs = Object.entries(folders).map(([id, path]) => runOf('main', 0, { id, folder: path }));
  writeFileSync(join(folder, 'record.json'), JSON.stringify(createRegression({ runs })));
  return folder;
}

async function loadRun(path: string): Promise<RunReport> {
  const report = await loadReport(path);
  if (report.kind !== 'run') throw new Error('expected a run');
  return report;
}

async function loadComparison(path: string): Promise<ComparisonReport> {
  const report = await loadReport(path);
  if (report.kind !== 'comparison') throw new Error('expected a comparison');
  return report;
}

async function refusalOf(path: string, options?: LoadOptions): Promise<BenchError> {
  const thrown = await loadReport(path, options).then(
    () => new Error('it was taken'),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(BenchError);
  expect((thrown as BenchError).exitCode).toBe(EXIT.usage);
  return thrown as BenchError;
}

describe('loading a run', () => {
  it('reads folder, record.json, and latest as link and as file, all the same', async () => {
    const folder = writeRun('one');
    symlinkSync('one', join(base, 'latest'));
    const expected = await loadRun(folder);
    expect(expected.record).toEqual(createRecord());
    expect(expected.timeline).toEqual(runReportOf(createRecord()).timeline);
    expect(expected.intervals).toHaveLength(3 * 4 * 2);
    expect(expected.intervals[0]).toMatchObject({
      startMs: 0,
      endMs: 1000,
      group: 'sse fast',
      kind: 'response',
    });
    expect(expected.problems).toEqual([]);
    expect(await loadRun(join(base, 'latest'))).toEqual(expected);
    expect(await loadRun(join(folder, 'record.json'))).toEqual(expected);
    rmSync(join(base, 'latest'));
    writeFileSync(join(base, 'latest'), 'one\n');
    expect(await loadRun(join(base, 'latest'))).toEqual(expected);
  });

  it('gives the raw files back byte by byte', async () => {
    const folder = writeRun('one');
    const report = await loadRun(folder);
    for (const [name, format] of Object.entries({
      'record.json': json,
      'timeline.ndjson': ndjson,
      'latency.hlog': hlog,
    })) {
      expect(format.render(report) === readFileSync(join(folder, name), 'utf8'), name).toBe(true);
    }
  });

  it('reads the record alone where that is all that is asked for', async () => {
    const report = await loadReport(writeRun('one'), { withSeries: false });
    expect(report).toMatchObject({ timeline: [], intervals: [], problems: [] });
  });

  it('says which files are missing, damaged or of another run, and uses the rest', async () => {
    const folder = writeRun('one');
    const timeline = join(folder, 'timeline.ndjson');
    writeFileSync(
      timeline,
      `${readFileSync(timeline, 'utf8')}{"tMs": 1, "queue": null}\nnonsense\n{"tMs": 2, "torn`,
    );
    rmSync(join(folder, 'latency.hlog'));
    const report = await loadRun(folder);
    expect(report.timeline).toEqual(runReportOf(createRecord()).timeline);
    expect(report.problems).toEqual([
      'latency.hlog is not there',
      'timeline.ndjson: 2 lines are damaged and left out',
    ]);
    const other = writeRun('two', createRecord({ id: 'other', startedAt: '2026-11-22T00:00:00.000Z' }));
    for (const name of ['timeline.ndjson', 'latency.hlog']) {
      writeFileSync(join(folder, name), readFileSync(join(other, name)));
    }
    expect(await loadRun(folder)).toMatchObject({
      timeline: [],
      intervals: [],
      problems: [
        'timeline.ndjson is of another run (other): left out',
        'latency.hlog is of another run: left out',
      ],
    });
  });

  it('follows no link out of the folder', async () => {
    const folder = writeRun('one');
    const secret = join(base, 'secret');
    writeFileSync(secret, '{}');
    rmSync(join(folder, 'timeline.ndjson'));
    symlinkSync(secret, join(folder, 'timeline.ndjson'));
    expect((await loadRun(folder)).problems).toEqual([expect.stringContaining('outside its folder')]);
    rmSync(join(folder, 'record.json'));
    symlinkSync(secret, join(folder, 'record.json'));
    expect((await refusalOf(folder)).message).toContain('outside its folder');
  });
});

describe('a bare name', () => {
  it('is looked for here first, then in the folder of results', async () => {
    writeRun('in-base');
    expect((await loadReport('in-base', { results: base })).folder).toBe(join(base, 'in-base'));
    symlinkSync('in-base', join(base, 'latest'));
    expect((await loadReport('latest', { results: base })).folder).toBe(join(base, 'in-base'));
    // `src` is there, where tests run.
    mkdirSync(join(base, 'src'));
    expect((await refusalOf('src', { results: base })).message).toContain(resolve('src'));
  });

  it('names both places where it is in neither, and how to see what there is', async () => {
    const refusal = await refusalOf('no-such', { results: base });
    expect(refusal.message).toBe(
      `there is no no-such: looked for ${resolve('no-such')} and ${join(base, 'no-such')}`,
    );
    expect(refusal.hints[1]).toBe(`bpbench list results --results ${base} shows which there are`);
  });

  it.each(['./in-base', 'in-base/record.json'])('is not what a path is: %s', async (path) => {
    writeRun('in-base');
    expect((await refusalOf(path, { results: base })).message).toBe(
      `there is no ${path}: looked for ${resolve(path)}`,
    );
  });
});

describe('what is no result', () => {
  it('says that there is none, and what to try', async () => {
    const refusal = await refusalOf(join(base, 'nothing'));
    expect(refusal.message).toBe(`there is no ${join(base, 'nothing')}`);
    expect(refusal.hints).toEqual([
      'name a result folder, its record.json, or latest',
      'bpbench list results shows which there are',
    ]);
  });

  it('tells an empty folder, a folder of results, and what a killed run left apart', async () => {
    expect((await refusalOf(base)).hints).toEqual([
      'expected a folder that bpbench run or compare has written',
    ]);
    const folder = writeRun('one');
    symlinkSync('one', join(base, 'latest'));
    expect((await refusalOf(base)).hints).toEqual([
      `it holds results: name one of them, such as ${base}/latest`,
    ]);
    rmSync(join(folder, 'record.json'));
    const killed = await refusalOf(folder);
    expect(killed.message).toContain('the run was killed before it could write one');
    expect(killed.hints.slice(0, 2)).toEqual([
      'there is timeline.ndjson of burst under drop-oldest, seed 4711, with 23 moments, the last after 11.1 s in the phase burst',
      'there is latency.hlog with 24 histograms',
    ]);
  });

  it.each([
    ['a truncated record', JSON.stringify(createRecord()).slice(0, 3000), 'cut off after 3000 characters'],
    ['a foreign document', '{"scripts": {}}', 'is no bpbench record'],
    ['a later version', JSON.stringify({ ...createRecord(), schemaVersion: 9 }), 'has schemaVersion 9'],
    [
      'a later comparison',
      JSON.stringify({ ...createRegression(), schemaVersion: 9 }),
      'has schemaVersion 9',
    ],
    [
      'a damaged comparison',
      JSON.stringify({ ...createRegression(), arms: 7 }),
      'is a damaged record, 1 field is wrong',
    ],
    ['another kind', '{"schemaVersion": 1, "kind": "\\u001b[31mred"}', 'of kind'],
    ['deep nesting', '['.repeat(200_000), 'is nested deeper than 100 levels'],
    [
      'deep nesting in a known record',
      JSON.stringify(createRecord()).replace('{', `{"x":${'['.repeat(5000)}${']'.repeat(5000)},`),
      'nested deeper',
    ],
    ['a quote without end', `{"a": "${'\\"'.repeat(200_000)}`, 'cut off'],
    ['nothing', '', 'is empty'],
  ])('refuses %s', async (_what, text, message) => {
    const path = join(base, 'record.json');
    writeFileSync(path, text);
    const refusal = await refusalOf(path);
    expect(refusal.message).toContain(message);
    expect(`${refusal.message}${refusal.hints.join('')}`).not.toMatch(/\p{Cc}/u);
  });

  it('refuses a record of 200 MB without reading it', async () => {
    const path = join(base, 'record.json');
    writeFileSync(path, '{');
    truncateSync(path, 200 * 1024 ** 2);
    expect((await refusalOf(path)).message).toBe(`${path} has 200 MiB; at most 64 MiB are read`);
  });

  it('refuses devices and pipes instead of waiting for them', async () => {
    execFileSync('mkfifo', [join(base, 'pipe')]);
    expect((await refusalOf(join(base, 'pipe'))).message).toContain('is no file');
    expect((await refusalOf('/dev/zero')).message).toContain('is no file');
  });

  it.each(['../one', '/etc', 'a/b', '..', '.', '', 'one\nx'])(
    'refuses a file latest that says %j',
    async (name) => {
      writeRun('one');
      writeFileSync(join(base, 'latest'), name);
      await refusalOf(join(base, 'latest'));
    },
  );
});

describe('loading a comparison', () => {
  it('brings those of its runs whose folders are found, in its order, and says why not the others', async () => {
    writeRun('second', createRecord({ id: 'b' }));
    writeRun('first', createRecord({ id: 'a' }));
    const report = await loadComparison(
      writeComparison({ a: '../first', b: '../second', c: '../gone', d: null, e: '../first' }),
    );
    expect(report.runs.map(({ record }) => record.id)).toEqual(['a', 'b']);
    expect(report.runs[0]?.timeline).toHaveLength(23);
    expect(report.problems).toEqual([
      `run c of main: there is no ${join(base, 'gone')}`,
      `run e of main: ${join(base, 'first')} is of another run, a`,
    ]);
  });

  it('looks nowhere else than in the folder of its results', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'bpbench-outside-'));
    try {
      writeFileSync(join(outside, 'record.json'), JSON.stringify(createRecord({ id: 'x' })));
      symlinkSync(outside, join(base, 'link'));
      const { runs, problems } = await loadComparison(
        writeComparison({
          x: outside,
          x1: `../../${outside.split('/').at(-1)}`,
          x2: '../link',
          x3: '..',
          x4: '.',
        }),
      );
      expect(runs).toEqual([]);
      expect(problems).toHaveLength(5);
      for (const problem of problems.slice(0, 4)) expect(problem).toMatch(/outside of/);
      expect(problems[4]).toContain('is no run'); // a comparison that names itself ends
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });
});
