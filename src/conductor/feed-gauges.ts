/** What the samples of one run tell of the store and the feeds: the last counts, and the worst of what goes up and down. */
import type { FeedResult } from '../core/record.ts';
import type { SystemSample } from '../core/samples.ts';

const MINUTE_MS = 60_000;
/** One reading of a counter is kept for each of these. */
const STEP_MS = 500;

export class FeedGauges {
  readonly #lagMax = new Map<string, number>();
  readonly #sseLags = new BusiestMinute();
  readonly #relayLags = new BusiestMinute();
  #last: SystemSample | null = null;

  add(sample: SystemSample): void {
    this.#last = sample;
    for (const { name, lag } of sample.projections ?? []) {
      this.#lagMax.set(name, Math.max(lag, this.#lagMax.get(name) ?? 0));
    }
    if (sample.sse !== undefined) this.#sseLags.add(sample.tMs, sample.sse.lags);
    if (sample.relay !== undefined) this.#relayLags.add(sample.tMs, sample.relay.lags);
  }

  /** `null` before the first sample. */
  read(): FeedResult | null {
    if (this.#last === null) return null;
    const { store = null, projections = [], sse, relay } = this.#last;
    return {
      store,
      projections: projections.map((one) => ({ ...one, lagMax: this.#lagMax.get(one.name) ?? one.lag })),
      sse: sse === undefined ? null : { ...sse, lagsPerMinuteMax: this.#sseLags.max },
      relay: relay === undefined ? null : { ...relay, lagsPerMinuteMax: this.#relayLags.max },
    };
  }
}

/**
 * The most that a counter rose within one minute, to half a second; of a shorter run all of it. It starts at 0, as
 * the system does.
 */
export class BusiestMinute {
  max = 0;
  /** At most one for each step of the last minute, and the one before it. */
  readonly #readings: { readonly tMs: number; readonly count: number }[] = [];

  add(tMs: number, count: number): void {
    const readings = this.#readings;
    while ((readings[1]?.tMs ?? Number.POSITIVE_INFINITY) <= tMs - MINUTE_MS) readings.shift();
    const oldest = readings[0];
    const before = oldest !== undefined && oldest.tMs <= tMs - MINUTE_MS ? oldest.count : 0;
    this.max = Math.max(this.max, count - before);
    if (tMs - (readings.at(-1)?.tMs ?? Number.NEGATIVE_INFINITY) >= STEP_MS) readings.push({ tMs, count });
  }
}
