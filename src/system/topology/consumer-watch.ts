/** Asks the slow-consumer rules of one reader, wakes them, and tells once that they end its connection. */
import type { Clock } from '../../core/clock.ts';
import { Alarm } from '../channel/alarm.ts';
import type { ConsumerView, SlowConsumerRule } from '../slow-consumer/rule.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class ConsumerWatch {
  isPaused = false;
  private readonly rules: readonly SlowConsumerRule[];
  private readonly consumer: ConsumerView;
  private readonly clock: Clock;
  private readonly alarm: Alarm;
  private readonly onDisconnect: ((reason: string) => void) | undefined;
  private hasAsked = false;
  private hasLeft = false;

  /** `onWake` runs when a rule had to look again and may have changed its mind. */
  constructor(
    rules: readonly SlowConsumerRule[],
    consumer: ConsumerView,
    clock: Clock,
    onWake: () => void,
    onDisconnect: ((reason: string) => void) | undefined,
  ) {
    this.rules = rules;
    this.consumer = consumer;
    this.clock = clock;
    this.alarm = new Alarm(clock, onWake);
    this.onDisconnect = onDisconnect;
  }

  observe(): void {
    if (this.hasAsked || this.hasLeft) return;
    const nowNs = this.clock.nowNs();
    let wakeAtNs = NEVER;
    this.isPaused = false;
    for (const rule of this.rules) {
      const verdict = rule.observe(this.consumer, nowNs);
      if (verdict === 'pause') this.isPaused = true;
      else if (verdict === 'disconnect') this.ask();
      wakeAtNs = Math.min(wakeAtNs, rule.wakeAtNs);
    }
    if (this.hasAsked) this.isPaused = false;
    if (wakeAtNs !== NEVER && !this.hasAsked) this.alarm.ringAt(wakeAtNs);
  }

  ask(): void {
    this.hasAsked = true;
  }

  /** Caller's code: only when everything else of the step is done. */
  tell(): void {
    if (!this.hasAsked || this.hasLeft) return;
    this.leave();
    this.onDisconnect?.('disconnect.slow');
  }

  /** The consumer is gone. */
  leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.isPaused = false;
    this.alarm.cancel();
    for (const rule of this.rules) rule.onLeave?.(this.consumer);
  }
}
