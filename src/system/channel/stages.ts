/** What stands around a queue: made once per channel, from a strategy, by `strategies/build.ts`. */
import type { Admission } from '../admission/admission.ts';
import type { Aqm } from '../aqm/aqm.ts';
import type { Scheduler } from '../scheduling/scheduler.ts';
import type { DepartureGate, Shaper } from '../shaping/shaper.ts';
import type { SlowConsumerRule } from '../slow-consumer/rule.ts';
import type { QueueIndex } from './ready-queue.ts';

export interface ChannelStages<T> {
  /** Asked in this order; the first refusal counts. */
  readonly admission?: readonly Admission[];
  /** Passed in this order. */
  readonly shapers?: readonly Shaper<T>[];
  readonly gate?: DepartureGate<T>;
  /** Default: in order of arrival. */
  readonly scheduler?: Scheduler<T>;
  /** Reason of what the scheduler's own `shouldDrop` drops. */
  readonly schedulerDropReason?: string;
  readonly aqm?: Aqm<T>;
  readonly aqmDropReason?: string;
  /** Items older than this when they are about to leave are dropped{ttl}. */
  readonly ttlMs?: number;
  readonly slowConsumer?: readonly SlowConsumerRule[];
  /** What the stages and the overflow policy read of the queue beside its order. */
  readonly indices?: readonly QueueIndex[];
}
