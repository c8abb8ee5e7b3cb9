import { createBroadcastRing } from '../../system/channel/broadcast-ring.ts';
import { Lagged } from '../../system/channel/ring-core.ts';
import { type Gate, type GateRow, withinRow } from './gate.ts';

const SLOTS = 64;
const ARRIVALS_PER_SEC = 1.5;
const SERVICES_PER_SEC = 1;
const PUBLISHED = 60_000;
/** The formulas are fluid, and a reader holds one item more than its ring. */
const TOLERANCE = 0.02;

interface Reading {
  firstLagSec: number;
  lagsPerSec: number;
  lossRatio: number;
  ageSec: number;
}

/** One writer and one reader, both at fixed times. */
function readAlong(resume: 'oldest' | 'latest'): Reading {
  const ring = createBroadcastRing<number>({ capacityItems: SLOTS, resume });
  const receiver = ring.subscribe();
  let published = 0;
  let nextReadSec = 0;
  let lags = 0;
  let missed = 0;
  let read = 0;
  let age = 0;
  let firstLagSec = Number.NaN;
  let nowSec = 0;
  while (published < PUBLISHED) {
    const nextWriteSec = published / ARRIVALS_PER_SEC;
    if (nextWriteSec <= nextReadSec) {
      nowSec = nextWriteSec;
      ring.publish(published++);
      continue;
    }
    nowSec = nextReadSec;
    let taken = receiver.tryTake();
    if (taken instanceof Lagged) {
      if (lags === 0) firstLagSec = nowSec;
      lags++;
      missed += taken.missed;
      taken = receiver.tryTake();
    }
    if (typeof taken === 'number') {
      read++;
      age += nowSec - taken / ARRIVALS_PER_SEC;
      nextReadSec = nowSec + 1 / SERVICES_PER_SEC;
    } else nextReadSec = nextWriteSec;
  }
  return {
    firstLagSec,
    lagsPerSec: lags / (nowSec - firstLagSec),
    lossRatio: missed / (missed + read),
    ageSec: age / read,
  };
}

export const ringLag: Gate = {
  name: 'ring-lag',
  title: 'A broadcast ring that laps its reader',
  play: ({ formulas }) =>
    (['oldest', 'latest'] as const).flatMap((resume): GateRow[] => {
      const predicted = formulas.ringLag(resume, ARRIVALS_PER_SEC, SERVICES_PER_SEC, SLOTS);
      const measured = readAlong(resume);
      return [
        withinRow(`${resume}: first lag`, 's', measured.firstLagSec, predicted.firstLagSec, TOLERANCE),
        withinRow(`${resume}: lags`, 'per s', measured.lagsPerSec, predicted.lagsPerSec, TOLERANCE),
        withinRow(`${resume}: loss`, 'ratio', measured.lossRatio, predicted.lossRatio, TOLERANCE),
        withinRow(`${resume}: age`, 's', measured.ageSec, predicted.ageSec, TOLERANCE),
      ];
    }),
};
