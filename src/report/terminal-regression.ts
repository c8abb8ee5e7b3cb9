/** One version against another on a terminal: a line for each metric, with its interval on its own margin. */

import { doMethodsDisagree } from '../comparison/findings.ts';
import {
  arrowOf,
  formatDifference,
  formatInterval,
  formatMargin,
  formatMetric,
  formatWorsening,
} from '../comparison/metric-words.ts';
import { marginOf } from '../comparison/samples.ts';
import type { ComparisonRecord, MetricResult, MetricSpec } from '../core/comparison.ts';
import { formatCount } from '../core/units.ts';
import { type BarStep, renderBarHeader, renderIntervalBar } from './interval-bar.ts';
import type { Paint } from './look.ts';
import { type Column, fitColumns, renderTable } from './table.ts';
import { bullet, INDENT } from './terminal-parts.ts';
import { plainText, truncate, wrap } from './text.ts';

const MAX_ARM_WIDTH = 14;

interface Line {
  readonly result: MetricResult;
  readonly spec: MetricSpec;
}

/** For each arm but the reference: what gates, what it would take to settle it, and what only informs. */
export function regressionSections(
  record: ComparisonRecord,
  width: number,
  paint: Paint,
  isUnicode: boolean,
): string[][] {
  const arms = [...new Set(record.results.map(({ arm }) => arm))];
  return arms.flatMap((arm) => {
    const lines = linesOf(record, arm);
    const isGated = ({ result }: Line): boolean => record.family.gated.includes(result.metric);
    const gated = lines.filter(isGated);
    const others = lines.filter((line) => !isGated(line));
    const title = arms.length === 1 ? [] : wrap(plainText(arm), width).map(paint.bold);
    const step = chooseStep(lines, width, paint, isUnicode);
    const table = (of: readonly Line[]): string[] =>
      of.length === 0
        ? []
        : renderTable(columnsOf(of, step, paint, isUnicode), width, {
            indent: INDENT,
            paintHeader: paint.dim,
          });
    return [
      [...title, ...table(gated), ...describeMargins(gated, width, paint)],
      gated
        .flatMap((line) => describeOpen(line))
        .concat(describeDetectable(gated, record))
        .flatMap((text) => bullet(text, width)),
      others.length === 0 ? [] : [...wrap('not gated, decide nothing:', width, INDENT), ...table(others)],
    ];
  });
}

function linesOf(record: ComparisonRecord, arm: string): Line[] {
  return record.results.flatMap((result) => {
    const spec = record.metrics.find(({ name }) => name === result.metric);
    return result.arm === arm && spec !== undefined ? [{ result, spec }] : [];
  });
}

/** The long bar where it leaves room for the numbers of the interval. */
function chooseStep(lines: readonly Line[], width: number, paint: Paint, isUnicode: boolean): BarStep {
  const kept = fitColumns(columnsOf(lines, 6, paint, isUnicode), width - INDENT.length);
  return kept.some(({ header }) => header === INTERVAL) ? 6 : 3;
}

const INTERVAL = '95 %';

function columnsOf(lines: readonly Line[], step: BarStep, paint: Paint, isUnicode: boolean): Column[] {
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (line: Line) => string,
    align: Column['align'] = 'right',
  ): Column => ({ header, align, dropOrder, cells: lines.map(cellOf) });
  const [first] = lines;
  const name = (arm: string | undefined): string => truncate(plainText(arm ?? ''), MAX_ARM_WIDTH);
  return [
    column('', 0, ({ spec }) => `${plainText(spec.name)} ${arrowOf(spec)}`, 'left'),
    column(
      `${name(first?.result.reference)} → ${name(first?.result.arm)}`,
      3,
      ({ result, spec }) =>
        `${formatMetric(result.referenceValue, spec)} → ${formatMetric(result.value, spec)}`,
    ),
    column(
      renderBarHeader(step),
      0,
      ({ result, spec }) =>
        renderIntervalBar(result.interval95, result.estimate, marginOf(spec), step, isUnicode),
      'left',
    ),
    column('worse by', 0, ({ result, spec }) => formatWorsening(result, spec)),
    column(INTERVAL, 2, ({ result, spec }) => formatInterval(result.interval95, spec.kind), 'left'),
    {
      ...column('verdict', 0, ({ result }) => describeVerdict(result), 'left'),
      paint: (cell, row) => paintVerdict(lines[row]?.result, cell, paint),
    },
  ];
}

/** A proved worsening stands out by its letters and not by colour alone. */
export function describeVerdict({ verdict, reason }: Pick<MetricResult, 'verdict' | 'reason'>): string {
  if (verdict === 'worse') return 'WORSE';
  if (verdict === 'invalid') return `✗ ${plainText(reason ?? 'invalid')}`;
  if (verdict === 'inconclusive') return `? ${plainText(reason ?? 'inconclusive')}`;
  return verdict;
}

export function paintVerdict(
  result: Pick<MetricResult, 'verdict'> | undefined,
  cell: string,
  paint: Paint,
): string {
  if (result?.verdict === 'worse' || result?.verdict === 'invalid') return paint.red(cell);
  if (result?.verdict === 'better') return paint.green(cell);
  return result?.verdict === 'inconclusive' ? paint.yellow(cell) : cell;
}

function describeMargins(lines: readonly Line[], width: number, paint: Paint): string[] {
  const margins = lines.map(({ spec }) => `${plainText(spec.name)} ${formatMargin(spec)}`);
  if (margins.length === 0) return [];
  return wrap(
    `(bar: 95 % interval; [ ]: the change that matters, δ: ${margins.join(', ')})`,
    width,
    INDENT,
  ).map(paint.dim);
}

/** What would settle it, where the methods disagree. */
function describeOpen({ result, spec }: Line): string[] {
  const settle =
    result.verdict === 'inconclusive' && result.blocksToSettle !== null
      ? [`${spec.name}: about ${formatCount(result.blocksToSettle)} blocks would settle it`]
      : [];
  return doMethodsDisagree(result, marginOf(spec))
    ? [
        ...settle,
        `${spec.name}: methods disagree, signed-rank decides; t says ${formatInterval(result.display.t95, spec.kind)}`,
      ]
    : settle;
}

function describeDetectable(lines: readonly Line[], { design }: ComparisonRecord): string[] {
  const unit = design.type === 'blocks' ? 'blocks' : 'runs of each';
  const known = lines.flatMap(({ result, spec }) =>
    result.minimumDetectable === null || !Number.isFinite(result.minimumDetectable)
      ? []
      : [`${spec.name} ${formatDifference(result.minimumDetectable, spec.kind)}`],
  );
  const [first] = lines;
  if (known.length === 0 || first === undefined) return [];
  return [
    `smallest worsening that ${formatCount(first.result.n)} ${unit} find four times in five: ${known.join(', ')}`,
  ];
}
