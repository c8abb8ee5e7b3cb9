/** What is simulated: one real channel between Poisson or fixed arrivals and one or more servers, in virtual time. */
import type { StrategySpec } from '../core/strategy.ts';

export interface ArrivalLaw {
  readonly law: 'poisson' | 'fixed';
  readonly perSec: number;
  /** Share of each class, class 0 first, adding up to 1. Default: all of class 1. */
  readonly classShares?: readonly number[];
  /** Keys drawn uniformly. Default: one key. */
  readonly keys?: number;
}

export interface ServiceLaw {
  /** `hyperexponential`: two phases with balanced means and a squared coefficient of variation of 4. */
  readonly law: 'exponential' | 'fixed' | 'hyperexponential';
  /** Of one server. */
  readonly perSec: number;
}

export interface SimulationPlan {
  readonly seed: number;
  readonly strategy: StrategySpec;
  readonly arrivals: ArrivalLaw;
  /** `null`: an item is finished the moment it can be taken. */
  readonly service: ServiceLaw | null;
  /** Default 1. */
  readonly servers?: number;
  /** Arrivals in all, those of the warm-up included. */
  readonly offers: number;
  /** Batches that are measured; a tenth more before them is left out as warm-up. Default 100, at least 20. */
  readonly batches?: number;
  /** Follow evicted items to their end: costs a call per item. Default false. */
  readonly followsEvicted?: boolean;
  /** Told of each finished item, with its time in the system. */
  readonly onSojourn?: (sojournNs: number, batch: number) => void;
}

/** Batches are left out at the start until a tenth of the arrivals is over. */
export const WARM_UP_RATIO = 0.1;
export const DEFAULT_BATCHES = 100;
export const MIN_BATCHES = 20;
