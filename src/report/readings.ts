/** Questions that several reports ask of a record, answered once. */
import { BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
import { type LedgerSnapshot, sumReasons } from '../core/ledger.ts';
import type { ClientGroup } from '../core/plan.ts';
import type { GroupResult, QueueResult, RunRecord } from '../core/record.ts';

export interface NamedGroup {
  readonly name: string;
  readonly result: GroupResult;
  /** `undefined` for a group that the scenario does not name. */
  readonly client: ClientGroup | undefined;
}

/** The groups in the order of the scenario, others after them. */
export function listGroups(record: RunRecord): NamedGroup[] {
  const { clients } = record.scenario;
  const place = (name: string): number => {
    const at = clients.findIndex((client) => client.name === name);
    return at < 0 ? clients.length : at;
  };
  return Object.entries(record.groups)
    .map(([name, result]) => ({ name, result, client: clients.find((client) => client.name === name) }))
    .sort((a, b) => place(a.name) - place(b.name));
}

/** Whether the group reads its sockets more slowly than it could. */
export function isSlowReader(group: NamedGroup): boolean {
  return (group.client?.readBytesPerSec ?? null) !== null;
}

/** Whether events are pushed to the group; the others ask for what they get. */
export function isSubscriber(group: NamedGroup): boolean {
  return group.result.path !== 'proxy';
}

export interface NamedQueue {
  readonly name: BoundaryName;
  readonly queue: QueueResult;
  /** Items that one queue may hold; `null` when nothing bounds it. */
  readonly boundItems: number | null;
  readonly ledger: LedgerSnapshot | undefined;
}

/** The boundaries that were sampled and offered something. */
export function listQueues(record: RunRecord): NamedQueue[] {
  const queues: NamedQueue[] = [];
  for (const name of BOUNDARY_NAMES) {
    const queue = record.queues[name];
    const ledger = record.ledgers.boundaries[name];
    if (queue === undefined || (ledger?.offered ?? 0) === 0) continue;
    queues.push({ name, queue, boundItems: isUnbounded(record, name) ? null : queue.capacityItems, ledger });
  }
  return queues;
}

/** Under `unbounded` a capacity is only the mark above which pressure is counted. */
export function isUnbounded(record: RunRecord, boundary: BoundaryName): boolean {
  return record.strategy[boundary].stages.some((stage) => stage.name === 'unbounded');
}

/** Copies that a boundary lost or merged for lack of room; not those of a shutdown or a closed connection. */
export function countPressureLosses(ledger: LedgerSnapshot | undefined): number {
  if (ledger === undefined) return 0;
  let losses = sumReasons(ledger.coalesced);
  for (const [reason, count] of Object.entries(ledger.dropped)) {
    if (!isEndOfLife(reason)) losses += count;
  }
  return losses;
}

function isEndOfLife(reason: string): boolean {
  return /^(shutdown|closed|cancelled|disconnect)/.test(reason);
}

/**
 * Copies that `sse.bus` lost and the store brought back, to clients and projections: what its queues and those of the
 * clients lost, less what stayed lost.
 */
export function countBroughtBack({ ledgers, feed }: RunRecord): number {
  const bus = ledgers.boundaries['sse.bus'];
  const client = ledgers.boundaries['sse.client'];
  const clients = ledgers.endToEnd.sse;
  if (bus === undefined || feed === null) return 0;
  const stayedLost = feed.projections.reduce((sum, { missed, recovered }) => sum + missed - recovered, 0);
  const back = countGone(bus) + countGone(client) - countGone(clients) - stayedLost;
  return Math.max(0, Math.min(back, countGone(bus)));
}

function countGone(ledger: LedgerSnapshot | undefined): number {
  return ledger === undefined ? 0 : sumReasons(ledger.dropped) + sumReasons(ledger.failed);
}

/** Whether the queue was ever full, or its producers ever felt it. */
export function wasPressed({ queue, ledger }: NamedQueue): boolean {
  const isFull = queue.capacityItems !== null && queue.depth.max >= queue.capacityItems;
  return isFull || queue.blockedMs > 0 || countPressureLosses(ledger) > 0;
}

/** Copies offered and then dropped, merged or failed. */
export function countLost(ledger: LedgerSnapshot): number {
  return sumReasons(ledger.dropped) + sumReasons(ledger.coalesced) + sumReasons(ledger.failed);
}

/** The sum over groups of what was offered and what was lost; `null` where nothing was offered. */
export function lossShare(groups: readonly NamedGroup[]): number | null {
  let offered = 0;
  let lost = 0;
  for (const { result } of groups) {
    offered += result.ledger.offered;
    lost += countLost(result.ledger);
  }
  return offered === 0 ? null : lost / offered;
}

/** The largest of the values that exist; `'inf'` outranks every number. */
export function worstOf(values: readonly (number | 'inf' | null | undefined)[]): number | 'inf' | null {
  if (values.includes('inf')) return 'inf';
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === 0 ? null : Math.max(...numbers);
}
