/** A real channel under one scheduler or queue management, with a clock that tests set by hand. */
import type { Clock } from '../../src/core/clock.ts';
import type { AqmDefinition } from '../../src/system/aqm/aqm.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { Key } from '../../src/system/channel/entry.ts';
import unbounded from '../../src/system/overflow/unbounded.ts';
import type { SchedulingDefinition } from '../../src/system/scheduling/scheduler.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';

/** Printed by fast-check when a property fails. */
export const SEED = 4711;
export const MS = 1_000_000;

export interface Job {
  readonly id: number;
  readonly class: number;
  readonly flow: Key;
  /** Its cost: nothing is added for holding it. */
  readonly size: number;
}

export type Making = Pick<SchedulingDefinition, 'create' | 'params'> &
  Partial<Pick<SchedulingDefinition, 'needs' | 'dropReason'>>;
export type AqmMaking = Pick<AqmDefinition, 'create' | 'params'>;

/** Time as the test says, also backwards. */
export class HandClock implements Clock {
  ns = 0;
  private latestNs = Number.NEGATIVE_INFINITY;

  nowNs(): number {
    this.latestNs = Math.max(this.latestNs, this.ns);
    return this.ns;
  }

  /** What a channel goes by, which does not go back with it, if it reads it now. */
  get steadyNs(): number {
    return Math.max(this.latestNs, this.ns);
  }

  setTimer(): { cancel(): void } {
    return { cancel() {} };
  }
}

export interface Opening {
  readonly scheduling?: Making;
  readonly aqm?: AqmMaking;
  /** Instead of defaults. */
  readonly params?: Readonly<Record<string, number>>;
  readonly clock: Clock;
  readonly channel?: Partial<ChannelOptions<Job>>;
}

const UNGUARDED = unbounded.configure?.({ guardBytes: Number.MAX_SAFE_INTEGER }) ?? unbounded;

export function openQueue({ scheduling, aqm, params, clock, channel }: Opening): Channel<Job> {
  return createChannel<Job>({
    overflow: UNGUARDED,
    capacityItems: 1_000_000,
    capacityBytes: 0,
    perItemOverheadBytes: 0,
    sizeOf: (job) => job.size,
    classOf: (job) => job.class,
    flowOf: (job) => job.flow,
    clock,
    ...channel,
    stages: {
      ...(scheduling && {
        scheduler: scheduling.create<Job>({ ...defaultsOf(scheduling), ...params }),
        indices: scheduling.needs ?? [],
        schedulerDropReason: scheduling.dropReason ?? 'none',
      }),
      ...(aqm && { aqm: aqm.create<Job>({ ...defaultsOf(aqm), ...params }), aqmDropReason: 'aqm.codel' }),
      ...channel?.stages,
    },
  });
}

/** Takes until the queue is empty, without time passing; the ids. */
export function drain(channel: Channel<Job>): number[] {
  const ids: number[] = [];
  for (let job = channel.tryTake(); job !== undefined; job = channel.tryTake()) {
    ids.push(job.id);
    channel.delivered(job);
  }
  return ids;
}
