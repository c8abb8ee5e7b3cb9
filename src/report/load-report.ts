/** A result on disk → what every format is made from. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { ArmRun, ComparisonRecord } from '../core/comparison.ts';
import { messageOf } from '../core/errors.ts';
import type { RunRecord } from '../core/record.ts';
import { quoteForShell } from '../core/shell.ts';
import { readHlog } from './hlog-reader.ts';
import { toTag } from './hlog-writer.ts';
import { isInside, openInside, openRegular, readBounded, refuse } from './read-file.ts';
import { parseDocument } from './record-document.ts';
import type { ComparisonReport, LatencyInterval, Report, RunReport } from './report.ts';
import { LATEST } from './result-store.ts';
import { readTimeline } from './timeline-reader.ts';
import type { TimelineRow } from './timeline-row.ts';
import { describeUnfinished } from './unfinished-run.ts';
import { errorCodeOf } from './write-error.ts';

/** A record of a thousand stalls and a hundred groups has some 2 MB. */
const MAX_RECORD_BYTES = 64 * 1024 ** 2;
const MAX_POINTER_BYTES = 4096;

export interface LoadOptions {
  /** `false`: records alone, without timelines and histograms. Default `true`. */
  readonly withSeries?: boolean;
  /** Default 64 MiB. */
  readonly maxRecordBytes?: number;
  /** A folder of results: a bare name that is nothing here is looked for there. Default: it is not. */
  readonly results?: string;
}

/**
 * Reads a result: its folder, its `record.json` (under any name), or `latest`, as link or as file. A comparison brings
 * those of its runs whose folders are found.
 *
 * What of a folder is damaged, foreign or missing stands in `problems`, and the rest is used.
 * Errors: BPB_ERR_USAGE for what is not there, no result, cut off, damaged, too large, or of a later version; for a
 * folder whose run was killed before its record was written, with what there is of it.
 */
export async function loadReport(path: string, options: LoadOptions = {}): Promise<Report> {
  const place = await findRecord(path, options.results);
  const record = await readRecord(place, options);
  const folder = place.folder ?? dirname(place.path);
  return record.kind === 'run'
    ? await loadRun(record, folder, options)
    : await loadComparison(record, folder, options);
}

async function readRecord(place: Place, options: LoadOptions): Promise<RunRecord | ComparisonRecord> {
  const file =
    place.folder === null
      ? await openRegular(place.path)
      : await openInside(place.folder, basename(place.path));
  if (file === null) throw await describeUnfinished(dirname(place.path));
  try {
    const text = await readBounded(file, place.path, options.maxRecordBytes ?? MAX_RECORD_BYTES);
    return parseDocument(text, place.path);
  } finally {
    await file.close();
  }
}

/** A run that has just been played, with what its folder holds; without a folder it has no series. */
export async function readRun(record: RunRecord, folder: string | null): Promise<RunReport> {
  if (folder !== null) return await loadRun(record, folder, {});
  return { kind: 'run', record, folder, timeline: [], intervals: [], problems: [] };
}

/** The same of a comparison; its runs in the order in which they are given. */
export async function readComparison(
  record: ComparisonRecord,
  folder: string | null,
  played: readonly { readonly record: RunRecord; readonly folder: string | null }[],
): Promise<ComparisonReport> {
  const runs: RunReport[] = [];
  for (const run of played) runs.push(await readRun(run.record, run.folder));
  return { kind: 'comparison', record, runs, folder, problems: [] };
}

interface Place {
  /** Absolute and without links; `null` where a file was named. */
  readonly folder: string | null;
  readonly path: string;
}

async function findRecord(path: string, results: string | undefined): Promise<Place> {
  const real = await resolveThere(path, results);
  const facts = await stat(real);
  if (facts.isDirectory()) return { folder: real, path: join(real, 'record.json') };
  // Where links are not allowed, `latest` is a file that holds the name of a folder beside it.
  if (facts.isFile() && basename(path) === LATEST && facts.size <= MAX_POINTER_BYTES) {
    const name = (await readFile(real, 'utf8')).trim();
    if (name === '' || name !== basename(name) || name.startsWith('.')) {
      throw refuse(`${path} names no result folder beside it: '${name.slice(0, 80)}'`);
    }
    const folder = await resolveThere(join(dirname(real), name));
    if (dirname(folder) !== dirname(real)) throw refuse(`${path} leads to ${folder}, outside its folder`);
    return { folder, path: join(folder, 'record.json') };
  }
  return { folder: null, path: real };
}

/** What is here comes first. */
async function resolveThere(path: string, results?: string): Promise<string> {
  const isBare = path !== '' && path === basename(path);
  const places = [path, ...(results !== undefined && isBare ? [join(results, path)] : [])];
  for (const place of places) {
    try {
      return await realpath(place);
    } catch (thrown) {
      if (!['ENOENT', 'ENOTDIR'].includes(errorCodeOf(thrown))) {
        throw refuse(`cannot read ${place}: ${messageOf(thrown)}`, [], thrown);
      }
    }
  }
  const looked = isAbsolute(path)
    ? ''
    : `: looked for ${places.map((place) => resolve(place)).join(' and ')}`;
  const where = results === undefined || results === 'results' ? '' : ` --results ${quoteForShell(results)}`;
  throw refuse(`there is no ${path}${looked}`, [
    'name a result folder, its record.json, or latest',
    `bpbench list results${where} shows which there are`,
  ]);
}

export interface Series {
  readonly timeline: readonly TimelineRow[];
  readonly intervals: readonly LatencyInterval[];
  readonly problems: readonly string[];
}

async function loadRun(record: RunRecord, folder: string, options: LoadOptions): Promise<RunReport> {
  const none: Series = { timeline: [], intervals: [], problems: [] };
  const series = options.withSeries === false ? none : await loadSeries(record, folder);
  return { kind: 'run', record, folder, ...series };
}

/**
 * Timeline and histograms of a run from the files beside its record. Raw files that stand there by chance, of another
 * run, are left out. Throws nothing: what cannot be read is among the problems.
 */
export async function loadSeries(record: RunRecord, folder: string): Promise<Series> {
  const problems: string[] = [];
  const timeline = await readIfThere(folder, 'timeline.ndjson', record, problems, readTimeline);
  const nameOf = namesByTag(record);
  const hlog = await readIfThere(folder, 'latency.hlog', record, problems, (file) => readHlog(file, nameOf));
  const isOwnTimeline = timeline === null || timeline.header === null || timeline.header.id === record.id;
  const isOwnHlog = hlog === null || hlog.startTimeMs === Date.parse(record.startedAt);
  if (isOwnTimeline) problems.push(...(timeline?.problems ?? []));
  else problems.push(`timeline.ndjson is of another run (${timeline.header?.id}): left out`);
  if (isOwnHlog) problems.push(...(hlog?.problems ?? []));
  else problems.push('latency.hlog is of another run: left out');
  return {
    timeline: isOwnTimeline ? (timeline?.rows ?? []) : [],
    intervals: isOwnHlog ? (hlog?.intervals ?? []) : [],
    problems,
  };
}

async function readIfThere<T>(
  folder: string,
  name: string,
  { files }: RunRecord,
  problems: string[],
  read: (file: NonNullable<Awaited<ReturnType<typeof openInside>>>) => Promise<T>,
): Promise<T | null> {
  try {
    const file = await openInside(folder, name);
    if (file === null) {
      if (files.includes(name)) problems.push(`${name} is not there`);
      return null;
    }
    try {
      return await read(file);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    problems.push(messageOf(thrown));
    return null;
  }
}

/** Tags hold the names of groups without what tags may not have. */
function namesByTag({ scenario, groups }: RunRecord): (tag: string) => string {
  const names = new Map<string, string>();
  for (const name of [...scenario.clients.map((client) => client.name), ...Object.keys(groups)]) {
    if (!names.has(toTag(name))) names.set(toTag(name), name);
  }
  return (tag) => names.get(tag) ?? tag;
}

async function loadComparison(
  record: ComparisonRecord,
  folder: string,
  options: LoadOptions,
): Promise<Report> {
  const runs: RunReport[] = [];
  const problems: string[] = [];
  for (const run of record.runs) {
    if (run.folder === null) continue;
    try {
      runs.push(await loadRunOf(run, folder, options));
    } catch (thrown) {
      problems.push(`run ${run.id} of ${run.arm}: ${messageOf(thrown)}`);
    }
  }
  return { kind: 'comparison', record, runs, folder, problems };
}

/** Only folders beside the comparison's own, or in it: a record may say anything. */
async function loadRunOf(run: ArmRun, comparison: string, options: LoadOptions): Promise<RunReport> {
  const written = run.folder ?? '';
  const folder = join(comparison, written);
  const base = dirname(comparison);
  if (isAbsolute(written) || !isInside(folder, base) || folder === base) {
    throw refuse(`its folder '${written}' lies outside of ${base}`);
  }
  const real = await resolveThere(folder);
  if (!isInside(real, base)) throw refuse(`${folder} leads to ${real}, outside of ${base}`);
  const record = await readRecord({ folder: real, path: join(real, 'record.json') }, options);
  if (record.kind !== 'run') throw refuse(`${folder} is no run`);
  if (record.id !== run.id) throw refuse(`${folder} is of another run, ${record.id}`);
  return await loadRun(record, real, options);
}
