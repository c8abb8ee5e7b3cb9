/** Runs as Markdown that reads well as it stands: tables and lists, no HTML, no images. */
import { basename } from 'node:path';
import type { RunRecord } from '../core/record.ts';
import { formatBytes, formatDurationMs } from '../core/units.ts';
import { formatMs, formatNumber, formatSize, formatValue, NO_VALUE } from './format.ts';
import { escapeMarkdown, fence, joinBlocks, toList, toTable } from './markdown-text.ts';
import { listGroups, listQueues } from './readings.ts';
import { describeStall } from './stall-words.ts';
import { describeBroughtBack, groupColumns, queueColumns, renderResources } from './summary-tables.ts';
import type { Column } from './table.ts';
import { describeCheckResult } from './terminal-summary.ts';
import { listDoubts } from './validity-words.ts';
import { describeInterruption, describeJudgement, verdictMarkOf } from './verdict-words.ts';

/** A part of a report with a heading of its own. */
export interface MarkdownSection {
  readonly title: string;
  readonly blocks: readonly string[];
}

export interface MarkdownParts {
  /** Verdict and doubt, under the report's own heading. */
  readonly head: readonly string[];
  /** What matters most comes first; none is empty. */
  readonly sections: readonly MarkdownSection[];
}

/**
 * One run, without any HTML. Pure; ends with a line break. Texts of the record are escaped: they can neither break a
 * table nor become markup.
 */
export function renderMarkdown(record: RunRecord): string {
  const { head, sections } = runParts(record);
  return joinBlocks([...head, ...sections.flatMap(({ title, blocks }) => [`## ${title}`, ...blocks])]);
}

/** The same in parts, for reports that fold some away or have no room for all. */
export function runParts(record: RunRecord): MarkdownParts {
  const { mark, word } = verdictMarkOf(record);
  const title = [record.scenario.name, record.strategyName].map(escapeMarkdown).join(' · ');
  const interruption = describeInterruption(record);
  const head = [
    `# ${title} · seed ${record.seed}`,
    escapeMarkdown(record.scenario.description),
    `**${mark} ${word}** ${escapeMarkdown(describeJudgement(record))}`,
    interruption === null ? '' : `**${escapeMarkdown(interruption)}**`,
    toList([
      ...record.verdict.reasons.map(({ code, message }) => `${code}: ${message}`),
      ...listDoubts(record).map(({ status, text }) => (status === 'doubt' ? `doubt: ${text}` : text)),
    ]),
  ];
  return { head, sections: runSections(record) };
}

function runSections(record: RunRecord): MarkdownSection[] {
  const queues = listQueues(record);
  const sections: [title: string, ...blocks: string[]][] = [
    ['Stalls', toList(record.stalls.map((stall) => `${describeStall(stall)}: ${stall.summary}`))],
    ['Checks', toTable(checkColumns(record))],
    ['Clients', listGroups(record).length === 0 ? '' : toTable(groupColumns(record))],
    [
      'Queues and resources',
      queues.length === 0 ? '' : toTable(queueColumns(queues)),
      toList([...describeBroughtBack(record), ...renderResources(record)]),
    ],
    [
      'Findings',
      toList(record.findings.map(({ level: how, text }) => (how === 'info' ? text : `${how}: ${text}`))),
    ],
    ['Theory and measurement', toTable(predictionColumns(record))],
    ['Phases', toTable(phaseColumns(record))],
    ['Where it ran', toList(describeEnvironment(record))],
    ['Again', fence(record.command), listFiles(record)],
  ];
  return sections
    .map(([title, ...blocks]) => ({ title, blocks: blocks.filter((block) => block !== '') }))
    .filter(({ blocks }) => blocks.length > 0);
}

/** What can be rebuilt from them stands beside them and is not named. */
function listFiles({ files }: RunRecord): string {
  const names = files.map((file) => basename(file)).filter((name) => !name.startsWith('report.'));
  if (names.length === 0) return '';
  const all = names.includes('record.json') ? names : ['record.json', ...names];
  return `Files: ${all.map(escapeMarkdown).join(', ')}`;
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
