/** One server behind a real channel, in virtual time: whatever arrives is taken as soon as it is free. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { findUnaccounted } from '../../src/core/ledger.ts';
import type { Channel } from '../../src/system/channel/channel.ts';
import { type Job, type Opening, openQueue } from './queue.ts';

export interface Load {
  /** Time to the next arrival, and what arrives. */
  gapNs(): number;
  arrive(id: number): Job;
  /** Drawn when service begins. */
  serviceNs(): number;
  readonly untilNs: number;
}

export interface Seen {
  /** After each arrival and each take. */
  onChange?(channel: Channel<Job>, nowNs: number): void;
  onTake?(job: Job, waitNs: number): void;
}

/** Plays `load` and answers the channel, with what is left in it. */
export function simulate(opening: Omit<Opening, 'clock'>, load: Load, seen: Seen): Channel<Job> {
  const clock = createVirtualClock();
  const channel = openQueue({ ...opening, clock });
  const arrivedNs = new Map<number, number>();
  let nextNs = load.gapNs();
  let freeNs = Number.POSITIVE_INFINITY;
  let serving: Job | undefined;
  let id = 0;
  const serve = (nowNs: number): void => {
    serving = channel.tryTake();
    freeNs = serving === undefined ? Number.POSITIVE_INFINITY : nowNs + load.serviceNs();
    if (serving === undefined) return;
    seen.onTake?.(serving, nowNs - (arrivedNs.get(serving.id) as number));
    arrivedNs.delete(serving.id);
  };
  for (;;) {
    const nowNs = Math.min(nextNs, freeNs);
    if (nowNs > load.untilNs) break;
    clock.advanceTo(nowNs);
    if (freeNs <= nextNs) {
      channel.delivered(serving as Job);
      serve(nowNs);
    } else {
      const job = load.arrive(id++);
      arrivedNs.set(job.id, nowNs);
      channel.offer(job);
      nextNs = nowNs + load.gapNs();
      if (serving === undefined) serve(nowNs);
    }
    seen.onChange?.(channel, nowNs);
  }
  const unaccounted = findUnaccounted(channel.ledger());
  if (unaccounted !== 0) throw new Error(`${unaccounted} unaccounted after the simulation`);
  return channel;
}

/** Standard errors between what was measured and what theory says, from 40 batch means without the first tenth. */
export function findZ(samples: readonly number[], theory: number): number {
  const steady = samples.slice(Math.floor(samples.length / 10));
  const size = Math.floor(steady.length / 40);
  const means = Array.from({ length: 40 }, (_, i) => meanOf(steady.slice(i * size, (i + 1) * size)));
  const mean = meanOf(means);
  const variance = means.reduce((total, one) => total + (one - mean) ** 2, 0) / 39;
  return (mean - theory) / Math.sqrt(variance / 40);
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
