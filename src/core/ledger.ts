/**
 * The conservation law of every boundary, in integers. The unit is one copy (event × subscriber) or
 * one request attempt:
 *
 *   offered = delivered + Σ dropped + Σ coalesced + Σ failed      terminal
 *           + queued + inFlight + blocked + spilled               transient
 *
 * Whatever does not add up is `unaccounted`. Terminal columns are counted where things happen; the
 * transient ones are *read from the structures themselves* (queue length, waiters …), never counted,
 * so an item that vanishes shows.
 */
export type ReasonCounts = Record<string, number>;

/** One reading of a ledger. Also the shape in the run record. */
export interface LedgerSnapshot {
  offered: number;
  delivered: number;
  dropped: ReasonCounts;
  coalesced: ReasonCounts;
  failed: ReasonCounts;
  queued: number;
  inFlight: number;
  blocked: number;
  spilled: number;
  unaccounted: number;
}

/** What became of the items of one class, over all reasons. */
export interface ClassCounts {
  offered: number;
  delivered: number;
  dropped: number;
  coalesced: number;
  failed: number;
}

export function createEmptyLedger(): LedgerSnapshot {
  return {
    offered: 0,
    delivered: 0,
    dropped: {},
    coalesced: {},
    failed: {},
    queued: 0,
    inFlight: 0,
    blocked: 0,
    spilled: 0,
    unaccounted: 0,
  };
}

export function sumReasons(counts: ReasonCounts): number {
  let sum = 0;
  for (const reason in counts) sum += counts[reason] as number;
  return sum;
}

export function addReason(counts: ReasonCounts, reason: string, count = 1): void {
  counts[reason] = (counts[reason] ?? 0) + count;
}

/** What is offered and in no column: 0 for a sound ledger; negative if something was counted twice. */
export function findUnaccounted(ledger: LedgerSnapshot): number {
  return (
    ledger.offered -
    ledger.delivered -
    sumReasons(ledger.dropped) -
    sumReasons(ledger.coalesced) -
    sumReasons(ledger.failed) -
    ledger.queued -
    ledger.inFlight -
    ledger.blocked -
    ledger.spilled
  );
}

/** The same ledger with `unaccounted` worked out anew. */
export function closeLedger(ledger: LedgerSnapshot): LedgerSnapshot {
  return { ...ledger, unaccounted: findUnaccounted(ledger) };
}

/** Adds `other` onto `target`, column by column and reason by reason. */
export function addLedger(target: LedgerSnapshot, other: LedgerSnapshot): void {
  target.offered += other.offered;
  target.delivered += other.delivered;
  for (const reason in other.dropped) addReason(target.dropped, reason, other.dropped[reason]);
  for (const reason in other.coalesced) addReason(target.coalesced, reason, other.coalesced[reason]);
  for (const reason in other.failed) addReason(target.failed, reason, other.failed[reason]);
  target.queued += other.queued;
  target.inFlight += other.inFlight;
  target.blocked += other.blocked;
  target.spilled += other.spilled;
  target.unaccounted += other.unaccounted;
}
