/** How many offers of one reader wait, and how long they have in all. */
import type { Clock } from '../../core/clock.ts';

/** Their number integrated over time: exact in whole nanoseconds, and current ones count up to now. */
export class BlockedCount {
  count = 0;
  max = 0;
  private readonly clock: Clock;
  private integralNs = 0;
  private untilNs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get blockedNs(): number {
    if (this.count === 0) return this.integralNs;
    return this.integralNs + this.count * (this.clock.nowNs() - this.untilNs);
  }

  add(change: 1 | -1): void {
    const nowNs = this.clock.nowNs();
    this.integralNs += this.count * (nowNs - this.untilNs);
    this.untilNs = nowNs;
    this.count += change;
    if (this.count > this.max) this.max = this.count;
  }
}
