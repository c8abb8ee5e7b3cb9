/** The account of one SSE connection, over both of its queues and what came from the store. */
import { addReason, type LedgerSnapshot, type ReasonCounts } from '../../core/ledger.ts';
import type { ConnectionAccount } from '../../core/samples.ts';
import type { SubscriptionCounts } from './subscription.ts';

/** What the bus did for one client. */
export type BusShare = Pick<LedgerSnapshot, 'offered' | 'dropped' | 'coalesced' | 'failed'>;

/**
 * One copy is one event meant for the client: each live one from its subscription on, and each one of before that was
 * replayed. What a replay brought back of what the bus had lost counts as one copy, and so does what came both ways;
 * only where nobody leaves out what came both ways, it is sent twice and counts twice.
 */
export function joinAccount(
  bus: BusShare,
  client: LedgerSnapshot,
  counts: SubscriptionCounts,
): Omit<ConnectionAccount, 'clientId' | 'boundary' | 'endedCleanly'> {
  const { replayed, replayedLive, overlap, deduplicated, inSnapshot } = counts;
  const recovered = replayedLive - overlap;
  const dropped = sum(client.dropped, bus.dropped);
  const failed = sum(client.failed, bus.failed);
  const coalesced = sum(client.coalesced, bus.coalesced);
  if (inSnapshot > 0) addReason(coalesced, 'snapshot', inSnapshot);
  takeBack(recovered, [dropped, failed], Object.keys({ lag: 0, ...bus.dropped, ...bus.failed }));
  return {
    offered: bus.offered + replayed - recovered - deduplicated,
    delivered: client.delivered,
    dropped,
    coalesced,
    failed,
  };
}

function sum(a: ReasonCounts, b: ReasonCounts): ReasonCounts {
  const both = { ...a };
  for (const [reason, count] of Object.entries(b)) addReason(both, reason, count);
  return both;
}

/** Lowers the counts of `reasons`, the first ones first, by `count` in all. */
function takeBack(count: number, columns: readonly ReasonCounts[], reasons: readonly string[]): void {
  let left = count;
  for (const column of columns) {
    for (const reason of reasons) {
      const taken = Math.min(left, column[reason] ?? 0);
      if (taken === 0) continue;
      left -= taken;
      if (column[reason] === taken) delete column[reason];
      else addReason(column, reason, -taken);
    }
  }
}
