/** Who lost how much, and why. */
import { type LedgerSnapshot, sumReasons } from '../../core/ledger.ts';
import type { Finding, RunRecord } from '../../core/record.ts';
import { formatCount, formatShare } from '../../core/units.ts';
import { formatReasons } from '../format.ts';
import {
  countBroughtBack,
  countPressureLosses,
  isSubscriber,
  listGroups,
  listQueues,
  type NamedGroup,
} from '../readings.ts';

/** A group with less than this share of all drops is not worth a sentence of its own. */
const WORTH_NAMING = 0.05;

/** Which groups the drops hit; what a shutdown dropped is no strategy's doing and not counted. */
export function findDrops(record: RunRecord): Finding[] {
  const hit = listGroups(record)
    .map((group) => ({ group, dropped: countPressureLosses(group.result.ledger) }))
    .filter(({ dropped }) => dropped > 0)
    .sort((a, b) => b.dropped - a.dropped);
  const total = hit.reduce((sum, { dropped }) => sum + dropped, 0);
  return hit
    .filter(({ dropped }, at) => at === 0 || dropped / total >= WORTH_NAMING)
    .map(({ group, dropped }) => {
      const { offered } = group.result.ledger;
      const share =
        dropped === total ? 'every drop of the run' : `${formatShare(dropped / total)} of all drops`;
      return {
        code: 'drops',
        level: 'warn',
        text: `${clientsOf(group)} lost ${formatCount(dropped)} of ${formatCount(offered)} ${noun(group)} (${formatShare(dropped / offered)}): ${share}.`,
      };
    });
}

/** Lifecycle events of proxied requests: their loss blinds the observer and not the client. */
export function findEventLosses(record: RunRecord): Finding[] {
  const ledger = record.ledgers.boundaries['proxy.events'];
  const dropped = countPressureLosses(ledger);
  if (ledger === undefined || dropped === 0) return [];
  const requests = record.ledgers.endToEnd.proxy;
  const effect =
    requests === undefined
      ? ''
      : `, while ${formatCount(requests.delivered)} of ${formatCount(requests.offered)} requests were answered`;
  return [
    {
      code: 'proxy-events-lost',
      level: 'warn',
      text: `The consumer of proxy.events never saw ${formatCount(dropped)} of ${formatCount(ledger.offered)} request events (${formatShare(dropped / ledger.offered)})${effect}.`,
    },
  ];
}

/** Requests whose start was shown and whose end was lost. */
export function findPendingForever(record: RunRecord): Finding[] {
  const pending = record.lifecycle?.pendingForever ?? 0;
  if (pending === 0) return [];
  return [
    {
      code: 'pending-forever',
      level: 'warn',
      text: `${formatCount(pending)} requests stay 'pending' for ever: their start was shown and their end was lost. Drop by request and not by event: reserve and evict-lowest-priority at proxy.events do.`,
    },
  ];
}

/** What was marked critical and lost all the same, at queues that a strategy rules; not what an end left there. */
export function findCriticalLosses(record: RunRecord): Finding[] {
  return listQueues(record).flatMap(({ name, queue, ledger }): Finding[] => {
    const { offered = 0, dropped = 0 } = queue.classes['0'] ?? {};
    const stayedLost = countPressureLosses(ledger) - (name === 'sse.bus' ? countBroughtBack(record) : 0);
    if (dropped === 0 || stayedLost <= 0) return [];
    const inPart = stayedLost < dropped ? `at most ${formatCount(stayedLost)} of these stayed lost; ` : '';
    return [
      {
        code: 'critical-lost',
        level: 'info',
        text: `${name} dropped ${formatCount(dropped)} of ${formatCount(offered)} critical items; ${inPart}${queue.strategy.split(/[,\s]/)[0]} treats all alike unless a class-aware strategy such as reserve keeps room for them.`,
      },
    ];
  });
}

/** Work that broke instead of being dropped by a decision, and the guard against using up all memory. */
export function findFailures(record: RunRecord): Finding[] {
  const findings: Finding[] = [];
  for (const group of listGroups(record)) {
    const { ledger } = group.result;
    const failed = sumReasons(ledger.failed);
    if (failed > 0) {
      findings.push({
        code: 'failed',
        level: 'warn',
        text: `${formatCount(failed)} of ${formatCount(ledger.offered)} ${noun(group)} of ${group.name} failed (${formatReasons(ledger.failed)}).`,
      });
    }
  }
  for (const [name, ledger] of Object.entries(record.ledgers.boundaries) as [string, LedgerSnapshot][]) {
    const guarded = ledger.dropped['oom_guard'] ?? 0;
    if (guarded > 0) {
      findings.push({
        code: 'memory-guard',
        level: 'warn',
        text: `${name} grew until the guard against using up all memory dropped ${formatCount(guarded)} items: without it the process would have died with the whole queue.`,
      });
    }
  }
  return findings;
}

export function findRejections(record: RunRecord): Finding[] {
  const { attempted, rejected, failed } = record.connections;
  const { maxConnections } = record.scenario.system.resources;
  const findings: Finding[] = [];
  if (rejected > 0) {
    const limit =
      record.target.kind === 'embedded' ? ` (the system takes ${formatCount(maxConnections)})` : '';
    findings.push({
      code: 'connections-rejected',
      level: 'warn',
      text: `${formatCount(rejected)} of ${formatCount(attempted)} connections were refused${limit}.`,
    });
  }
  if (failed > 0) {
    findings.push({
      code: 'connections-failed',
      level: 'warn',
      text: `${formatCount(failed)} of ${formatCount(attempted)} connections broke before they were taken.`,
    });
  }
  return findings;
}

export function clientsOf(group: NamedGroup): string {
  const { connections } = group.result;
  return `${group.name} (${formatCount(connections)} client${connections === 1 ? '' : 's'})`;
}

export function noun(group: NamedGroup): string {
  return isSubscriber(group) ? 'events' : 'requests';
}
