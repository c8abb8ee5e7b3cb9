/** The offers that wait for room, and the time they have waited. */
import type { Clock } from '../../core/clock.ts';
import { type Waiter, WaitLine } from './wait-line.ts';

/**
 * Blocked time is the number of waiting offers integrated over time: exact in whole nanoseconds, O(1) to
 * read, and current ones count up to now.
 */
export class BlockedOffers<T, R> extends WaitLine<T, R> {
  lengthMax = 0;
  /** Cost of what waits. */
  bytes = 0;
  private readonly clock: Clock;
  private readonly costOf: (item: T) => number;
  private integralNs = 0;
  private integratedUntilNs = 0;

  constructor(clock: Clock, costOf: (item: T) => number = () => 0) {
    super();
    this.clock = clock;
    this.costOf = costOf;
  }

  get blockedNs(): number {
    // Nobody waits most of the time: then the clock is not read.
    if (this.length === 0) return this.integralNs;
    return this.integralNs + this.length * (this.clock.nowNs() - this.integratedUntilNs);
  }

  override push(waiter: Waiter<T, R>): void {
    this.integrate();
    super.push(waiter);
    this.bytes += this.costOf(waiter.item);
    if (this.length > this.lengthMax) this.lengthMax = this.length;
  }

  override remove(waiter: Waiter<T, R>): void {
    this.integrate();
    super.remove(waiter);
    this.bytes -= this.costOf(waiter.item);
  }

  private integrate(): void {
    const nowNs = this.clock.nowNs();
    this.integralNs += this.length * (nowNs - this.integratedUntilNs);
    this.integratedUntilNs = nowNs;
  }
}
