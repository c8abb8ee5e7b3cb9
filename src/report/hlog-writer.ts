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
    lines.append('#[Histogram log format version 1.3]');
    lines.append(
      `#[StartTime: ${seconds(this.#epochMs)} (seconds since epoch), ${new Date(this.#epochMs).toISOString()}]`,
    );
    lines.append('"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"');
  }

  /** A new file. Errors: BPB_ERR_RESULTS_NOT_WRITABLE, BPB_ERR_WRITE_FAILED. */
  static async create(path: string, options: HlogOptions): Promise<HlogWriter> {
    return new HlogWriter(await LineFile.create(path), options);
  }

  add(interval: IntervalInput): void {
    const responses = new LatencyHistogram();
    const tagged = new Map<string, LatencyHistogram>();
    for (const { group, kind, encoded } of interval.histograms) {
      const histogram = LatencyHistogram.decode(encoded);
      if (kind === 'response') responses.add(histogram);
      const tag = `${toTag(group)}.${toTag(kind)}`;
      const known = tagged.get(tag);
      if (known === undefined) tagged.set(tag, histogram);
      else known.add(histogram);
    }
    this.#line(interval, '', responses);
    for (const [tag, histogram] of tagged) {
      if (histogram.count > 0) this.#line(interval, `Tag=${tag},`, histogram);
    }
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

  #line({ startMs, endMs }: IntervalInput, tag: string, histogram: LatencyHistogram): void {
    const maxMs = (histogram.summary().max ?? 0).toFixed(3);
    const start = seconds(this.#epochMs + startMs);
    this.#lines.append(`${tag}${start},${seconds(endMs - startMs)},${maxMs},${histogram.encode()}`);
  }
}

/** Log readers split at commas and blanks and check nothing. */
function toTag(name: string): string {
  return name.replace(/[^A-Za-z0-9_.:|-]+/g, '-') || 'unnamed';
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
