/** The terminal columns of one channel's ledger by reason and class, counted where things end. */
import { addReason, type ClassCounts, type LedgerSnapshot, type ReasonCounts } from '../../core/ledger.ts';
import { CLASS_COUNT } from './entry.ts';

/** Items that have not ended, as read from the structures that hold them. */
export interface Transients {
  readonly queued: number;
  readonly inFlight: number;
  readonly blocked: number;
  readonly spilled: number;
}

const NOTHING: readonly [] = [];
const NO_COUNTS: number[] = [];

/** One column by reason; each count by class. Most queues of most connections never need one. */
class ReasonColumn {
  private counts: Map<string, number[]> | undefined = undefined;
  private lastReason: string | undefined = undefined;
  private lastCounts: number[] = NO_COUNTS;

  add(reason: string, klass: number): void {
    // An overloaded queue drops for one and the same reason: then the map is not asked.
    if (reason !== this.lastReason) {
      this.counts ??= new Map();
      let counts = this.counts.get(reason);
      if (counts === undefined) {
        counts = zeros();
        this.counts.set(reason, counts);
      }
      this.lastReason = reason;
      this.lastCounts = counts;
    }
    (this.lastCounts[klass] as number)++;
  }

  /** Adds onto `target` by reason, and answers the sum. */
  addTo(target: ReasonCounts): number {
    let sum = 0;
    for (const [reason, counts] of this.counts ?? NOTHING) {
      const count = total(counts);
      addReason(target, reason, count);
      sum += count;
    }
    return sum;
  }

  ofClass(klass: number): number {
    let sum = 0;
    for (const counts of this.counts?.values() ?? NOTHING) sum += counts[klass] as number;
    return sum;
  }
}

export class Tally {
  private readonly offered = zeros();
  private readonly delivered = zeros();
  private readonly dropped = new ReasonColumn();
  private readonly coalesced = new ReasonColumn();
  private readonly failed = new ReasonColumn();

  offer(klass: number): void {
    (this.offered[klass] as number)++;
  }

  deliver(klass: number): void {
    (this.delivered[klass] as number)++;
  }

  drop(reason: string, klass: number): void {
    this.dropped.add(reason, klass);
  }

  coalesce(reason: string, klass: number): void {
    this.coalesced.add(reason, klass);
  }

  fail(reason: string, klass: number): void {
    this.failed.add(reason, klass);
  }

  /** Adds all columns onto `target`; what is offered and nowhere else goes to `unaccounted`. */
  addTo(target: LedgerSnapshot, { queued, inFlight, blocked, spilled }: Transients): void {
    const offered = total(this.offered);
    const delivered = total(this.delivered);
    const ended =
      delivered +
      this.dropped.addTo(target.dropped) +
      this.coalesced.addTo(target.coalesced) +
      this.failed.addTo(target.failed);
    target.offered += offered;
    target.delivered += delivered;
    target.queued += queued;
    target.inFlight += inFlight;
    target.blocked += blocked;
    target.spilled += spilled;
    target.unaccounted += offered - ended - queued - inFlight - blocked - spilled;
  }

  /** Adds the counts of each class that was ever offered onto `target`. */
  addClassesTo(target: Record<number, ClassCounts>): void {
    for (let klass = 0; klass < CLASS_COUNT; klass++) {
      if (this.offered[klass] === 0) continue;
      const counts = target[klass] ?? { offered: 0, delivered: 0, dropped: 0, coalesced: 0, failed: 0 };
      target[klass] = counts;
      counts.offered += this.offered[klass] as number;
      counts.delivered += this.delivered[klass] as number;
      counts.dropped += this.dropped.ofClass(klass);
      counts.coalesced += this.coalesced.ofClass(klass);
      counts.failed += this.failed.ofClass(klass);
    }
  }
}

function zeros(): number[] {
  return [0, 0, 0, 0, 0, 0, 0, 0];
}

function total(counts: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < CLASS_COUNT; i++) sum += counts[i] as number;
  return sum;
}
