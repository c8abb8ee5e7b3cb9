/** One run as people read it on a terminal: verdict and doubt before any number, the next command last. */
import type { CheckResult, RunRecord } from '../core/record.ts';
import { formatValue } from './format.ts';
import { renderLatencyPlot } from './latency-plot.ts';
import { createPaint, finish, type Look, type Paint, usableWidth } from './look.ts';
import { listStalls } from './stall-words.ts';
import { renderGroups, renderPredictions, renderQueues, renderResources } from './summary-tables.ts';
import {
  bullet,
  HANG,
  INDENT,
  joinSections,
  renderAgain,
  renderFiles,
  renderFindings,
  renderStatus,
} from './terminal-parts.ts';
import { plainText, wrap } from './text.ts';
import type { TimelineRow } from './timeline-row.ts';
import { listDoubts } from './validity-words.ts';
import { describeInterruption, describeJudgement, verdictMarkOf } from './verdict-words.ts';

export interface SummaryOptions extends Look {
  /** Where the files are; default the folder in {@link RunRecord.files}, or none. */
  readonly folder?: string;
  /** Adds the depth of the queues over time, and from 100 columns on the response times. */
  readonly timeline?: readonly TimelineRow[];
}

/** Reasons of the verdict that have a place of their own. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['check_failed', 'partial', 'stalled']);

/**
 * Verdict, validity, checks, groups, queues, findings, predictions, files, and the command that repeats
 * the run. Pure; ends with a line break.
 *
 * Width: fits `width` columns from 60 on by leaving out columns and wrapping; only a single word or path
 * that is longer than the screen passes it. Commands are broken so that a shell still reads them as one.
 * What is absent prints as `n/a` or `–`; texts of the record lose their control characters.
 */
export function renderSummary(record: RunRecord, options: SummaryOptions): string {
  const width = usableWidth(options);
  const paint = createPaint(options.color);
  const sections = [
    [...renderHeading(record, width, paint), ...renderVerdict(record, width, paint)],
    renderChecks(record, width, paint),
    renderGroups(record, width, paint),
    [
      ...renderQueues(record, options.timeline ?? [], width, paint),
      ...renderResources(record).flatMap((line) => wrap(line, width, INDENT, HANG)),
    ],
    renderLatencyPlot(record, options.timeline ?? [], { ...options, width }, paint),
    renderFindings(record.findings, width, paint),
    renderPredictions(record, width, paint),
    [
      ...renderFiles(record.files, options.folder ?? null, width, paint),
      ...renderAgain(record.command, width),
    ],
  ];
  return finish(joinSections(sections), options);
}

function renderHeading(record: RunRecord, width: number, paint: Paint): string[] {
  const { name, description } = record.scenario;
  const words = [plainText(name), plainText(record.strategyName), `seed ${record.seed}`];
  if (record.target.kind === 'external') words.push(plainText(Object.values(record.target.urls).join(' ')));
  return [
    ...wrap(words.join(' · '), width).map(paint.bold),
    ...(description.trim() === '' ? [] : wrap(plainText(description), width).map(paint.dim)),
  ];
}

function renderVerdict(record: RunRecord, width: number, paint: Paint): string[] {
  const { reasons } = record.verdict;
  const { mark, word, hue } = verdictMarkOf(record);
  const shown = new Set<string>();
  // Failed checks and stalls stand in lists of their own, and what made a run partial in a line of its own; an invalid run says why before anything else.
  const why = reasons
    .filter(({ code }) => !TOLD_ELSEWHERE.has(code))
    .flatMap(({ message }) => {
      shown.add(plainText(message));
      return bullet(message, width);
    });
  const head = wrap(describeJudgement(record), width, `${mark} ${word}   `, INDENT).map((line, at) =>
    at === 0 ? line.replace(`${mark} ${word}`, paint[hue]) : line,
  );
  const doubts = listDoubts(record)
    .filter(({ text }) => ![...shown].some((reason) => text.startsWith(reason)))
    .flatMap(({ status: doubt, text }) => bullet(doubt === 'doubt' ? `doubt: ${text}` : text, width));
  const interruption = describeInterruption(record);
  return [
    ...head,
    ...why,
    ...(interruption === null ? [] : wrap(interruption, width, '', INDENT).map(paint.yellow)),
    ...doubts,
    ...listStalls(record).flatMap((line) => bullet(line, width)),
  ];
}

function renderChecks(record: RunRecord, width: number, paint: Paint): string[] {
  return record.checks.flatMap((check) =>
    renderStatus(check.status, `${plainText(check.name)}: ${describeCheckResult(check)}`, width, paint),
  );
}

/** `actual 9.4 ms, limit 50 ms`; an infinite value is `never` in memory and `null` on disk. */
export function describeCheckResult(check: CheckResult): string {
  const isNever = check.actual === null && check.status !== 'unknown';
  const actual = isNever ? 'never' : formatValue(check.actual, check.unit);
  const detail = check.detail === null ? '' : ` (${plainText(check.detail)})`;
  return `actual ${actual}, limit ${formatValue(check.limit, check.unit)}${detail}`;
}
