/** The terminal columns of one channel's ledger, counted where things end. */
import { addReason, type LedgerSnapshot, type ReasonCounts } from '../../core/ledger.ts';

/** Items that have not ended, as read from the structures that hold them. */
export interface Transients {
  readonly depthItems: number;
  readonly inFlightItems: number;
  readonly waiters: number;
}

export class Tally {
  offered = 0;
  delivered = 0;
  /** Apart from the other reasons, because an overloaded queue drops at the rate of its offers. */
  overflowDropped = 0;
  private readonly overflowReason: string;
  private readonly dropped: ReasonCounts = {};
  private readonly failed: ReasonCounts = {};

  constructor(overflowReason: string) {
    this.overflowReason = overflowReason;
  }

  drop(reason: string): void {
    addReason(this.dropped, reason);
  }

  fail(reason: string): void {
    addReason(this.failed, reason);
  }

  /** Adds all columns onto `target`; what is offered and nowhere else goes to `unaccounted`. */
  addTo(target: LedgerSnapshot, transients: Transients): void {
    const { depthItems, inFlightItems, waiters } = transients;
    if (this.overflowDropped > 0) addReason(target.dropped, this.overflowReason, this.overflowDropped);
    const lost = addReasons(target.dropped, this.dropped) + addReasons(target.failed, this.failed);
    const ended = this.delivered + this.overflowDropped + lost;
    target.offered += this.offered;
    target.delivered += this.delivered;
    target.queued += depthItems;
    target.inFlight += inFlightItems;
    target.blocked += waiters;
    target.unaccounted += this.offered - ended - depthItems - inFlightItems - waiters;
  }
}

function addReasons(target: ReasonCounts, counts: ReasonCounts): number {
  let sum = 0;
  for (const reason in counts) {
    const count = counts[reason] as number;
    addReason(target, reason, count);
    sum += count;
  }
  return sum;
}
