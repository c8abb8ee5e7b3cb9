/** One client group's part of the record: its ledger and its latencies. */

import { closeLedger, createEmptyLedger, type LedgerSnapshot, sumReasons } from '../core/ledger.ts';
import type { ClientGroup } from '../core/plan.ts';
import type { GroupResult } from '../core/record.ts';
import type { GroupSample } from '../core/samples.ts';
import type { RecordInput } from './build-record.ts';
import type { Collector } from './collector.ts';
import { buildLatencyViews } from './latency-views.ts';

/** The harness's own ledger of a group, where the system keeps none for it. */
export function harnessLedger(group: ClientGroup, sample: GroupSample | undefined): LedgerSnapshot {
  if (sample === undefined) return createEmptyLedger();
  const { due, received, failures, pending } = sample;
  // Nobody knows what a foreign stream meant to send: what came is what there is to count.
  if (group.path !== 'proxy') return { ...createEmptyLedger(), offered: received, delivered: received };
  return closeLedger({
    ...createEmptyLedger(),
    offered: due,
    delivered: received,
    failed: { ...failures },
    inFlight: pending,
  });
}

/** Whether nobody knows what the readers of somebody else's service should have got. */
export function isUnpublished({ target }: Pick<RecordInput, 'target'>): boolean {
  return target !== null && target.publishUrl === null;
}

export function buildGroup(group: ClientGroup, input: RecordInput): GroupResult {
  const { collector } = input.outcome;
  const sample = collector.load?.groups[group.name];
  const ledger =
    group.path === 'proxy' || isUnpublished(input)
      ? harnessLedger(group, sample)
      : (collector.reconciler.byGroup.get(group.name) ?? createEmptyLedger());
  const reading = collector.reconciler.reading.get(group.name) ?? { gaps: 0, duplicates: 0, reordered: 0 };
  return {
    path: group.path,
    connections: Math.max(0, ...input.plan.phases.map((phase) => phase.connections[group.name] ?? 0)),
    ledger,
    latency: buildLatencyViews({
      response: collector.latency.ofGroup(group.name, 'response'),
      service: collector.latency.ofGroup(group.name, 'service'),
      slip: collector.latency.ofGroup(group.name, 'slip'),
      age: group.path === 'proxy' ? null : collector.latency.ofGroup(group.name, 'age'),
      // What came without our stamps was neither early nor late, and how much should have come nobody knows.
      offered: group.path !== 'proxy' && isUnpublished(input) ? 0 : ledger.offered,
      unmeasured: unmeasuredOf(group.name, collector) + countReplies(group.name, collector),
      inTime: sample?.inTime ?? 0,
      deadlineMs: group.deadlineMs,
    }),
    ...reading,
  };
}

/** Messages that clients of a WebSocket group sent, and their replies: the harness's own ledger; `null` without any. */
export function buildReplies(group: ClientGroup, { outcome, target }: RecordInput): GroupResult | null {
  const { collector } = outcome;
  const sample = collector.load?.groups[group.name];
  if (group.path !== 'ws' || sample === undefined || sample.due === 0 || target !== null) return null;
  const { due, failures, pending } = sample;
  const failed = { ...failures };
  const name = replyName(group.name);
  const delivered = due - pending - sumReasons(failed);
  const ledger = closeLedger({ ...createEmptyLedger(), offered: due, delivered, failed, inFlight: pending });
  const { latency } = collector;
  return {
    path: group.path,
    connections: Math.max(0, sample.admitted),
    ledger,
    latency: buildLatencyViews({
      response: latency.ofGroup(name, 'response'),
      service: latency.ofGroup(name, 'service'),
      slip: latency.ofGroup(name, 'slip'),
      age: null,
      offered: due,
      unmeasured: unmeasuredOf(name, collector),
      inTime: null,
      deadlineMs: group.deadlineMs,
    }),
    gaps: 0,
    duplicates: 0,
    reordered: 0,
  };
}

/** The name under which the load worker records replies to a group's messages. */
export function replyName(group: string): string {
  return `${group} replies`;
}

export function unmeasuredOf(name: string, { latency }: Collector): number {
  return latency.unmeasured.get(name) ?? 0;
}

/** Replies are copies of the group's queue too, with latencies of their own. */
function countReplies(group: string, collector: Collector): number {
  const name = replyName(group);
  return collector.latency.ofGroup(name, 'response').count + unmeasuredOf(name, collector);
}
