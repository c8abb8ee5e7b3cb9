/** From a resolved strategy to the channel that carries it out. */
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { StrategySpec } from '../../core/strategy.ts';
import { type Channel, type ChannelOptions, createChannel } from '../channel/channel.ts';
import { findOverflowPolicy } from '../overflow/registry.ts';

export interface BuildChannelOptions<T> {
  clock: Clock;
  /** Whole bytes of an item, without overhead. */
  sizeOf: (item: T) => number;
  onEnd?: NonNullable<ChannelOptions<T>['onEnd']>;
}

/**
 * A channel that follows `spec`, as `parseStrategy` resolved it (possibly in another process).
 *
 * Errors: BPB_ERR_STRATEGY for a spec that names no policy, or whose values are out of their range.
 */
export function buildChannel<T>(spec: StrategySpec, options: BuildChannelOptions<T>): Channel<T> {
  const stage = spec.stages[0];
  const policy = stage && findOverflowPolicy(stage.name);
  if (stage === undefined || policy === undefined || spec.stages.length !== 1) {
    throw new BenchError(
      'BPB_ERR_STRATEGY',
      `a strategy needs exactly one known overflow stage, got ${JSON.stringify(spec.stages)}`,
    );
  }
  const { capacityItems, capacityBytes, maxWaiters, ...own } = stage.params as Record<string, number>;
  return createChannel<T>({
    overflow: policy.configure?.(own) ?? policy,
    ...(capacityItems === undefined ? {} : { capacityItems }),
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    ...(maxWaiters === undefined ? {} : { maxWaiters }),
    ...options,
  });
}
