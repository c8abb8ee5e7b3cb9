/**
 * What every part of a strategy tells about itself: the words for `list`, `explain` and the parser, and
 * what legality needs to know. Each stage adds how it is made (see `policy.ts`, `shaper.ts`, …).
 */
import type { StageName } from '../../core/strategy.ts';
import type { QueueIndex } from '../channel/ready-queue.ts';

/** What others call the same thing. `where` names libraries or products. */
export interface Synonym {
  readonly name: string;
  readonly where: string;
}

/** What `bpbench explain` tells. λ offered rate, μ service rate, B capacity of the queue in items. */
export interface Facts {
  /** The exact rule or transition. */
  readonly rule: string;
  /** Order and loss. */
  readonly guarantees: readonly string[];
  /** What theory says, with the model it assumes. */
  readonly prediction: string;
  readonly bestFor: string;
  readonly alsoCalled: readonly Synonym[];
  /** Names that mean this in one library and something else in another. */
  readonly namingTrap: string | null;
  readonly gotchas: readonly string[];
}

interface ParamBase {
  /** What the user types. */
  readonly key: string;
  /** Its name in a `StageSpec`, with the unit. */
  readonly name: string;
  readonly summary: string;
}

/** A number that a user may set: `key=value`. */
export interface NumberParam extends ParamBase {
  /** `ms`: typed as a duration. `share`: 20% or 0.2, kept as a ratio. `perSec`: typed as a rate. `number`: any, also broken. */
  readonly unit: 'items' | 'bytes' | 'offers' | 'count' | 'ms' | 'share' | 'perSec' | 'number';
  readonly min: number;
  /** Default: no upper bound. */
  readonly max?: number;
  /** Whether `max` itself is too much; `findProblem` says why. */
  readonly isMaxExcluded?: boolean;
  /** `null`: the boundary has its own. */
  readonly default: number | null;
}

/** One of a few words that a user may set: `key=word`. */
export interface ChoiceParam extends ParamBase {
  readonly choices: readonly string[];
  readonly default: string;
}

export type Param = NumberParam | ChoiceParam;

/** Values by `Param.name`, complete. */
export type Params = Readonly<Record<string, number | string>>;

/** What the part may do to items, producers and connections; read by the legality checker. */
export interface Effects {
  /** Which items may leave in another order than they came. Default `never`. */
  readonly reorders?: 'never' | 'across-keys' | 'across-flows' | 'across-classes' | 'always';
  /** Loses items, each with a reason. */
  readonly drops?: boolean;
  /** Lets one item stand for several. */
  readonly coalesces?: boolean;
  /** Makes a producer wait. */
  readonly holdsProducer?: boolean;
  /** Ends the connection. */
  readonly disconnects?: boolean;
  /** Needs the item as bytes: it leaves memory. */
  readonly serialises?: boolean;
  /** Holds items back on purpose, so that they are older than their time in the queue. */
  readonly delays?: boolean;
  /** Steers itself by what it measures: two of them on one signal may chase each other. */
  readonly adapts?: boolean;
  /** Is the queue itself: no overflow policy and no other stage of a queue has a place beside it. */
  readonly replacesQueue?: boolean;
  /** Joins the queues of several consumers: of no use where there is one. */
  readonly joinsConsumers?: boolean;
  /** Decides by class, by key or by flow: of little use where all items have the same. */
  readonly readsClass?: boolean;
  readonly readsKey?: boolean;
  readonly readsFlow?: boolean;
}

export interface Definition {
  /** The word the user types, and the name of the file. */
  readonly name: string;
  readonly stage: StageName;
  readonly summary: string;
  readonly details: Facts;
  readonly params: readonly Param[];
  readonly effects: Effects;
  /** Every reason for which it drops, coalesces or fails items. */
  readonly reasons: readonly string[];
  readonly aliases?: readonly string[];
  /** Indices it reads of the queue. */
  readonly needs?: readonly QueueIndex[];
  /** Wrong on purpose, to show that the checks notice. */
  readonly specimen?: boolean;
  /** What is wrong with a set of values that are each in range; `undefined` when nothing is. */
  findProblem?(params: Params): string | undefined;
}

/** All defaults of a part; what a boundary decides is left out. */
export function defaultsOf(definition: Pick<Definition, 'params'>): Record<string, number | string> {
  const values: Record<string, number | string> = {};
  for (const { name, default: value } of definition.params) if (value !== null) values[name] = value;
  return values;
}
