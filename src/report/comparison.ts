/** Several runs of one scenario side by side: columns and sentences, for every format. */
import type { RunRecord } from '../core/record.ts';
import { formatBytes, formatCount, formatDurationMs, formatShare } from '../core/units.ts';
import { formatMs, formatSize, NO_VALUE } from './format.ts';
import { isSlowReader, listGroups, listQueues, lossShare, type NamedGroup, worstOf } from './readings.ts';
import type { Column } from './table.ts';
import { plainText } from './text.ts';
import { verdictMarkOf } from './verdict-words.ts';

/** One strategy's run in the numbers by which strategies differ. Of several groups, the worst one's. */
export interface ComparedRun {
  readonly strategy: string;
  readonly verdict: string;
  readonly isValid: boolean;
  /** Whether any group reads slowly; without one, `slow` below is of all groups. */
  readonly hasSlow: boolean;
  readonly slowLoss: number | null;
  readonly fastLoss: number | null;
  readonly fastP50Ms: number | 'inf' | null;
  readonly fastP99Ms: number | 'inf' | null;
  readonly slowP50Ms: number | 'inf' | null;
  readonly slowP99Ms: number | 'inf' | null;
  readonly ageP99Ms: number | 'inf' | null;
  readonly allP99Ms: number | 'inf' | null;
  readonly queueMaxItems: number | null;
  readonly accountedMaxBytes: number | null;
  readonly blockedMs: number | null;
  readonly unaccounted: number | null;
}

export function compareRun(record: RunRecord): ComparedRun {
  const groups = listGroups(record);
  const slow = groups.filter(isSlowReader);
  const hasSlow = slow.length > 0;
  const fast = hasSlow ? groups.filter((group) => !isSlowReader(group)) : [];
  const hurt = hasSlow ? slow : groups;
  const queues = listQueues(record);
  const { mark, word } = verdictMarkOf(record);
  const response = (of: readonly NamedGroup[], key: 'p50' | 'p99') =>
    worstOf(of.map(({ result }) => result.latency.response[key]));
  return {
    strategy: plainText(record.strategyName),
    verdict: `${mark} ${word}${record.partial ? ' (partial)' : ''}`,
    isValid: record.verdict.status !== 'invalid' && !record.partial,
    hasSlow,
    slowLoss: lossShare(hurt),
    fastLoss: lossShare(fast),
    fastP50Ms: response(fast, 'p50'),
    fastP99Ms: response(fast, 'p99'),
    slowP50Ms: response(hurt, 'p50'),
    slowP99Ms: response(hurt, 'p99'),
    ageP99Ms: worstOf(hurt.map(({ result }) => result.latency.age?.p99)),
    allP99Ms: worstOf(groups.map(({ result }) => result.latency.all.p99)),
    queueMaxItems: queues.length === 0 ? null : Math.max(...queues.map(({ queue }) => queue.depth.max)),
    accountedMaxBytes: record.memory.accountedMaxBytes,
    blockedMs: queues.length === 0 ? null : queues.reduce((sum, { queue }) => sum + queue.blockedMs, 0),
    unaccounted: sumUnaccounted(record),
  };
}

function sumUnaccounted({ ledgers }: RunRecord): number | null {
  const all = [...Object.values(ledgers.boundaries), ...Object.values(ledgers.endToEnd)];
  return all.length === 0 ? null : all.reduce((sum, ledger) => sum + Math.abs(ledger.unaccounted), 0);
}

/** Which client groups `slow` and `fast` mean; `null` when no group reads slowly. */
export function describeCohorts(record: RunRecord): string | null {
  const groups = listGroups(record);
  const list = (of: readonly NamedGroup[]): string => of.map(({ name }) => plainText(name)).join(', ');
  const [slow, fast] = [groups.filter(isSlowReader), groups.filter((group) => !isSlowReader(group))];
  if (slow.length === 0) return null;
  const fastPart = fast.length === 0 ? '' : `; fast: ${list(fast)}`;
  return `slow: ${list(slow)}${fastPart}; of several groups the worst one's value`;
}

/** One row for each run; columns in which no run has a value are left out. */
export function comparisonColumns(runs: readonly ComparedRun[]): Column[] {
  const slow = runs.some((run) => run.hasSlow) ? 'slow ' : '';
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (run: ComparedRun) => string,
    align: Column['align'] = 'right',
  ): Column => ({ header, align, dropOrder, cells: runs.map(cellOf) });
  const share = (value: number | null): string => (value === null ? NO_VALUE : formatShare(value));
  const count = (value: number | null): string => (value === null ? NO_VALUE : formatCount(value));
  return [
    column('strategy', 0, (run) => run.strategy, 'left'),
    column('verdict', 0, (run) => run.verdict, 'left'),
    column(`${slow}lost`, 0, (run) => share(run.slowLoss)),
    column('fast lost', 9, (run) => share(run.fastLoss)),
    column('fast p50', 8, (run) => formatMs(run.fastP50Ms, NO_VALUE)),
    column('fast p99', 3, (run) => formatMs(run.fastP99Ms, NO_VALUE)),
    column(`${slow}p50`, 6, (run) => formatMs(run.slowP50Ms, NO_VALUE)),
    column(`${slow}p99`, 0, (run) => formatMs(run.slowP99Ms, NO_VALUE)),
    column('age p99', 2, (run) => formatMs(run.ageP99Ms, NO_VALUE)),
    column('p99 of all', 7, (run) => formatMs(run.allP99Ms, NO_VALUE)),
    column('queue max', 5, (run) => count(run.queueMaxItems)),
    column('memory', 4, (run) => formatSize(run.accountedMaxBytes, NO_VALUE)),
    column('blocked', 1, (run) => formatMs(run.blockedMs, NO_VALUE)),
    column('unaccounted', 10, (run) => count(run.unaccounted)),
  ].filter((one, at) => at < 2 || one.cells.some((cell) => cell !== NO_VALUE));
}

/** What differs between runs that should differ in the strategy alone; empty for a fair comparison. */
export function findMismatches(records: readonly RunRecord[]): string[] {
  const differ = (what: string, read: (record: RunRecord) => string | number): string[] => {
    const values = [...new Set(records.map(read))];
    return values.length < 2
      ? []
      : [`${what} (${values.map((value) => plainText(String(value))).join(', ')})`];
  };
  return [
    ...differ('scenario', (record) => record.scenario.name),
    ...differ('seed', (record) => record.seed),
    ...differ('planned length', (record) => formatDurationMs(record.plannedDurationMs)),
    ...differ('host', (record) => record.environment.cpuModel),
  ];
}

/** One run each cannot tell values apart that differ by less than this; nobody is named for that. */
const NOISE_SHARE = 0.05;

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= NOISE_SHARE * Math.max(Math.abs(a), Math.abs(b));
}

/** Who loses least, who is freshest, who holds back whom, who needs most memory. Never one winner. */
export function describeComparison(runs: readonly ComparedRun[]): string[] {
  const valid = runs.filter((run) => run.isValid);
  const lines: string[] = [];
  const leftOut = runs.filter((run) => !run.isValid).map((run) => run.strategy);
  if (leftOut.length > 0) {
    lines.push(`Not compared, because the run is invalid or partial: ${leftOut.join(', ')}.`);
  }
  if (valid.length < 2) return lines;
  const whose = valid.some((run) => run.hasSlow)
    ? 'of what slow readers were offered'
    : 'of what was offered';
  const winners = new Set<string>();
  const extremes = (
    read: (run: ComparedRun) => number | null,
    say: (best: ComparedRun[], bestValue: number, worst: ComparedRun[], worstValue: number) => string,
  ): void => {
    const known = valid.flatMap((run) => {
      const value = read(run);
      return value === null ? [] : [{ run, value }];
    });
    const values = known.map(({ value }) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (known.length < 2 || isClose(low, high)) return;
    const at = (value: number) => known.filter((entry) => isClose(entry.value, value)).map(({ run }) => run);
    winners.add(names(at(low)));
    lines.push(say(at(low), low, at(high), high));
  };
  extremes(
    (run) => run.slowLoss,
    (best, low, worst, high) =>
      `${names(best)} lost least: ${formatShare(low)} ${whose}; ${names(worst)} most: ${formatShare(high)}.`,
  );
  extremes(
    (run) => asNumber(run.ageP99Ms ?? run.slowP99Ms),
    (best, low, worst, high) =>
      `${names(best)} kept data freshest: ${formatDurationMs(low)} old at p99; ${names(worst)} oldest: ${formatDurationMs(high)}.`,
  );
  extremes(
    (run) => run.blockedMs,
    (_best, _low, worst, high) =>
      `${names(worst)} held producers back for ${formatDurationMs(high)} in total.`,
  );
  extremes(
    (run) => run.accountedMaxBytes,
    (best, low, worst, high) =>
      `${names(best)} needed least memory for queues: ${formatBytes(low)}; ${names(worst)} most: ${formatBytes(high)}.`,
  );
  if (winners.size > 1) lines.push('None is best at everything: choose by what your users can bear.');
  return lines;
}

function asNumber(value: number | 'inf' | null): number | null {
  return value === 'inf' ? Number.POSITIVE_INFINITY : value;
}

function names(runs: readonly ComparedRun[]): string {
  return runs.map((run) => run.strategy).join(' and ');
}
