/** Sends the latencies of each interval; encodes one histogram per turn, so that no arrival waits for it. */
import { type Clock, NS_PER_MS } from '../core/clock.ts';
import type { FromLoad, IntervalHistogram } from './control.ts';
import type { FilledHistogram, Recorder } from './recorder.ts';

export class IntervalReporter {
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #send: (message: FromLoad) => void;
  #startMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** The interval that is being encoded. */
  #open: { startMs: number; endMs: number; filled: FilledHistogram[]; done: IntervalHistogram[] } | undefined;

  constructor(recorder: Recorder, clock: Clock, send: (message: FromLoad) => void) {
    this.#recorder = recorder;
    this.#clock = clock;
    this.#send = send;
    this.#startMs = clock.nowNs() / NS_PER_MS;
  }

  start(intervalMs: number): void {
    this.#timer = setInterval(() => {
      if (this.#open !== undefined) return; // an encoding that takes longer than an interval makes it longer
      this.#begin();
      setImmediate(this.#step);
    }, intervalMs);
  }

  /** Sends what is left, at once. */
  close(): void {
    clearInterval(this.#timer);
    while (this.#open !== undefined) this.#advance();
    this.#begin();
    while (this.#open !== undefined) this.#advance();
  }

  #begin(): void {
    const endMs = this.#clock.nowNs() / NS_PER_MS;
    this.#open = { startMs: this.#startMs, endMs, filled: this.#recorder.takeFilled(), done: [] };
    this.#startMs = endMs;
  }

  #step = (): void => {
    if (this.#open === undefined) return;
    this.#advance();
    if (this.#open !== undefined) setImmediate(this.#step);
  };

  #advance(): void {
    const open = this.#open;
    if (open === undefined) return;
    const next = open.filled.pop();
    if (next !== undefined) {
      open.done.push(this.#recorder.encode(next));
      return;
    }
    this.#open = undefined;
    const { startMs, endMs, done } = open;
    this.#send({ type: 'interval', startMs, endMs, histograms: done });
  }
}
