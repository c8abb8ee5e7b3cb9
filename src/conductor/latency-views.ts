/** The three honest views of one latency: of the delivered, of all that was offered, and in time or not. */
import type { LatencyHistogram } from '../core/histogram.ts';
import type { LatencyOfAll, LatencyViews } from '../core/record.ts';

export interface LatencySources {
  readonly response: LatencyHistogram;
  readonly service: LatencyHistogram;
  readonly slip: LatencyHistogram;
  /** `null` where there is no age of information: requests. */
  readonly age: LatencyHistogram | null;
  /** Copies or requests offered, and those of them that have no latency because they never came (or came after the thaw). */
  readonly offered: number;
  /** Deliveries of phases that are not measured: neither served nor missed here. */
  readonly unmeasured: number;
  /** `null` where it was not counted. */
  readonly inTime: number | null;
  readonly deadlineMs: number;
}

export function buildLatencyViews(sources: LatencySources): LatencyViews {
  const { response, offered, unmeasured, inTime, deadlineMs } = sources;
  const undelivered = Math.max(0, offered - unmeasured - response.count);
  return {
    response: response.summary(),
    service: sources.service.summary(),
    slip: sources.slip.summary(),
    age: sources.age === null ? null : sources.age.summary(),
    all: buildLatencyOfAll(response, undelivered),
    deadlineMiss: {
      deadlineMs,
      share: offered === 0 || inTime === null ? null : 1 - Math.min(inTime, offered) / offered,
    },
  };
}

/** Percentiles over delivered and undelivered together: the undelivered are later than everything. */
export function buildLatencyOfAll(delivered: LatencyHistogram, undelivered: number): LatencyOfAll {
  const count = delivered.count + undelivered;
  const at = (percentile: number): number | 'inf' | null => {
    if (count === 0) return null;
    const rank = (percentile / 100) * count;
    if (rank > delivered.count || delivered.count === 0) return 'inf';
    return delivered.percentileMs(Math.min(100, (rank / delivered.count) * 100));
  };
  return {
    unit: 'ms',
    count,
    undelivered,
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: at(100),
  };
}
