import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineFile } from '../../src/report/line-file.ts';
import { parseTimeline, type TimelineHeader } from '../../src/report/timeline-row.ts';
import { TimelineWriter } from '../../src/report/timeline-writer.ts';
import { rowAt } from './fixtures.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bpbench-lines-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A file whose writes end when the test says so. */
function createSlowFile() {
  const writes: { text: string; end: (error?: Error) => void }[] = [];
  return {
    writes,
    file: {
      appendFile: (text: unknown) =>
        new Promise<void>((resolve, reject) => {
          writes.push({ text: String(text), end: (error) => (error ? reject(error) : resolve()) });
        }),
      close: () => Promise.resolve(),
    },
  };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

describe('line file', () => {
  it('writes lines in order and closes once', async () => {
    const lines = await LineFile.create(join(folder, 'a'));
    for (let n = 0; n < 1000; n++) lines.append(String(n));
    await Promise.all([lines.close(), lines.close()]);
    const text = await readFile(join(folder, 'a'), 'utf8');
    expect(text).toBe(Array.from({ length: 1000 }, (_, n) => `${n}\n`).join(''));
    lines.append('too late');
    expect(lines.droppedLines).toBe(1);
    expect(lines.error).toBeNull();
  });

  it('has everything in the file after a flush, while it stays open', async () => {
    await using lines = await LineFile.create(join(folder, 'a'));
    lines.append('one');
    await lines.flush();
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('one\n');
    lines.append('two');
    await lines.flush();
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('one\ntwo\n');
  });

  it('writes whole lines only, what waited together', async () => {
    const { file, writes } = createSlowFile();
    const lines = new LineFile('a', file);
    lines.append('one');
    lines.append('two');
    await settled();
    lines.append('three');
    lines.append('four');
    expect(writes.map(({ text }) => text)).toEqual(['one\ntwo\n']);
    writes[0]?.end();
    await settled();
    expect(writes.map(({ text }) => text)).toEqual(['one\ntwo\n', 'three\nfour\n']);
    writes[1]?.end();
    await lines.close();
  });

  it('keeps no more than its bound for a slow disk, counts the rest, and goes on when the disk does', async () => {
    const { file, writes } = createSlowFile();
    const lines = new LineFile('a', file, { maxPendingBytes: 10 });
    lines.append('1234'); // 5 bytes with its line break
    lines.append('5678');
    lines.append('x');
    expect(lines.droppedLines).toBe(1);
    await settled();
    lines.append('y'); // what is being written still counts
    expect(lines.droppedLines).toBe(2);
    writes[0]?.end();
    await settled();
    lines.append('z');
    await settled();
    expect(writes.map(({ text }) => text)).toEqual(['1234\n5678\n', 'z\n']);
    writes[1]?.end();
    await lines.close();
    expect(lines.droppedLines).toBe(2);
  });

  it('remembers the first write error, stops writing, and never throws', async () => {
    const { file, writes } = createSlowFile();
    const closing = { ...file, close: () => Promise.reject(new Error('EIO: the second error')) };
    const lines = new LineFile('results/a', closing);
    lines.append('one');
    await settled();
    lines.append('two');
    writes[0]?.end(Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' }));
    await lines.flush();
    lines.append('three');
    await lines.close();
    expect(lines.error).toMatchObject({
      code: 'BPB_ERR_WRITE_FAILED',
      message: 'writing results/a failed: ENOSPC: no space',
    });
    expect(writes).toHaveLength(1);
    expect(lines.droppedLines).toBe(3);
  });

  it('refuses a file that exists', async () => {
    await (await LineFile.create(join(folder, 'a'))).close();
    await expect(LineFile.create(join(folder, 'a'))).rejects.toMatchObject({
      code: 'BPB_ERR_RESULTS_NOT_WRITABLE',
    });
  });
});

describe('timeline file', () => {
  const header: TimelineHeader = {
    timelineVersion: 1,
    id: 'k3f9a',
    scenario: 'burst',
    strategy: 'block',
    startedAt: '2026-11-21T10:15:00.123Z',
    seed: 4711,
  };

  it('starts with the header and reads back row by row', async () => {
    const path = join(folder, 'timeline.ndjson');
    const rows = [rowAt(100, { 'sse.client': 1 }), rowAt(200, { 'sse.client': 2 })];
    const writer = await TimelineWriter.create(path, header);
    for (const row of rows) writer.add(row);
    await writer.close();
    expect(parseTimeline(await readFile(path, 'utf8'))).toEqual({ header, rows, skipped: 0 });
    expect([writer.error, writer.droppedLines]).toEqual([null, 0]);
  });

  it('can be read after a kill in the middle of a line', () => {
    const row = JSON.stringify(rowAt(100, {}));
    const text = `${JSON.stringify(header)}\n${row}\n${row.slice(0, 20)}`;
    expect(parseTimeline(text)).toMatchObject({ header, rows: [{ tMs: 100 }], skipped: 0 });
  });

  it('skips and counts what is no row', () => {
    const row = JSON.stringify(rowAt(100, {}));
    expect(parseTimeline(`garbage\n${row}\n{}\nnull\n`)).toMatchObject({ header: null, skipped: 3 });
    expect(parseTimeline('')).toEqual({ header: null, rows: [], skipped: 0 });
  });
});
