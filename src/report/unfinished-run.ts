/** A folder without a record: no result at all, or what a killed run left. */
import { readdir } from 'node:fs/promises';
import type { BenchError } from '../core/errors.ts';
import { formatCount, formatDurationMs } from '../core/units.ts';
import { readHlog } from './hlog-reader.ts';
import { openInside, refuse } from './read-file.ts';
import { LATEST } from './result-store.ts';
import { readTimeline } from './timeline-reader.ts';

/** The error that says what is there and what to try. */
export async function describeUnfinished(folder: string): Promise<BenchError> {
  const names = await readdir(folder);
  const left = [await describeTimeline(folder), await describeHlog(folder)].filter((text) => text !== null);
  if (left.length > 0) {
    return refuse(`${folder} has no record.json: the run was killed before it could write one`, [
      ...left.map((text) => `there is ${text}`),
      'play it again; Ctrl-C, unlike SIGKILL, leaves a record of what was measured',
    ]);
  }
  return refuse(`${folder} is no result folder: it has no record.json`, [
    names.includes(LATEST)
      ? `it holds results: name one of them, such as ${folder}/${LATEST}`
      : 'expected a folder that bpbench run or compare has written',
  ]);
}

async function describeTimeline(folder: string): Promise<string | null> {
  const file = await openInside(folder, 'timeline.ndjson').catch(() => null);
  if (file === null) return null;
  const { header, rows } = await readTimeline(file).finally(() => file.close());
  const what = header === null ? '' : ` of ${header.scenario} under ${header.strategy}, seed ${header.seed},`;
  const last = rows.at(-1);
  const until =
    last === undefined
      ? ''
      : `, the last after ${formatDurationMs(last.tMs)}${last.phase === null ? '' : ` in the phase ${last.phase}`}`;
  return `timeline.ndjson${what} with ${formatCount(rows.length)} moments${until}`;
}

async function describeHlog(folder: string): Promise<string | null> {
  const file = await openInside(folder, 'latency.hlog').catch(() => null);
  if (file === null) return null;
  const { intervals } = await readHlog(file).finally(() => file.close());
  return `latency.hlog with ${formatCount(intervals.length)} histograms`;
}
