/** What there is to choose from, for `list strategies` and `explain`. */
import type { StageSpec } from '../../core/strategy.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import { findOverflowPolicy, OVERFLOW_POLICIES } from '../overflow/registry.ts';
import type { Facts, Param } from './definition.ts';
import { QUEUE_PARAMS } from './queue-params.ts';

export interface StrategyEntry {
  readonly name: string;
  readonly summary: string;
  readonly stage: StageSpec['stage'];
  readonly aliases: readonly string[];
  /** Wrong on purpose: marked in lists, left out of `--strategy all`. */
  readonly specimen: boolean;
  /** The queue's own first. */
  readonly params: readonly Param[];
  readonly details: Facts;
}

/** Every strategy, specimens last. */
export const STRATEGIES: readonly StrategyEntry[] = Object.values(OVERFLOW_POLICIES).map(toEntry);

/** What `--strategy all` plays, in this order. */
export const COMPARABLE_STRATEGY_NAMES: readonly string[] = STRATEGIES.filter((entry) => !entry.specimen).map(
  (entry) => entry.name,
);

/** The strategy with this name or alias, or `undefined`. */
export function findStrategy(word: string): StrategyEntry | undefined {
  const policy = findOverflowPolicy(word);
  return policy && STRATEGIES.find((entry) => entry.name === policy.name);
}

function toEntry(policy: OverflowPolicy): StrategyEntry {
  return {
    name: policy.name,
    summary: policy.summary,
    stage: 'overflow',
    aliases: policy.aliases ?? [],
    specimen: policy.specimen ?? false,
    params: [...QUEUE_PARAMS, ...policy.params],
    details: policy.details,
  };
}
