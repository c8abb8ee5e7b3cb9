/** Adds up the interval histograms of the load worker: by group, by path, and interval by interval. */
import type { PathName } from '../core/boundary.ts';
import { LatencyHistogram } from '../core/histogram.ts';
import type { IntervalHistogram, LatencyKind } from '../load/control.ts';

/** One interval of one group's `response`, for checks over time. */
export interface ResponseInterval {
  group: string;
  startMs: number;
  endMs: number;
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export class LatencyBook {
  readonly #totals = new Map<string, LatencyHistogram>();
  /** Every interval of `response`: 4 numbers per group and interval, the one thing that grows with time. */
  readonly intervals: ResponseInterval[] = [];
  /** Samples per group that no measured total holds: of phases that are not measured. */
  readonly unmeasured = new Map<string, number>();

  add(startMs: number, endMs: number, histograms: readonly IntervalHistogram[]): void {
    for (const one of histograms) {
      if (one.kind === 'response') {
        const { group, count, p50Ms, p99Ms, maxMs } = one;
        this.intervals.push({ group, startMs, endMs, count, p50Ms, p99Ms, maxMs });
      }
      if (!one.measured) {
        if (one.kind === 'response')
          this.unmeasured.set(one.group, (this.unmeasured.get(one.group) ?? 0) + one.count);
        continue;
      }
      const decoded = LatencyHistogram.decode(one.encoded);
      this.#total(`group/${one.group}/${one.kind}`).add(decoded);
      this.#total(`path/${one.path}/${one.kind}`).add(decoded);
    }
  }

  ofGroup(group: string, kind: LatencyKind): LatencyHistogram {
    return this.#totals.get(`group/${group}/${kind}`) ?? EMPTY;
  }

  ofPath(path: PathName, kind: LatencyKind): LatencyHistogram {
    return this.#totals.get(`path/${path}/${kind}`) ?? EMPTY;
  }

  /** The measured total of one kind over everything. */
  ofAll(kind: LatencyKind): LatencyHistogram {
    const all = new LatencyHistogram();
    for (const [key, histogram] of this.#totals) {
      if (key.startsWith('path/') && key.endsWith(`/${kind}`)) all.add(histogram);
    }
    return all;
  }

  #total(key: string): LatencyHistogram {
    let histogram = this.#totals.get(key);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.#totals.set(key, histogram);
    }
    return histogram;
  }
}

const EMPTY = new LatencyHistogram();
