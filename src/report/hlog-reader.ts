/** `latency.hlog` read back: every interval whose histogram can be decoded. */
import type { FileHandle } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { HIGHEST_US } from '../core/histogram.ts';
import { type LineLimits, readLines } from './read-file.ts';
import type { LatencyInterval } from './report.ts';
import { describeDamage } from './timeline-reader.ts';

export const HLOG_LIMITS: LineLimits = { maxBytes: 256 * 1024 ** 2, maxLineBytes: 1024 ** 2 };

export interface HlogRead {
  /** Wall time of the run's epoch, ms since 1970; `null` for a log that does not say. */
  readonly startTimeMs: number | null;
  /** The tagged lines. */
  readonly intervals: LatencyInterval[];
  readonly problems: string[];
}

const START_TIME = /^#\[StartTime: (\d+(?:\.\d+)?) /;
const LINE =
  /^(?:Tag=(?<group>[^,]*)\.(?<kind>[^,.]+),)?(?<start>\d+(?:\.\d+)?),(?<length>\d+(?:\.\d+)?),\d+(?:\.\d+)?,(?<encoded>[A-Za-z0-9+/]+={0,2})$/;

/**
 * Reads what `HlogWriter` wrote. A tag holds a group's name without what tags may not have: `nameOf` gives the name
 * back (default: the tag's own text). Damaged lines are left out and counted; a torn last line is no problem.
 */
export async function readHlog(
  file: FileHandle,
  nameOf: (tag: string) => string = (tag) => tag,
  limits: LineLimits = HLOG_LIMITS,
): Promise<HlogRead> {
  let startTimeMs: number | null = null;
  let damaged = 0;
  const intervals: LatencyInterval[] = [];
  const { tooLong, isCut } = await readLines(file, limits, (line, isWhole) => {
    if (line.startsWith('#')) {
      startTimeMs ??= hlogStartMs(line);
      return;
    }
    if (line.startsWith('"')) return;
    const parts = LINE.exec(line)?.groups;
    const encoded = parts?.['encoded'] ?? '';
    if (parts === undefined || startTimeMs === null || !isHistogram(encoded)) {
      if (isWhole) damaged++;
      return;
    }
    const { group, kind, start, length } = parts;
    if (group === undefined || kind === undefined) return; // all groups together: made again from the tagged lines
    const startMs = Math.round(Number(start) * 1000) - startTimeMs;
    const endMs = startMs + Math.round(Number(length) * 1000);
    intervals.push({ startMs, endMs, group: nameOf(group), kind, encoded });
  });
  return {
    startTimeMs,
    intervals,
    problems: describeDamage('latency.hlog', damaged + tooLong, isCut, limits),
  };
}

/** Wall time of the run's epoch, ms since 1970, from the comment that says it; `null` of any other line. */
export function hlogStartMs(line: string): number | null {
  const seconds = START_TIME.exec(line)?.[1];
  return seconds === undefined ? null : Math.round(Number(seconds) * 1000);
}

const COMPRESSED_V2 = 0x1c849314;
const V2 = 0x1c849313;
const HEADER_BYTES = 40;
/** Counts of a histogram of our range: 21 halves of 2,048 sub-buckets. */
const MAX_COUNTS = 21 * 1024;
const MAX_VARINT_BYTES = 9;
/** Most histograms are small; Node takes as much memory for each inflation as this says. */
const INFLATE_CHUNK_BYTES = 4096;

/**
 * Whether `encoded` is a V2 histogram that a `LatencyHistogram` can take in. Looked at before anybody decodes it: a few
 * bytes of deflate unpack to gigabytes, and the range decides how much memory the decoder takes. Ten times as quick as
 * decoding it.
 */
function isHistogram(encoded: string): boolean {
  // Node decodes what is no whole base64, and the decoder of the histograms does not.
  if (encoded.length % 4 !== 0) return false;
  try {
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.readUInt32BE(0) !== COMPRESSED_V2) return false;
    const inner = inflateSync(bytes.subarray(8, 8 + bytes.readUInt32BE(4)), {
      maxOutputLength: HEADER_BYTES + MAX_COUNTS * MAX_VARINT_BYTES,
      chunkSize: INFLATE_CHUNK_BYTES,
    });
    const isOurs =
      inner.readUInt32BE(0) === V2 &&
      inner.readUInt32BE(4) === inner.length - HEADER_BYTES &&
      inner.readUInt32BE(12) === 3 &&
      inner.readBigUInt64BE(16) === 1n &&
      inner.readBigUInt64BE(24) <= BigInt(HIGHEST_US);
    return isOurs && countsFit(inner.subarray(HEADER_BYTES));
  } catch {
    return false;
  }
}

/** Zigzag variable-length integers: one above 0 is a count, one below 0 that many counts of 0. */
function countsFit(payload: Buffer): boolean {
  let counts = 0;
  for (let at = 0; at < payload.length; ) {
    let value = 0;
    let factor = 1;
    for (let byte = 128; byte >= 128; factor *= 128) {
      byte = payload[at++] ?? Number.NaN;
      if (Number.isNaN(byte) || factor > 2 ** 35) return false;
      value += (byte & 127) * factor;
    }
    if (value >= 2 ** 32) return false;
    counts += value % 2 === 1 ? (value + 1) / 2 : 1;
    if (counts > MAX_COUNTS) return false;
  }
  return true;
}
