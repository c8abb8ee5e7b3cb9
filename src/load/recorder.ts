/** Latencies by series, kind and phase class; flat memory, one interval at a time. */
import type { PathName } from '../core/boundary.ts';
import { LatencyHistogram } from '../core/histogram.ts';
import type { IntervalHistogram, LatencyKind } from './control.ts';
import type { Timetable } from './timetable.ts';

/** What latencies are told apart by: a client group, or the replies to one. */
export interface Series {
  readonly group: string;
  readonly path: PathName;
}

const KINDS = ['response', 'service', 'slip', 'age'] as const satisfies readonly LatencyKind[];
const RESPONSE = 0;
const SERVICE = 1;
const SLIP = 2;
const AGE = 3;

/** A histogram that was taken out of use, to be encoded and then given back. */
export interface FilledHistogram {
  readonly slot: number;
  readonly histogram: LatencyHistogram;
}

export class Recorder {
  readonly #series: readonly Series[];
  readonly #timetable: Timetable;
  /** Slot (series × 4 + kind) × 2 + measured. */
  readonly #active: (LatencyHistogram | undefined)[] = [];
  readonly #spare: (LatencyHistogram | undefined)[] = [];
  /** From the thaw on, what is received says nothing about a reader's latency. */
  isFrozen = false;

  constructor(series: readonly Series[], timetable: Timetable) {
    this.#series = series;
    this.#timetable = timetable;
  }

  /** Something arrived `responseUs` after it was intended and `serviceUs` after it was sent. */
  recordDelivery(series: number, intendedUs: number, responseUs: number, serviceUs: number): void {
    if (this.isFrozen) return;
    const slot = this.#slotOf(series, intendedUs);
    this.#histogram(slot + RESPONSE * 2).recordUs(responseUs);
    this.#histogram(slot + SERVICE * 2).recordUs(serviceUs);
  }

  recordSlip(series: number, intendedUs: number, slipUs: number): void {
    this.#histogram(this.#slotOf(series, intendedUs) + SLIP * 2).recordUs(slipUs);
  }

  /** The newest thing a subscriber knew at `nowUs` was `ageUs` old. */
  recordAge(series: number, nowUs: number, ageUs: number): void {
    if (this.isFrozen) return;
    this.#histogram(this.#slotOf(series, nowUs) + AGE * 2).recordUs(ageUs);
  }

  /** Takes out everything recorded since the last call; the recording goes on in empty histograms. */
  takeFilled(): FilledHistogram[] {
    const filled: FilledHistogram[] = [];
    this.#active.forEach((histogram, slot) => {
      if (histogram === undefined || histogram.count === 0) return;
      filled.push({ slot, histogram });
      this.#active[slot] = this.#spare[slot];
      this.#spare[slot] = undefined;
    });
    return filled;
  }

  /** Encodes one of {@link takeFilled}, which may be used again after that. About 0.3 ms. */
  encode({ slot, histogram }: FilledHistogram): IntervalHistogram {
    const { group, path } = this.#series[slot >> 3] as Series;
    const encoded: IntervalHistogram = {
      group,
      path,
      kind: KINDS[(slot >> 1) & 3] as LatencyKind,
      measured: (slot & 1) === 1,
      encoded: histogram.encode(),
      count: histogram.count,
      p50Ms: histogram.percentileMs(50) ?? 0,
      p99Ms: histogram.percentileMs(99) ?? 0,
      maxMs: histogram.percentileMs(100) ?? 0,
    };
    histogram.reset();
    this.#spare[slot] = histogram;
    return encoded;
  }

  #slotOf(series: number, intendedUs: number): number {
    return series * 8 + (this.#timetable.measuredAt(intendedUs) ? 1 : 0);
  }

  #histogram(slot: number): LatencyHistogram {
    let histogram = this.#active[slot];
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.#active[slot] = histogram;
    }
    return histogram;
  }
}
