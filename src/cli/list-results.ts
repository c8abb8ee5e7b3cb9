/** `bpbench list results`: what lies in the folder of results, newest first, damaged ones with the reason. */

import { formatMetric } from '../comparison/metric-words.ts';
import { readValues } from '../comparison/read-values.ts';
import { takeWallTimeMs } from '../core/clock.ts';
import type { MetricValue } from '../core/comparison.ts';
import { formatBytes, formatCount } from '../core/units.ts';
import { createPaint, finish, type Look, usableWidth } from '../report/look.ts';
import {
  findResults,
  measureFolder,
  type ResultName,
  readLatest,
  readResult,
  type StoredRecord,
} from '../report/result-index.ts';
import { type Column, renderTable } from '../report/table.ts';
import { plainText, wrap } from '../report/text.ts';

/** Newest results that people are shown unless they ask for more. */
const DEFAULT_LIMIT = 20;

export interface ListedResult {
  readonly name: string;
  readonly path: string;
  readonly isLatest: boolean;
  readonly kind: 'run' | 'comparison' | 'unfinished' | 'damaged';
  readonly scenario: string | null;
  readonly strategy: string | null;
  readonly verdict: string | null;
  readonly isPartial: boolean | null;
  /** Over all offered work, in milliseconds. */
  readonly allP99: MetricValue;
  readonly loss: MetricValue;
  readonly startedAt: string | null;
  readonly bytes: number;
  /** Why there is no more to tell. */
  readonly problem: string | null;
}

export interface Listing {
  readonly results: readonly ListedResult[];
  /** How many there are in all. */
  readonly total: number;
}

/** `limit` 0 or absent for `--json`: all of them; else the newest ones. Only those that are shown are read. */
export async function listResults(
  base: string,
  limit: number | undefined,
  isJson: boolean,
): Promise<Listing> {
  const [found, latest] = await Promise.all([findResults(base), readLatest(base)]);
  const wanted = limit ?? (isJson ? 0 : DEFAULT_LIMIT);
  const shown = wanted === 0 ? found : found.slice(0, wanted);
  const results: ListedResult[] = [];
  // One after the other: reading is bound by the parser, and a thousand records need not be in memory at once.
  for (const result of shown) results.push(await describeResult(result, latest));
  return { results, total: found.length };
}

async function describeResult(result: ResultName, latest: string | null): Promise<ListedResult> {
  const { name, path, startedAtMs } = result;
  const [stored, facts] = await Promise.all([
    readResult(result, describeRecord),
    measureFolder(path).catch(() => ({ bytes: 0 })),
  ]);
  return {
    name,
    path,
    isLatest: name === latest,
    scenario: null,
    strategy: null,
    verdict: null,
    isPartial: null,
    allP99: null,
    loss: null,
    startedAt: startedAtMs === null ? null : new Date(startedAtMs).toISOString(),
    bytes: facts.bytes,
    problem: null,
    ...(stored.state === 'whole' ? stored.value : { kind: stored.state, problem: stored.problem }),
  };
}

function describeRecord(record: StoredRecord) {
  const { kind, startedAt, partial, verdict } = record;
  const common = { startedAt, isPartial: partial, verdict: verdict.status };
  if (record.kind === 'comparison') {
    const strategy = record.arms.map((arm) => arm.name).join(' vs ');
    return { kind, ...common, scenario: record.plan.scenario.name, strategy };
  }
  const values = readValues(record, [{ name: 'all.p99' }, { name: 'loss' }]);
  return {
    kind,
    ...common,
    scenario: record.scenario.name,
    strategy: record.strategyName,
    allP99: values['all.p99'] ?? null,
    loss: values['loss'] ?? null,
  };
}

/** A row for each, and below the damaged ones with their reasons. Nothing but the first column is cut to fit. */
export function renderListing({ results, total }: Listing, look: Look, nowMs = takeWallTimeMs()): string {
  const width = usableWidth(look);
  const paint = createPaint(look.color);
  if (total === 0) return finish(['no results yet'], look);
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (result: ListedResult) => string,
    align: Column['align'] = 'right',
  ): Column => ({ header, align, dropOrder, cells: results.map(cellOf) });
  const table = renderTable(
    [
      column('result', 0, ({ name, isLatest }) => `${isLatest ? '→ ' : '  '}${plainText(name)}`, 'left'),
      column('scenario', 6, ({ scenario }) => plainText(scenario ?? ''), 'left'),
      column('strategy', 5, ({ strategy }) => plainText(strategy ?? ''), 'left'),
      {
        ...column('verdict', 0, describeVerdict, 'left'),
        paint: (cell) => (cell === 'pass' ? paint.green(cell) : paint.yellow(cell)),
      },
      column('p99 of all', 1, ({ allP99 }) => formatMetric(allP99, { unit: 'ms' })),
      column('loss', 2, ({ loss }) => formatMetric(loss, { unit: 'share' })),
      column('age', 3, ({ startedAt }) => formatAge(startedAt, nowMs)),
      column('size', 4, ({ bytes }) => formatBytes(bytes)),
    ],
    width,
    { paintHeader: paint.dim },
  );
  const problems = results.flatMap(({ name, problem }) =>
    problem === null ? [] : wrap(plainText(`${name}: ${problem}`), width, '! ', '  '),
  );
  const untold = total - results.length;
  const summary = [
    results.some(({ isLatest }) => isLatest) ? '→ latest' : '',
    `${formatCount(total)} result${total === 1 ? '' : 's'}`,
    untold > 0 ? `${formatCount(untold)} older ones not shown: --limit 0 shows all` : '',
  ];
  return finish(
    [...table, ...problems, ...wrap(summary.filter((part) => part !== '').join(' · '), width).map(paint.dim)],
    look,
  );
}

function describeVerdict({ kind, verdict, isPartial }: ListedResult): string {
  if (verdict === null) return kind;
  return `${plainText(verdict)}${isPartial === true ? ' (partial)' : ''}`;
}

/** `5 min`, `3 h`, `12 d` since then. */
function formatAge(startedAt: string | null, nowMs: number): string {
  const minutes = startedAt === null ? Number.NaN : Math.max(0, nowMs - Date.parse(startedAt)) / 60_000;
  if (Number.isNaN(minutes)) return '–';
  if (minutes < 120) return `${Math.floor(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${formatCount(Math.floor(minutes / 1440))} d`;
}
