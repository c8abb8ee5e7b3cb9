/** What there is to choose from, for `list strategies` and `explain`. */
import type { StageName } from '../../core/strategy.ts';
import type { Definition, Effects, Facts, Param } from './definition.ts';
import { paramsOf } from './queue-params.ts';
import { DEFINITIONS, findDefinition } from './registry.ts';

/** What each stage does, for people. */
export const STAGE_SUMMARIES: Record<StageName, string> = {
  overflow: 'what a full queue does',
  scheduling: 'which item leaves next',
  aqm: 'drop what has waited too long',
  ttl: 'drop what is too old to be worth delivering',
  shaping: 'act on time or content, before the queue or as items leave it',
  admission: 'refuse before anything is spent',
  topology: 'how queues are joined',
  'slow-consumer': 'what happens to a consumer that does not keep up',
};

/** In the order of lists: what a full queue does comes first, because every strategy has it. */
export const STAGE_ORDER = Object.keys(STAGE_SUMMARIES) as readonly StageName[];

export interface StrategyEntry {
  readonly name: string;
  readonly summary: string;
  readonly stage: StageName;
  readonly aliases: readonly string[];
  /** Wrong on purpose: marked in lists, left out of `--strategy all`. */
  readonly specimen: boolean;
  /** The queue's own first. */
  readonly params: readonly Param[];
  /** Every reason under which it drops, coalesces or fails items. */
  readonly reasons: readonly string[];
  readonly effects: Effects;
  readonly details: Facts;
}

/** Every part, by stage; specimens last within each stage. */
export const STRATEGIES: readonly StrategyEntry[] = DEFINITIONS.map(toEntry).sort(
  (a, b) =>
    STAGE_ORDER.indexOf(a.stage) - STAGE_ORDER.indexOf(b.stage) || Number(a.specimen) - Number(b.specimen),
);

/** What `--strategy all` plays, in this order: every overflow policy that is meant to be right. */
export const COMPARABLE_STRATEGY_NAMES: readonly string[] = STRATEGIES.filter(
  (entry) => entry.stage === 'overflow' && !entry.specimen,
).map((entry) => entry.name);

/** The part with this name or alias, or `undefined`. */
export function findStrategy(word: string): StrategyEntry | undefined {
  const definition = findDefinition(word);
  return definition && STRATEGIES.find((entry) => entry.name === definition.name);
}

function toEntry(definition: Definition): StrategyEntry {
  const { name, summary, stage, aliases = [], specimen = false, reasons, effects, details } = definition;
  return { name, summary, stage, aliases, specimen, params: paramsOf(definition), reasons, effects, details };
}
