/** `timeline.ndjson` read back: what is whole of it, and what is not in words. */
import type { FileHandle } from 'node:fs/promises';
import { formatBytes, formatCount } from '../core/units.ts';
import { type LineLimits, readLines } from './read-file.ts';
import { readJson } from './read-json.ts';
import { TIMELINE_VERSION, type TimelineHeader, type TimelineRow } from './timeline-row.ts';
import { timelineHeaderSchema, timelineRowSchema } from './timeline-schema.ts';

/** Hours of a run; a line is below 4 KiB unless somebody has hundreds of groups. */
export const TIMELINE_LIMITS: LineLimits = { maxBytes: 256 * 1024 ** 2, maxLineBytes: 1024 ** 2 };

export interface TimelineRead {
  readonly header: TimelineHeader | null;
  readonly rows: TimelineRow[];
  readonly problems: string[];
}

/**
 * Lines that are no rows are left out and counted; a torn last line, as a killed run leaves it, is no problem.
 * A timeline of a later version has no rows for us.
 */
export async function readTimeline(
  file: FileHandle,
  limits: LineLimits = TIMELINE_LIMITS,
): Promise<TimelineRead> {
  let header: TimelineHeader | null = null;
  let laterVersion: number | null = null;
  let damaged = 0;
  const rows: TimelineRow[] = [];
  const { tooLong, isCut } = await readLines(file, limits, (line, isWhole) => {
    const value = parse(line);
    if (value === undefined) {
      if (isWhole) damaged++;
      return;
    }
    if (isRow(value)) rows.push(value);
    else if (header === null && isHeader(value)) header = value;
    else {
      laterVersion ??= versionOf(value);
      damaged++;
    }
  });
  if (laterVersion !== null) {
    const problem = `timeline.ndjson has version ${laterVersion}, this bpbench reads up to ${TIMELINE_VERSION}: left out`;
    return { header, rows: [], problems: [problem] };
  }
  return { header, rows, problems: describeDamage('timeline.ndjson', damaged + tooLong, isCut, limits) };
}

/** What was left out of a file of lines, in words. */
export function describeDamage(name: string, damaged: number, isCut: boolean, limits: LineLimits): string[] {
  const problems: string[] = [];
  if (damaged > 0) {
    const lines = damaged === 1 ? 'line is' : 'lines are';
    problems.push(`${name}: ${formatCount(damaged)} ${lines} damaged and left out`);
  }
  if (isCut) problems.push(`${name}: only its first ${formatBytes(limits.maxBytes)} were read`);
  return problems;
}

function parse(line: string): unknown {
  try {
    return readJson(line);
  } catch {
    return undefined;
  }
}

function isRow(value: unknown): value is TimelineRow {
  return timelineRowSchema.safeParse(value).success;
}

function isHeader(value: unknown): value is TimelineHeader {
  return timelineHeaderSchema.safeParse(value).success;
}

function versionOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('timelineVersion' in value)) return null;
  const { timelineVersion } = value;
  return typeof timelineVersion === 'number' && timelineVersion > TIMELINE_VERSION ? timelineVersion : null;
}
