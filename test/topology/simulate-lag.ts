/** A writer and one slower receiver of a broadcast ring in virtual time, both at fixed intervals. */
import { createBroadcastRing } from '../../src/system/channel/broadcast-ring.ts';
import { Lagged, type ResumeAt } from '../../src/system/channel/ring-core.ts';

export interface LagSetting {
  readonly slots: number;
  readonly perSec: number;
  readonly takenPerSec: number;
  readonly seconds: number;
  readonly resume: ResumeAt;
}

export interface LagSeen {
  readonly firstLagSec: number;
  /** Over the time after the first lag. */
  readonly lagsPerSec: number;
  readonly lossShare: number;
  /** Mean time from publishing to the start of service. */
  readonly ageSec: number;
}

export function simulateLag({ slots, perSec, takenPerSec, seconds, resume }: LagSetting): LagSeen {
  const ring = createBroadcastRing<number>({ capacityItems: slots, resume });
  const receiver = ring.subscribe();
  let firstLagSec = Number.POSITIVE_INFINITY;
  let [lags, received, missed, ages, freeAtSec] = [0, 0, 0, 0, 0];
  for (let n = 1; n / perSec <= seconds; n++) {
    const nowSec = n / perSec;
    // Whatever the receiver finishes before this moment, it does first.
    while (freeAtSec <= nowSec && receiver.unread > 0) {
      let next = receiver.tryTake();
      if (next instanceof Lagged) {
        lags++;
        if (firstLagSec === Number.POSITIVE_INFINITY) firstLagSec = freeAtSec;
        else missed += next.missed;
        next = receiver.tryTake();
      }
      if (firstLagSec < Number.POSITIVE_INFINITY) {
        received++;
        ages += freeAtSec - (next as number);
      }
      freeAtSec += 1 / takenPerSec;
    }
    if (receiver.unread === 0 && freeAtSec < nowSec) freeAtSec = nowSec;
    ring.publish(nowSec);
  }
  return {
    firstLagSec,
    lagsPerSec: lags / (seconds - firstLagSec),
    lossShare: missed / (missed + received),
    ageSec: ages / received,
  };
}
