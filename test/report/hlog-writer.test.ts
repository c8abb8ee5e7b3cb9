import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistogramLogReader, listTags } from 'hdr-histogram-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../src/core/histogram.ts';
import { HlogWriter } from '../../src/report/hlog-writer.ts';

const EPOCH_ISO = '2026-11-21T10:15:00.000Z';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bpbench-hlog-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function encode(...valuesUs: number[]): string {
  const histogram = new LatencyHistogram();
  for (const us of valuesUs) histogram.recordUs(us);
  return histogram.encode();
}

async function write(...intervals: Parameters<HlogWriter['add']>[0][]): Promise<string> {
  const path = join(folder, 'latency.hlog');
  await using writer = await HlogWriter.create(path, { epochIso: EPOCH_ISO });
  for (const interval of intervals) writer.add(interval);
  await writer.flush();
  return await readFile(path, 'utf8');
}

function readAll(text: string) {
  const reader = new HistogramLogReader(text);
  const found = [];
  for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram())
    found.push(next);
  return found;
}

describe('hlog', () => {
  it('reads back interval by interval: times, merged responses, tags, values', async () => {
    const text = await write(
      {
        startMs: 250,
        endMs: 500,
        histograms: [
          { group: 'sse fast', kind: 'response', encoded: encode(1000, 2000) },
          { group: 'ws', kind: 'response', encoded: encode(31_000) },
          { group: 'ws', kind: 'age', encoded: encode(900_000) },
        ],
      },
      { startMs: 500, endMs: 750, histograms: [{ group: 'ws', kind: 'response', encoded: encode(5) }] },
    );
    const rows = readAll(text).map((histogram) => ({
      tag: histogram.tag,
      count: histogram.totalCount,
      max: histogram.maxValue,
      start: histogram.startTimeStampMsec,
      length: Math.round(histogram.endTimeStampMsec - histogram.startTimeStampMsec),
    }));
    const epochMs = Date.parse(EPOCH_ISO);
    const first = { start: epochMs + 250, length: 250 };
    const second = { start: epochMs + 500, length: 250 };
    expect(rows).toEqual([
      { tag: 'NO TAG', count: 3, max: 31_007, ...first },
      { tag: 'sse-fast.response', count: 2, max: 2000, ...first },
      { tag: 'ws.response', count: 1, max: 31_007, ...first },
      { tag: 'ws.age', count: 1, max: 900_095, ...first },
      { tag: 'NO TAG', count: 1, max: 5, ...second },
      { tag: 'ws.response', count: 1, max: 5, ...second },
    ]);
    expect(listTags(text)).toEqual(['NO TAG', 'sse-fast.response', 'ws.response', 'ws.age']);
  });

  it('starts with the format version, absolute time and the legend, and gives the maximum in milliseconds', async () => {
    const text = await write({
      startMs: 0,
      endMs: 250,
      histograms: [{ group: 'ws', kind: 'response', encoded: encode(1500) }],
    });
    const seconds = (Date.parse(EPOCH_ISO) / 1000).toFixed(3);
    const lines = text.split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '#[Histogram log format version 1.3]',
      `#[StartTime: ${seconds} (seconds since epoch), ${EPOCH_ISO}]`,
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]);
    expect(lines[3]).toMatch(new RegExp(`^${seconds},0\\.250,1\\.500,HISTFAAA`));
    expect(lines[4]).toMatch(new RegExp(`^Tag=ws\\.response,${seconds},0\\.250,1\\.500,HISTFAAA`));
  });

  it('has an untagged line even in an interval without responses', async () => {
    const text = await write({
      startMs: 0,
      endMs: 250,
      histograms: [{ group: 'ws', kind: 'age', encoded: encode(7) }],
    });
    expect(readAll(text).map(({ tag, totalCount }) => [tag, totalCount])).toEqual([
      ['NO TAG', 0],
      ['ws.age', 1],
    ]);
  });

  it('merges two histograms of one group and kind, and leaves out empty ones', async () => {
    const text = await write({
      startMs: 0,
      endMs: 250,
      histograms: [
        { group: 'ws', kind: 'response', encoded: encode(1) },
        { group: 'ws', kind: 'response', encoded: encode(2, 3) },
        { group: 'sse', kind: 'response', encoded: encode() },
      ],
    });
    expect(readAll(text).map(({ tag, totalCount }) => [tag, totalCount])).toEqual([
      ['NO TAG', 3],
      ['ws.response', 3],
    ]);
  });

  it('reduces tags to what log readers can bear', async () => {
    const text = await write({
      startMs: 0,
      endMs: 250,
      histograms: [{ group: 'a, b\nTag=c', kind: 'response', encoded: encode(1) }],
    });
    expect(listTags(text)).toEqual(['NO TAG', 'a-b-Tag-c.response']);
  });

  it('refuses an epoch that is no time', async () => {
    await expect(HlogWriter.create(join(folder, 'x.hlog'), { epochIso: 'soon' })).rejects.toThrow(
      "epochIso must be ISO wall time, got 'soon'",
    );
  });
});
