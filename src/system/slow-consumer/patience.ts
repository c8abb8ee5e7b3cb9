/** A rule that gives a consumer up when something has lasted too long. */
import { NS_PER_MS } from '../../core/clock.ts';
import type { ConsumerVerdict, ConsumerView, SlowConsumerRule } from './rule.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** Since when it has lasted; Infinity while it does not. */
export type SinceNs = (consumer: ConsumerView, nowNs: number) => number;

export class Patience implements SlowConsumerRule {
  wakeAtNs = NEVER;
  private readonly patienceNs: number;
  private readonly sinceNs: SinceNs;

  constructor(patienceMs: number, sinceNs: SinceNs) {
    this.patienceNs = patienceMs * NS_PER_MS;
    this.sinceNs = sinceNs;
  }

  /** Exactly when the time is over, and not again: an alarm that stayed set would ring for ever. */
  observe(consumer: ConsumerView, nowNs: number): ConsumerVerdict {
    const overNs = this.sinceNs(consumer, nowNs) + this.patienceNs;
    const isOver = nowNs >= overNs;
    this.wakeAtNs = isOver ? NEVER : overNs;
    return isOver ? 'disconnect' : 'ok';
  }
}
