/** The raw files of a run, read back: whole, torn, damaged, endless and hostile. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { LatencyHistogram } from '../../src/core/histogram.ts';
import hlog from '../../src/report/formats/hlog.ts';
import { readHlog } from '../../src/report/hlog-reader.ts';
import { readLines } from '../../src/report/read-file.ts';
import { readTimeline } from '../../src/report/timeline-reader.ts';
import type { TimelineHeader, TimelineRow } from '../../src/report/timeline-row.ts';
import type { timelineHeaderSchema, timelineRowSchema } from '../../src/report/timeline-schema.ts';
import { createRecord, createTimeline } from './fixtures.ts';
import { createIntervals, runReportOf } from './formats/reports.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpbench-read-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withFile<T>(content: string | Uint8Array, read: (file: FileHandle) => Promise<T>): Promise<T> {
  const path = join(folder, 'file');
  writeFileSync(path, content);
  await using file = await open(path);
  return await read(file);
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const ROWS_ARE_EQUAL: Same<z.infer<typeof timelineRowSchema>, TimelineRow> = true;
const HEADERS_ARE_EQUAL: Same<z.infer<typeof timelineHeaderSchema>, TimelineHeader> = true;

const HEADER = JSON.stringify({
  timelineVersion: 1,
  id: 'a',
  scenario: 'burst',
  strategy: 'block',
  startedAt: '2026-11-21T10:15:00.000Z',
  seed: 1,
});
const ROW = JSON.stringify(createTimeline()[0]);

describe('lines of a file', () => {
  it('come whole whatever the chunks, and the last one says whether it ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 50 })),
        fc.boolean(),
        async (texts, isTorn) => {
          const lines = texts.map((text) => text.replaceAll('\n', ''));
          const content = lines.join('\n') + (isTorn ? '' : '\n');
          const seen: [string, boolean][] = [];
          await withFile(content, (file) =>
            readLines(file, { maxBytes: 1e6, maxLineBytes: 1e6 }, (line, isWhole) =>
              seen.push([line, isWhole]),
            ),
          );
          const filled = lines.map((line, at): [string, boolean] => [line, !isTorn || at < lines.length - 1]);
          expect(seen).toEqual(filled.filter(([line]) => line !== ''));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are passed over where they have no end, in bounded memory', async () => {
    const content = `first\n${'x'.repeat(5_000_000)}\nlast\n`;
    const seen: string[] = [];
    const read = await withFile(content, (file) =>
      readLines(file, { maxBytes: 1e8, maxLineBytes: 1000 }, (line) => seen.push(line)),
    );
    expect({ seen, ...read }).toEqual({ seen: ['first', 'last'], tooLong: 1, isCut: false });
  });

  it('are not read behind the limit, which is said', async () => {
    const seen: string[] = [];
    const read = await withFile('aaa\nbbb\nccc\n', (file) =>
      readLines(file, { maxBytes: 8, maxLineBytes: 100 }, (line) => seen.push(line)),
    );
    expect({ seen, ...read }).toEqual({ seen: ['aaa', 'bbb'], tooLong: 0, isCut: true });
  });
});

describe('timeline', () => {
  it('has the shape of its types (checked by the compiler)', () => {
    expect([ROWS_ARE_EQUAL, HEADERS_ARE_EQUAL]).toEqual([true, true]);
  });

  it('takes a torn last line for what it is, and counts other damage', async () => {
    const torn = await withFile(`${HEADER}\n${ROW}\n${ROW.slice(0, 50)}`, (file) => readTimeline(file));
    expect([torn.header?.id, torn.rows.length, torn.problems]).toEqual(['a', 1, []]);
    const bad = ['nonsense', '{"tMs":"1"}', '[]', 'null', ROW.replace('"items":0', '"items":"x"'), '\u0000'];
    const damaged = await withFile([HEADER, ROW, ...bad, ROW, ''].join('\n'), (file) => readTimeline(file));
    expect(damaged.rows).toHaveLength(2);
    expect(damaged.problems).toEqual(['timeline.ndjson: 6 lines are damaged and left out']);
  });

  it('takes no line with a key __proto__, whose value no schema would look at', async () => {
    const rows = ['dropped', 'latencyMs'].map((table) =>
      JSON.stringify({ ...createTimeline()[0], [table]: null }).replace(
        `"${table}":null`,
        `"${table}":{"__proto__":0}`,
      ),
    );
    const { rows: read, problems } = await withFile([HEADER, ...rows, ROW, ''].join('\n'), (file) =>
      readTimeline(file),
    );
    expect([read.length, problems]).toEqual([1, ['timeline.ndjson: 2 lines are damaged and left out']]);
  });

  it('leaves out a timeline of a later version', async () => {
    const later = HEADER.replace('"timelineVersion":1', '"timelineVersion":2');
    const { rows, problems } = await withFile(`${later}\n${ROW}\n`, (file) => readTimeline(file));
    expect(rows).toEqual([]);
    expect(problems).toEqual(['timeline.ndjson has version 2, this bpbench reads up to 1: left out']);
  });
});

describe('histogram log', () => {
  const intervals = createIntervals(['sse fast', 'a.b'], 2, 30);
  const text = hlog.render(runReportOf(createRecord(), { intervals }));
  const read = (content: string) => withFile(content, (file) => readHlog(file));

  it('gives back what was written: times since the start, groups with dots, histograms', async () => {
    const {
      startTimeMs,
      intervals: back,
      problems,
    } = await withFile(text, (file) => readHlog(file, (tag) => (tag === 'sse-fast' ? 'sse fast' : tag)));
    expect(startTimeMs).toBe(Date.parse('2026-11-21T10:15:00.123Z'));
    expect(back).toEqual(intervals);
    expect(problems).toEqual([]);
  });

  it('takes a torn last line for what it is, wherever it was torn', async () => {
    const last = text.trimEnd().lastIndexOf('\n') + 1;
    for (const length of [1, 10, 40, 80]) {
      const { intervals: back, problems } = await read(text.slice(0, last + length));
      expect([back.length, problems]).toEqual([intervals.length - 1, []]);
    }
  });

  /** A histogram with a header of our own choosing around `counts`. */
  function encode(
    counts: Uint8Array,
    part: { digits?: number; highest?: bigint; length?: number } = {},
  ): string {
    const header = Buffer.alloc(40);
    header.writeUInt32BE(0x1c849313, 0);
    header.writeUInt32BE(part.length ?? counts.length, 4);
    header.writeUInt32BE(part.digits ?? 3, 12);
    header.writeBigUInt64BE(1n, 16);
    header.writeBigUInt64BE(part.highest ?? 600_000_000n, 24);
    const packed = deflateSync(Buffer.concat([header, counts]));
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32BE(0x1c849314, 0);
    prefix.writeUInt32BE(packed.length, 4);
    return Buffer.concat([prefix, packed]).toString('base64');
  }
  const good = encode(Uint8Array.of(3, 2));

  it.each([
    ['no histogram at all', 'AAAA'],
    ['a bomb: a megabyte of nothing in a few bytes', encode(new Uint8Array(1_000_000))],
    ['a range that would take gigabytes', encode(Uint8Array.of(2), { highest: 2n ** 62n })],
    ['more digits than ours', encode(Uint8Array.of(2), { digits: 5 })],
    ['a wrong length', encode(Uint8Array.of(2), { length: 7 })],
    ['a number without end', encode(Uint8Array.of(255, 255))],
    ['more empty counts than fit', encode(Uint8Array.of(255, 255, 255, 1, 2))],
    ['text that is no whole base64', `${good}+`],
    ['text with more padding than base64 has', `${good.replace(/=*$/, '')}====`],
    ['a count beyond 32 bits', encode(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127))],
  ])('leaves out %s', async (_what, encoded) => {
    const start = text.split('\n').slice(0, 3).join('\n');
    const lines = [good, encoded].map((one) => `Tag=ws.response,1795256100.123,1.000,1.000,${one}`);
    const { intervals: back, problems } = await read(`${start}\n${lines.join('\n')}\n`);
    expect(back.map((one) => LatencyHistogram.decode(one.encoded).count)).toEqual([1]);
    expect(problems).toEqual(['latency.hlog: 1 line is damaged and left out']);
  });

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(text.length), async (bytes, at) => {
        const content = Buffer.concat([Buffer.from(text.slice(0, at)), bytes, Buffer.from(text.slice(at))]);
        const { intervals: back } = await withFile(content, (file) => readHlog(file));
        for (const { encoded } of back) LatencyHistogram.decode(encoded);
        const rows = await withFile(content, (file) => readTimeline(file));
        expect(rows.rows).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
