import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../src/core/histogram.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { formatHlogHeader, formatHlogInterval, type HlogWriter } from '../../src/report/hlog-writer.ts';
import { readSeconds } from '../../src/report/second-latencies.ts';
import { phaseOf, planOf, playSteady } from '../comparison/steady-plan.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bpbench-seconds-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Its steady phase begins after five seconds. */
const RECORD = playSteady(planOf([phaseOf('warm-up', 5, { measured: false }), phaseOf('steady', 40)]), 1)
  .runs[0]?.record as RunRecord;

type Interval = Parameters<HlogWriter['add']>[0];

function interval(
  startMs: number,
  lengthMs: number,
  latenciesMs: readonly number[],
  kind = 'response',
): Interval {
  const histogram = new LatencyHistogram();
  for (const ms of latenciesMs) histogram.recordUs(ms * 1000);
  const encoded = histogram.encode();
  return { startMs, endMs: startMs + lengthMs, histograms: [{ group: 'a', kind, encoded }] };
}

async function write(intervals: readonly Interval[], startedAt = RECORD.startedAt): Promise<void> {
  const epochMs = Date.parse(startedAt);
  const lines = [
    ...formatHlogHeader(epochMs),
    ...intervals.flatMap((one) => formatHlogInterval(epochMs, one)),
  ];
  await writeFile(join(folder, 'latency.hlog'), `${lines.join('\n')}\n`);
}

const read = async (record = RECORD) => (await readSeconds([{ record, folder }])).get(record);

describe('latencies by the second', () => {
  it('are percentiles of all that came in a second of a steady phase', async () => {
    const quarters = [5000, 5250, 5500, 5750].map((startMs, at) => interval(startMs, 250, [at + 1]));
    await write([
      interval(4750, 250, [99]),
      ...quarters,
      interval(6000, 250, [7]),
      interval(6500, 250, [8], 'slip'),
    ]);
    const [a, b] = (await read()) ?? [];
    expect(a).toMatchObject({ phase: 1, group: 'a' });
    expect(a?.counts).toEqual([4, 1, ...new Array(38).fill(0)]);
    expect(a?.p50.slice(0, 3)).toEqual([2, 7, null].map((ms) => ms && expect.closeTo(ms, 1)));
    expect(a?.p99.slice(0, 3)).toEqual([4, 7, null].map((ms) => ms && expect.closeTo(ms, 1)));
    expect(b?.p50).toEqual(new Array(40).fill(null));
  });

  it('leave out what reaches over the edge of the phase, and take the middle of what is long', async () => {
    await write([
      interval(4900, 250, [1]),
      interval(5700, 500, [2]),
      interval(5800, 600, [3]),
      interval(44_900, 250, [4]),
    ]);
    const [a] = (await read()) ?? [];
    expect(a?.counts).toEqual([1, 1, ...new Array(38).fill(0)]);
  });

  it('are not there where the folder or the file is not, or is of another run, or is damaged', async () => {
    expect(await read()).toBeUndefined();
    expect(await readSeconds([{ record: RECORD, folder: null }])).toEqual(new Map());
    await write([interval(5000, 250, [1])], '2020-01-01T00:00:00.000Z');
    expect(await read()).toBeUndefined();
    const [header] = formatHlogHeader(Date.parse(RECORD.startedAt)).slice(1);
    await writeFile(
      join(folder, 'latency.hlog'),
      `${header}\nTag=a.response,1795256105.1,0.250,1.000,SGk=\n`,
    );
    expect((await read())?.[0]?.counts.every((count) => count === 0) ?? true).toBe(true);
  });

  it('are not looked for where no phase is steady', async () => {
    await write([interval(5000, 250, [1])]);
    const scenario = planOf([phaseOf('short', 10)]);
    expect(await read({ ...RECORD, scenario })).toBeUndefined();
  });
});
