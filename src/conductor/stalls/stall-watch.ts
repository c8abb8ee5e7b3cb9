/** Shows the detector what there is to see of a run, four times a second, until it is told to stop. */
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import { readProcess } from '../../targets/process-probe.ts';
import type { Collector } from '../collector.ts';
import type { StallReport } from './stall-book.ts';
import type { StallDetector } from './stall-detector.ts';

const INTERVAL_MS = 250;
/** What is silent for so long is worth a look from outside. */
const LOOK_OUTSIDE_AFTER_MS = 500;

/** The system process, as far as the watch needs it. */
export interface WatchedProcess {
  readonly pid: number;
  readonly isAlive: boolean;
  /** Time since its last message. */
  readonly silentMs: number;
}

export class StallWatch {
  readonly #detector: StallDetector;
  readonly #collector: Collector;
  readonly #process: WatchedProcess;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  #report: StallReport | undefined;

  constructor(detector: StallDetector, collector: Collector, process: WatchedProcess, clock: Clock) {
    this.#detector = detector;
    this.#collector = collector;
    this.#process = process;
    this.#clock = clock;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** Looks once more and answers with all stalls; a second call answers the same. */
  stop(): StallReport {
    clearInterval(this.#timer);
    if (this.#report === undefined) {
      this.#look();
      this.#report = this.#detector.finish(this.#nowMs());
    }
    return this.#report;
  }

  #look(): void {
    const { pid, isAlive, silentMs } = this.#process;
    if (!isAlive) return; // its death says more
    const tMs = this.#nowMs();
    const { system, load } = this.#collector;
    const process = silentMs > LOOK_OUTSIDE_AFTER_MS ? readProcess(pid) : null;
    this.#detector.look({ tMs, system, load, heardMs: tMs - silentMs, process });
  }

  #nowMs(): number {
    return this.#clock.nowNs() / NS_PER_MS;
  }
}
