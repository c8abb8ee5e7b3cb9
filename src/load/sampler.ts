/** Reads the load worker's totals into one sample. */
import { type Clock, NS_PER_MS } from '../core/clock.ts';
import { LatencyHistogram } from '../core/histogram.ts';
import { startLoopProbe } from '../core/loop-probe.ts';
import type { LoadSample } from '../core/samples.ts';
import type { GroupTotals } from './group-totals.ts';
import type { Timetable } from './timetable.ts';

const NOTHING_PUBLISHED: LoadSample['publish'] = { due: 0, sent: 0, accepted: 0, failures: {}, pending: 0 };

export interface SamplerOptions {
  readonly clock: Clock;
  readonly timetable: Timetable;
  readonly totals: readonly GroupTotals[];
  /** `null` when nothing is published. */
  readonly readPublish: (() => LoadSample['publish']) | null;
}

/** Totals run from the start; lateness and loop delay are of the time since the sample before. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #lateness = new LatencyHistogram();
  /** Since the start, without bursts. */
  readonly #calmLateness = new LatencyHistogram();
  readonly #readLoop = startLoopProbe();
  #isOver = false;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** An arrival due at `dueNs` was taken up at `takenUpNs`. */
  recordLateness(dueNs: number, takenUpNs: number): void {
    const lateUs = (takenUpNs - dueNs) / 1000;
    this.#lateness.recordUs(lateUs);
    if (!this.#options.timetable.isBurstAt(dueNs)) this.#calmLateness.recordUs(lateUs);
  }

  /** No phase runs any more, whatever the plan said. */
  endPhases(): void {
    this.#isOver = true;
  }

  sample(): LoadSample {
    const { clock, timetable, totals, readPublish } = this.#options;
    const nowNs = clock.nowNs();
    const sample: LoadSample = {
      tMs: nowNs / NS_PER_MS,
      phase: this.#isOver ? null : timetable.nameAt(nowNs),
      groups: Object.fromEntries(totals.map((one) => [one.group.name, one.sample()])),
      publish: readPublish?.() ?? { ...NOTHING_PUBLISHED },
      latenessP99Ms: this.#lateness.percentileMs(99) ?? 0,
      latenessMaxMs: this.#lateness.percentileMs(100) ?? 0,
      calmLatenessP99Ms: this.#calmLateness.percentileMs(99),
      loop: this.#readLoop(),
    };
    this.#lateness.reset();
    return sample;
  }
}
