/**
 * `latency.hlog`: an HdrHistogram log, format 1.3, as the run goes. Values are whole microseconds,
 * `Interval_Max` is in milliseconds, timestamps are absolute seconds of wall time.
 */
import type { BenchError } from '../core/errors.ts';
import { LatencyHistogram } from '../core/histogram.ts';
import { LineFile } from './line-file.ts';

/** One group's histogram of one interval. */
export interface IntervalHistogramInput {
  readonly group: string;
  /** `response`, `service`, `slip`, `age` … */
  readonly kind: string;
  /** HdrHistogram V2 of microseconds, compressed, base64. */
  readonly encoded: string;
}

/** Between two moments, in milliseconds since the run's epoch. */
export interface IntervalInput {
  readonly startMs: number;
  readonly endMs: number;
  readonly histograms: readonly IntervalHistogramInput[];
}

export interface HlogOptions {
  /** Wall time of the run's epoch: the moment from which intervals count their milliseconds. */
  readonly epochIso: string;
}

/**
 * Writes for each interval one untagged line (all groups' `response` merged; a tool that reads tags needs
 * one to be there) and one line tagged `<group>.<kind>` for each that has samples.
 *
 * Errors while writing are remembered in `error`, as in {@link LineFile}.
 */
export class HlogWriter implements AsyncDisposable {
  readonly #lines: LineFile;
  readonly #epochMs: number;

  constructor(lines: LineFile, options: HlogOptions) {
    this.#lines = lines;
    this.#epochMs = Date.parse(options.epochIso);
    if (Number.isNaN(this.#epochMs)) {
      throw new RangeError(`epochIso must be ISO wall time, got '${options.epochIso}'`);
    }
    for (const line of formatHlogHeader(this.#epochMs)) lines.append(line);
  }

  /** A new file. Errors: BPB_ERR_RESULTS_NOT_WRITABLE, BPB_ERR_WRITE_FAILED. */
  static async create(path: string, options: HlogOptions): Promise<HlogWriter> {
    return new HlogWriter(await LineFile.create(path), options);
  }

  add(interval: IntervalInput): void {
    for (const line of formatHlogInterval(this.#epochMs, interval)) this.#lines.append(line);
  }

  get error(): BenchError | null {
    return this.#lines.error;
  }

  get droppedLines(): number {
    return this.#lines.droppedLines;
  }

  flush(): Promise<void> {
    return this.#lines.flush();
  }

  close(): Promise<void> {
    return this.#lines.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The lines in front of the first interval; `epochMs` is wall time, ms since 1970. */
export function formatHlogHeader(epochMs: number): string[] {
  return [
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${seconds(epochMs)} (seconds since epoch), ${new Date(epochMs).toISOString()}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ];
}

/**
 * The lines of one interval: all groups' `response` together without a tag, then those with one. None where nothing came,
 * so that the log can be made again from its tagged lines.
 */
export function formatHlogInterval(epochMs: number, { startMs, endMs, histograms }: IntervalInput): string[] {
  const responses = new LatencyHistogram();
  /** `encoded` is `null` where several were merged. */
  const tagged = new Map<string, { histogram: LatencyHistogram; encoded: string | null }>();
  for (const { group, kind, encoded } of histograms) {
    const histogram = LatencyHistogram.decode(encoded);
    if (kind === 'response') responses.add(histogram);
    const tag = `${toTag(group)}.${toTag(kind)}`;
    const known = tagged.get(tag);
    if (known === undefined) tagged.set(tag, { histogram, encoded });
    else {
      known.histogram.add(histogram);
      known.encoded = null;
    }
  }
  const line = (tag: string, histogram: LatencyHistogram, encoded = histogram.encode()): string => {
    const maxMs = (histogram.maxMs ?? 0).toFixed(3);
    return `${tag}${seconds(epochMs + startMs)},${seconds(endMs - startMs)},${maxMs},${encoded}`;
  };
  const filled = [...tagged].filter(([, { histogram }]) => histogram.count > 0);
  if (filled.length === 0) return [];
  return [
    line('', responses),
    ...filled.map(([tag, { histogram, encoded }]) => line(`Tag=${tag},`, histogram, encoded ?? undefined)),
  ];
}

/** A name as the text of a tag: log readers split at commas and blanks and check nothing. */
export function toTag(name: string): string {
  return name.replace(/[^A-Za-z0-9_.:|-]+/g, '-') || 'unnamed';
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
