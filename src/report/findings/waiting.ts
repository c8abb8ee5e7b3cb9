/** Who waited, how long, whether it spread, and whether it passed. */
import { sumReasons } from '../../core/ledger.ts';
import type { Finding, GroupResult, PhaseResult, RunRecord } from '../../core/record.ts';
import { formatCount, formatDurationMs, formatShare } from '../../core/units.ts';
import { isSlowReader, isSubscriber, listGroups, type NamedGroup } from '../readings.ts';

/** A p99 above both, times the calm one and beyond it, is a wait that somebody notices. */
const NOTICED_FACTOR = 2;
const NOTICED_EXTRA_MS = 10;
/** More work than this past its deadline hurts. */
const HARMLESS_MISS_SHARE = 0.01;

/** Whether slow readers of the same run hurt the fast ones. */
export function findFastReaders(record: RunRecord): Finding[] {
  const subscribers = listGroups(record).filter(isSubscriber);
  if (!subscribers.some(isSlowReader)) return [];
  return subscribers
    .filter((group) => !isSlowReader(group) && group.result.latency.response.p99 !== null)
    .flatMap((group) => describeFastReader(record, group) ?? []);
}

function describeFastReader(record: RunRecord, group: NamedGroup): Finding | undefined {
  const { ledger, latency } = group.result;
  const dropped = sumReasons(ledger.dropped) + sumReasons(ledger.coalesced);
  const p99 = formatDurationMs(latency.response.p99 as number);
  const missed = latency.deadlineMiss.share ?? 0;
  const calm = calmP99Ms(record, group.name);
  const worst = worstPhase(record, group.name);
  if (dropped > 0) {
    return {
      code: 'fast-readers-hurt',
      level: 'warn',
      text: `${group.name} read at full speed and lost ${formatCount(dropped)} of ${formatCount(ledger.offered)} ${whatOf(group.result)} all the same (p99 ${p99}).`,
    };
  }
  if (calm !== null && worst !== null && isNoticed(worst.p99Ms, calm)) {
    return {
      code: 'fast-readers-waited',
      level: 'warn',
      text: `${group.name} read at full speed and lost nothing, but waited: p99 ${formatDurationMs(calm)} at first, ${formatDurationMs(worst.p99Ms)} in ${worst.name}.`,
    };
  }
  if (missed > HARMLESS_MISS_SHARE) {
    return {
      code: 'fast-readers-late',
      level: 'warn',
      text: `${group.name} read at full speed, yet ${formatShare(missed)} came later than ${formatDurationMs(latency.deadlineMiss.deadlineMs)} or not at all (p99 ${p99}).`,
    };
  }
  if (sumReasons(ledger.failed) > 0) return undefined; // told as what failed
  const before = calm === null ? '' : `, ${formatDurationMs(calm)} at first`;
  return {
    code: 'fast-readers-unhurt',
    level: 'info',
    text: `${group.name} never noticed: 0 of ${formatCount(ledger.offered)} ${whatOf(group.result)} dropped, p99 ${p99}${before}.`,
  };
}

/** The ledger of a WebSocket group holds events and the replies to its messages: its queue carries both. */
function whatOf({ path }: Pick<GroupResult, 'path'>): string {
  return path === 'ws' ? 'messages' : 'events';
}

/** How old the data is that slow readers get. */
export function findLag(record: RunRecord): Finding[] {
  const slow = listGroups(record).filter((group) => isSubscriber(group) && isSlowReader(group));
  return slow
    .filter((group) => group.result.ledger.offered > 0)
    .map(({ name, result }): Finding => {
      const { p50, p99 } = result.latency.response;
      return p50 === null || p99 === null
        ? {
            code: 'slow-readers-starved',
            level: 'warn',
            text: `${name} received none of its ${formatCount(result.ledger.offered)} events in a measured phase.`,
          }
        : {
            code: 'slow-readers-behind',
            level: 'info',
            text: `What ${name} gets is ${formatDurationMs(p50)} old at the median and ${formatDurationMs(p99)} at p99.`,
          };
    });
}

/** Clients of the proxy wait though the upstream answers: the wait is the system's own. */
export function findUpstream(record: RunRecord): Finding[] {
  const upstream = record.originLatency?.p99 ?? null;
  const seen = record.latency.proxy?.response.p99 ?? null;
  if (upstream === null || seen === null || !isNoticed(seen, upstream)) return [];
  return [
    {
      code: 'wait-inside-system',
      level: 'warn',
      text: `The upstream answered in ${formatDurationMs(upstream)} (p99), clients of the proxy waited ${formatDurationMs(seen)}: the wait is inside the system.`,
    },
  ];
}

/** Whether each group's p99 came back after its worst phase, and the recovery times that checks measured. */
export function findRecovery(record: RunRecord): Finding[] {
  const findings: Finding[] = [];
  for (const group of listGroups(record)) {
    const calm = calmP99Ms(record, group.name);
    const worst = worstPhase(record, group.name);
    const after = worst === null ? undefined : record.phases.slice(worst.index + 1).at(-1);
    const end = after?.groups[group.name]?.p99Ms ?? null;
    if (calm === null || worst === null || after === undefined || end === null) continue;
    if (!isNoticed(worst.p99Ms, calm)) continue;
    const isBack = !isNoticed(end, calm);
    findings.push({
      code: isBack ? 'recovered' : 'not-recovered',
      level: isBack ? 'info' : 'warn',
      text: `${group.name} ${isBack ? 'recovered' : 'had not recovered at the end'}: p99 ${formatDurationMs(calm)} at first, ${formatDurationMs(worst.p99Ms)} in ${worst.name}, ${formatDurationMs(end)} in ${after.name}.`,
    });
  }
  return findings;
}

function isNoticed(ms: number, calmMs: number): boolean {
  return ms > NOTICED_FACTOR * calmMs && ms > calmMs + NOTICED_EXTRA_MS;
}

/** p99 of the group's first measured phase with samples, when others follow. */
function calmP99Ms(record: RunRecord, group: string): number | null {
  const heard = measuredPhases(record).filter(({ groups }) => typeof groups[group]?.p99Ms === 'number');
  return heard.length < 2 ? null : (heard[0]?.groups[group]?.p99Ms ?? null);
}

function worstPhase(record: RunRecord, group: string): { name: string; index: number; p99Ms: number } | null {
  let worst: { name: string; index: number; p99Ms: number } | null = null;
  for (const phase of measuredPhases(record)) {
    const p99Ms = phase.groups[group]?.p99Ms ?? null;
    if (p99Ms !== null && p99Ms > (worst?.p99Ms ?? -1)) {
      worst = { name: phase.name, index: record.phases.indexOf(phase), p99Ms };
    }
  }
  return worst;
}

function measuredPhases(record: RunRecord): PhaseResult[] {
  return record.phases.filter((phase) => phase.measured);
}
