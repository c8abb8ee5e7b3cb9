import { type Clock, NS_PER_MS } from '../../core/clock.ts';

/** Whether `promise`, which never rejects, is settled within `limitMs`. Leaves no timer. */
export function settlesWithin(promise: Promise<unknown>, limitMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(clock.nowNs() + limitMs * NS_PER_MS, () => resolve(false));
    void promise.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
