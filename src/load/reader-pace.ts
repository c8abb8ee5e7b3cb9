/** How fast one client reads: a budget of bytes on an absolute schedule. Pure; the socket does the waiting. */
import { NS_PER_MS, NS_PER_SEC } from '../core/clock.ts';

/** Budget that a late timer may catch up; more is lost, as on a link that was idle. */
const MAX_CATCH_UP_NS = 50 * NS_PER_MS;
/** One read is about this much time of the budget, so that reading is smooth. */
const SLICE_MS = 25;
const MIN_SLICE_BYTES = 256;
const MAX_SLICE_BYTES = 16_384;

export class ReaderPace {
  readonly bytesPerSec: number;
  /** The most that one read may take, in bytes. */
  readonly sliceBytes: number;
  #freeAtNs = Number.NEGATIVE_INFINITY;

  /** `bytesPerSec` 0 never reads. */
  constructor(bytesPerSec: number) {
    this.bytesPerSec = bytesPerSec;
    const slice = Math.round((bytesPerSec * SLICE_MS) / 1000);
    this.sliceBytes = Math.min(Math.max(slice, MIN_SLICE_BYTES), MAX_SLICE_BYTES);
  }

  /**
   * Takes `bytes` read at `nowNs` off the budget. Answers how many nanoseconds to wait before the next
   * read: 0 for none, `Infinity` for ever. The schedule is the generic cell rate algorithm (ITU-T I.371):
   * the time at which the link is free moves on by exactly bytes / rate, whatever timers do.
   */
  spend(bytes: number, nowNs: number): number {
    if (this.bytesPerSec <= 0) return Number.POSITIVE_INFINITY;
    const from = Math.max(this.#freeAtNs, nowNs - MAX_CATCH_UP_NS);
    this.#freeAtNs = from + (bytes / this.bytesPerSec) * NS_PER_SEC;
    return Math.max(0, this.#freeAtNs - nowNs);
  }
}
