/**
 * The single door to HdrHistogram. Values are latencies in whole microseconds, 3 significant digits,
 * flat memory. Fractions would leak into the maximum and negatives throw, so `recordUs` rounds and
 * clamps, and counts what it had to clamp from above as `overflow`.
 */
import * as hdr from 'hdr-histogram-js';

/** The longest latency that is told apart, in microseconds: ten minutes. Longer ones count as this. */
export const HIGHEST_US = 600_000_000;

/** The numbers of one histogram, in milliseconds; `null` where there is no sample. */
export interface LatencySummary {
  unit: 'ms';
  count: number;
  min: number | null;
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  p999: number | null;
  max: number | null;
}

const OPTIONS = {
  bitBucketSize: 32,
  autoResize: false,
  lowestDiscernibleValue: 1,
  highestTrackableValue: HIGHEST_US,
  numberOfSignificantValueDigits: 3,
  useWebAssembly: false,
} as const;

export class LatencyHistogram {
  #histogram: hdr.Histogram;
  /** Samples above {@link HIGHEST_US}, recorded as that. */
  overflow = 0;

  constructor(histogram: hdr.Histogram = hdr.build(OPTIONS)) {
    this.#histogram = histogram;
  }

  /** Reads what {@link encode} wrote. Throws on text that is no V2 histogram. */
  static decode(base64: string): LatencyHistogram {
    return new LatencyHistogram(hdr.decodeFromCompressedBase64(base64, 32, false));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** One latency in microseconds; below 0 counts as 0 (clocks of two processes differ by less than 1 µs). */
  recordUs(us: number, count = 1): void {
    let value = Math.round(us);
    if (!(value >= 0)) value = 0;
    else if (value > HIGHEST_US) {
      value = HIGHEST_US;
      this.overflow += count;
    }
    if (count === 1) this.#histogram.recordValue(value);
    else if (count > 1) this.#histogram.recordValueWithCount(value, count);
  }

  add(other: LatencyHistogram): void {
    if (other.count > 0) this.#histogram.add(other.#histogram);
    this.overflow += other.overflow;
  }

  reset(): void {
    this.#histogram.reset();
    this.overflow = 0;
  }

  /** The largest value in milliseconds, or `null` without samples. */
  get maxMs(): number | null {
    return this.count === 0 ? null : this.#histogram.maxValue / 1000;
  }

  /** The value at `percentile` (0 to 100) in milliseconds, or `null` without samples. */
  percentileMs(percentile: number): number | null {
    return this.count === 0 ? null : this.#histogram.getValueAtPercentile(percentile) / 1000;
  }

  summary(): LatencySummary {
    const h = this.#histogram;
    if (h.totalCount === 0) {
      return {
        unit: 'ms',
        count: 0,
        min: null,
        mean: null,
        p50: null,
        p90: null,
        p95: null,
        p99: null,
        p999: null,
        max: null,
      };
    }
    const at = (percentile: number) => h.getValueAtPercentile(percentile) / 1000;
    return {
      unit: 'ms',
      count: h.totalCount,
      min: h.minNonZeroValue > h.maxValue || at(0) === 0 ? 0 : h.minNonZeroValue / 1000,
      mean: Math.round(h.mean) / 1000,
      p50: at(50),
      p90: at(90),
      p95: at(95),
      p99: at(99),
      p999: at(99.9),
      max: h.maxValue / 1000,
    };
  }

  /**
   * The classic table of HdrHistogram, in milliseconds: value, percentile, count up to it, 1/(1 - percentile); five rows
   * for each halving of what is above. Ends with a line break.
   */
  percentileDistribution(): string {
    return this.#histogram.outputPercentileDistribution(5, 1000);
  }

  /** HdrHistogram V2, compressed, base64: the payload of an `.hlog` line. */
  encode(): string {
    return hdr.encodeIntoCompressedBase64(this.#histogram);
  }
}
