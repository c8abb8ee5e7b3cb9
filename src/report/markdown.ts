/** Runs as Markdown that reads well as it stands: tables and lists, no HTML, no images. */
import { basename } from 'node:path';
import type { RunRecord } from '../core/record.ts';
import { formatBytes, formatDurationMs } from '../core/units.ts';
import {
  compareRun,
  comparisonColumns,
  describeCohorts,
  describeComparison,
  findMismatches,
} from './comparison.ts';
import { formatMs, formatNumber, formatSize, formatValue, NO_VALUE } from './format.ts';
import { listGroups, listQueues } from './readings.ts';
import { describeStall } from './stall-words.ts';
import { describeBroughtBack, groupColumns, queueColumns, renderResources } from './summary-tables.ts';
import type { Column } from './table.ts';
import { describeCheckResult } from './terminal-summary.ts';
import { displayWidth, padEnd, padStart, plainText } from './text.ts';
import { describeValidity, listDoubts } from './validity-words.ts';
import { describeInterruption, verdictMarkOf } from './verdict-words.ts';

/**
 * One run, or several with their comparison first. Pure; ends with a line break. Texts of the record are
 * escaped: they can neither break a table nor become markup.
 */
export function renderMarkdown(records: RunRecord | readonly RunRecord[]): string {
  const runs = isList(records) ? records : [records];
  const [first] = runs;
  if (first === undefined) return 'No runs.\n';
  const blocks =
    runs.length === 1
      ? renderRun(first, 1)
      : [...renderComparisonBlocks(runs), ...runs.flatMap((record) => renderRun(record, 2))];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function isList(records: RunRecord | readonly RunRecord[]): records is readonly RunRecord[] {
  return Array.isArray(records);
}

/**
 * Text of a record as literal Markdown text on one line. Escapes only what would be markup where it
 * stands, so that the source reads well too.
 */
export function escapeMarkdown(text: string): string {
  return plainText(text)
    .trim()
    .replace(/[\\`*[|~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/<(?=[A-Za-z/!?])/g, '&lt;')
    .replace(/^(?:[+>-]|#+)(?=\s|$)|^>/, '\\$&')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2');
}

function renderComparisonBlocks(records: readonly RunRecord[]): string[] {
  const first = records[0] as RunRecord;
  const runs = records.map(compareRun);
  const mismatches = findMismatches(records);
  return [
    `# ${escapeMarkdown(first.scenario.name)}: ${runs.length} strategies`,
    mismatches.length === 0
      ? ''
      : `**These runs differ in more than the strategy:** ${escapeMarkdown(mismatches.join('; '))}`,
    toTable(comparisonColumns(runs)),
    escapeMarkdown(describeCohorts(first) ?? ''),
    toList(describeComparison(runs)),
  ];
}

function renderRun(record: RunRecord, level: number): string[] {
  const heading = (text: string, deeper = 0): string => `${'#'.repeat(level + deeper)} ${text}`;
  const { mark, word } = verdictMarkOf(record);
  const title = [record.scenario.name, record.strategyName].map(escapeMarkdown).join(' · ');
  const interruption = describeInterruption(record);
  const section = (name: string, ...blocks: string[]): string[] =>
    blocks.some((block) => block !== '') ? [heading(name, 1), ...blocks] : [];
  return [
    heading(`${title} · seed ${record.seed}`),
    escapeMarkdown(record.scenario.description),
    `**${mark} ${word}** ${escapeMarkdown(describeValidity(record))}`,
    interruption === null ? '' : `**${escapeMarkdown(interruption)}**`,
    toList([
      ...record.verdict.reasons.map(({ code, message }) => `${code}: ${message}`),
      ...listDoubts(record).map(({ status, text }) => (status === 'doubt' ? `doubt: ${text}` : text)),
    ]),
    ...section('Stalls', toList(record.stalls.map((stall) => `${describeStall(stall)}: ${stall.summary}`))),
    ...section('Checks', toTable(checkColumns(record))),
    ...section('Clients', listGroups(record).length === 0 ? '' : toTable(groupColumns(record))),
    ...section(
      'Queues and resources',
      listQueues(record).length === 0 ? '' : toTable(queueColumns(listQueues(record))),
      toList([...describeBroughtBack(record), ...renderResources(record)]),
    ),
    ...section(
      'Findings',
      toList(record.findings.map(({ level: how, text }) => (how === 'info' ? text : `${how}: ${text}`))),
    ),
    ...section('Theory and measurement', toTable(predictionColumns(record))),
    ...section('Phases', toTable(phaseColumns(record))),
    ...section('Where it ran', toList(describeEnvironment(record))),
    ...section('Again', fence(record.command)),
    record.files.length === 0
      ? ''
      : `Files: ${record.files.map((file) => escapeMarkdown(basename(file))).join(', ')}`,
  ];
}

function checkColumns({ checks }: RunRecord): Column[] {
  return [
    { header: 'check', align: 'left', dropOrder: 0, cells: checks.map((check) => check.name) },
    { header: 'status', align: 'left', dropOrder: 0, cells: checks.map((check) => check.status) },
    { header: 'result', align: 'left', dropOrder: 0, cells: checks.map(describeCheckResult) },
  ];
}

function predictionColumns({ predictions }: RunRecord): Column[] {
  const column = (header: string, align: Column['align'], cells: string[]): Column => ({
    header,
    align,
    dropOrder: 0,
    cells,
  });
  return [
    column(
      'quantity',
      'left',
      predictions.map((one) => one.quantity),
    ),
    column(
      'predicted',
      'right',
      predictions.map((one) => formatValue(one.predicted, one.unit)),
    ),
    column(
      'measured',
      'right',
      predictions.map((one) => formatValue(one.measured, one.unit)),
    ),
    column(
      'formula',
      'left',
      predictions.map((one) => one.formula),
    ),
    column(
      'where',
      'left',
      predictions.map((one) => one.assumptions),
    ),
  ];
}

/** One row for each phase and group that was heard in it. */
function phaseColumns({ phases }: RunRecord): Column[] {
  const rows = phases.flatMap((phase) => {
    const groups = Object.entries(phase.groups);
    const name = phase.measured ? phase.name : `${phase.name} (not measured)`;
    return groups.map(([group, result], at) => ({
      phase,
      group,
      result,
      name: at === 0 ? name : '',
      isFirst: at === 0,
    }));
  });
  const column = (
    header: string,
    align: Column['align'],
    cellOf: (row: (typeof rows)[number]) => string,
  ): Column => ({ header, align, dropOrder: 0, cells: rows.map(cellOf) });
  return [
    column('phase', 'left', (row) => row.name),
    column('length', 'right', ({ phase, isFirst }) => (isFirst ? formatDurationMs(phase.durationMs) : '')),
    column('connections', 'right', ({ phase, isFirst }) =>
      isFirst ? formatNumber(phase.connectionsOpen) : '',
    ),
    column('queued bytes', 'right', ({ phase, isFirst }) =>
      isFirst ? formatSize(phase.accountedBytes, NO_VALUE) : '',
    ),
    column('clients', 'left', ({ group }) => group),
    column('delivered', 'right', ({ result }) => formatNumber(result.delivered)),
    column('p50', 'right', ({ result }) => formatMs(result.p50Ms, NO_VALUE)),
    column('p99', 'right', ({ result }) => formatMs(result.p99Ms, NO_VALUE)),
    column('max', 'right', ({ result }) => formatMs(result.maxMs, NO_VALUE)),
  ];
}

function describeEnvironment({ environment, startedAt, durationMs, id }: RunRecord): string[] {
  const { bpbenchVersion, nodeVersion, os, kernel, cpuModel, cores, memoryBytes, gitCommit } = environment;
  return [
    `run ${id}, started ${startedAt}, ${formatDurationMs(durationMs)} long`,
    `bpbench ${bpbenchVersion}${gitCommit === null ? '' : ` (${gitCommit})`}, Node ${nodeVersion}`,
    `${os} ${kernel}, ${cpuModel}, ${cores} core${cores === 1 ? '' : 's'}, ${formatBytes(memoryBytes)} memory`,
  ];
}

/** Padded, so that the source reads as a table too. Empty for a table without rows. */
function toTable(columns: readonly Column[]): string {
  const rows = Math.max(0, ...columns.map((column) => column.cells.length));
  if (rows === 0) return '';
  const padded = columns.map(({ header, align, cells }) => {
    const texts = [header, ...Array.from({ length: rows }, (_, row) => cells[row] ?? '')].map(escapeMarkdown);
    const width = Math.max(align === 'left' ? 3 : 4, ...texts.map(displayWidth));
    const [head, ...body] = texts.map((text) =>
      align === 'left' ? padEnd(text, width) : padStart(text, width),
    );
    const rule = align === 'left' ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`;
    return [head, rule, ...body];
  });
  return Array.from(
    { length: rows + 2 },
    (_, line) => `| ${padded.map((cells) => cells[line]).join(' | ')} |`,
  ).join('\n');
}

function toList(items: readonly string[]): string {
  return items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
}

/** A code block that no run of backticks in `text` can end. */
function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}sh\n${plainText(text)}\n${mark}`;
}
