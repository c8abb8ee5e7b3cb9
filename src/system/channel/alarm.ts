/** The one timer of a channel: whoever has to be woken says when, and the earliest moment counts. */
import type { Clock, Timer } from '../../core/clock.ts';

const NEVER = Number.POSITIVE_INFINITY;

export class Alarm {
  private readonly clock: Clock;
  private readonly onTime: () => void;
  private timer: Timer | undefined = undefined;
  private atNs = NEVER;

  constructor(clock: Clock, onTime: () => void) {
    this.clock = clock;
    this.onTime = onTime;
  }

  /**
   * Rings at `atNs` or, if it is set already, earlier. It is never put off: setting a timer costs more than
   * waking once for nothing.
   */
  ringAt(atNs: number): void {
    if (atNs >= this.atNs) return;
    this.timer?.cancel();
    this.atNs = atNs;
    this.timer = this.clock.setTimer(atNs, this.ring);
  }

  cancel(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.atNs = NEVER;
  }

  private readonly ring = (): void => {
    this.timer = undefined;
    this.atNs = NEVER;
    this.onTime();
  };
}
