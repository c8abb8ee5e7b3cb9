/** One timer for the deadlines of many: what is set and unset with every request must cost next to nothing. */
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';

/** Looks are at least so far apart, so a deadline may be met so much late. */
const SWEEP_GAP_NS = 10 * NS_PER_MS;

export interface Timed {
  /** On the sweep's clock; Infinity for none. */
  readonly deadlineNs: number;
  /** The deadline has passed. It must be another one, or gone, afterwards. */
  onDeadline(): void;
}

export class DeadlineSweep {
  readonly #clock: Clock;
  readonly #members: Iterable<Timed>;
  #timer: Timer | undefined;
  #timerNs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, members: Iterable<Timed>) {
    this.#clock = clock;
    this.#members = members;
  }

  /** A member has this deadline from now on. Later ones, and those taken back, need not be told. */
  watch(deadlineNs: number): void {
    if (deadlineNs < this.#timerNs) this.#set(deadlineNs);
  }

  /** No member is left. */
  stop(): void {
    this.#timer?.cancel();
    this.#timerNs = Number.POSITIVE_INFINITY;
  }

  #set(atNs: number): void {
    this.#timer?.cancel();
    this.#timerNs = atNs;
    this.#timer = this.#clock.setTimer(atNs, () => this.#sweep());
  }

  #sweep(): void {
    this.#timerNs = Number.POSITIVE_INFINITY;
    const nowNs = this.#clock.nowNs();
    for (const member of this.#members) if (member.deadlineNs <= nowNs) member.onDeadline();
    let nextNs = this.#timerNs;
    for (const member of this.#members) nextNs = Math.min(nextNs, member.deadlineNs);
    if (nextNs !== Number.POSITIVE_INFINITY) this.#set(Math.max(nextNs, nowNs + SWEEP_GAP_NS));
  }
}
