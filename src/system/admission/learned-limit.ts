/** What the limits that learn from round trips have in common: who is admitted, and what counts as a sample. */
import type { Params } from '../strategies/definition.ts';
import type { Admission, EntryView, ItemEnd, LoadView } from './admission.ts';

/** One rule of learning: a state with one input. */
export interface LimitRule {
  /** May have a fraction; whole items are admitted. */
  readonly limit: number;
  /**
   * An item ended after `rttNs` (1 or more); it and `inFlight − 1` others were under way. `hasFailed`: it was
   * dropped or failed, so that its time may say nothing.
   */
  onSample(rttNs: number, inFlight: number, hasFailed: boolean): void;
}

/** Admits while fewer items than the limit are under way, as read from the queue itself. */
export class LearnedLimit implements Admission {
  private readonly rule: LimitRule;

  constructor(rule: LimitRule) {
    this.rule = rule;
  }

  get level(): number {
    return Math.floor(this.rule.limit);
  }

  admit(_entry: unknown, load: LoadView): string | undefined {
    return load.pendingItems < this.level ? undefined : 'admission.concurrency';
  }

  /** What went into another item has no time of its own. */
  onEnd(_entry: EntryView, end: ItemEnd, rttNs: number, load: LoadView): void {
    if (end === 'coalesced') return;
    this.rule.onSample(Math.max(1, rttNs), load.pendingItems + 1, end !== 'delivered');
  }
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** For rules with `start`, `min` and `max`. */
export function findRangeProblem(params: Params): string | undefined {
  const start = Number(params['startItems']);
  const min = Number(params['minItems']);
  const max = Number(params['maxItems']);
  if (min <= start && start <= max) return undefined;
  return `start must lie between min and max, got min=${min}, start=${start}, max=${max}`;
}
