/** A comparison as Markdown: the table that people paste comes first, detail after it. */
import { countOf } from '../comparison/counts.ts';
import type { ComparisonRecord, ComparisonStatus } from '../core/comparison.ts';
import { formatCount, formatDurationMs } from '../core/units.ts';
import {
  compareRun,
  comparisonColumns,
  describeCohorts,
  describeComparison,
  findMismatches,
} from './comparison.ts';
import { type MarkdownParts, type MarkdownSection, runParts } from './markdown.ts';
import { regression, resultColumns, runColumns, versus } from './markdown-results.ts';
import { escapeMarkdown, fence, toDetails, toList, toTable } from './markdown-text.ts';
import { needSections, paretoBlocks } from './markdown-trade-offs.ts';
import type { ComparisonReport } from './report.ts';

const STATUS_WORDS: Record<ComparisonStatus, string> = {
  pass: '✓ PASS',
  fail: '✗ FAIL',
  invalid: '✗ INVALID',
  stalled: '✗ STALLED',
  inconclusive: '? INCONCLUSIVE',
};

/** The verdict with the table of results, then sections. Those that only tell of single runs come last. */
export function comparisonParts(report: ComparisonReport): MarkdownParts {
  const { record, runs, problems } = report;
  const isSingle = record.design.type === 'single';
  const tables = isSingle
    ? sideBySide(report)
    : record.mode === 'regression'
      ? regression(record)
      : versus(record);
  const sections: [title: string, ...blocks: string[]][] = [
    [
      'Expectations',
      toList(record.expectations.map((one) => `${one.status}: ${one.expression} (${one.detail})`)),
    ],
    ...needSections(record),
    ['Price', ...paretoBlocks(record)],
    [
      'Findings',
      toList(record.findings.map(({ level, text }) => (level === 'info' ? text : `${level}: ${text}`))),
    ],
    ['All results', isSingle || record.mode === 'regression' ? '' : toTable(resultColumns(record, true))],
    ['Where it ran', toList(describeCircumstances(record))],
    ['Again', fence(record.command)],
    ['What could not be read', toList(problems)],
    ['Runs', toTable(runColumns(record))],
    ...(isSingle ? runs.map((run): [string, string] => ['', runDetails(run.record)]) : []),
  ];
  return {
    head: [...renderHead(record), ...tables],
    sections: sections
      .map(([title, ...blocks]): MarkdownSection => ({ title, blocks: blocks.filter((one) => one !== '') }))
      .filter(({ blocks }) => blocks.length > 0),
  };
}

function runDetails(record: ComparisonReport['runs'][number]['record']): string {
  const { head, sections } = runParts(record);
  const blocks = [
    ...head.slice(1),
    ...sections.flatMap(({ title, blocks: all }) => [`#### ${title}`, ...all]),
  ];
  return toDetails(`${record.strategyName} · seed ${record.seed}`, blocks);
}

function renderHead(record: ComparisonRecord): string[] {
  const { verdict, partial, interruptedBy, runs, design } = record;
  const others = record.arms.filter(({ name }) => name !== record.reference).map(({ name }) => name);
  const title = `${record.plan.scenario.name}: ${others.join(', ')} against ${record.reference}`;
  const rejected = runs.filter((run) => run.rejected !== null).length;
  const words = [
    `${formatCount(runs.length - rejected)} of ${countOf(runs.length, 'run')} count${runs.length - rejected === 1 ? 's' : ''}`,
    {
      blocks: `${design.blocks} of ${design.blocksPlanned} blocks`,
      unpaired: 'unpaired',
      single: 'one run each, unreplicated',
    }[design.type],
    `seed ${record.seed}`,
    `attempt ${design.attempt}`,
  ];
  return [
    `# ${escapeMarkdown(title)}`,
    `**${STATUS_WORDS[verdict.status]}** (exit ${record.exitCode}) ${words.join(' · ')}`,
    partial
      ? `**${escapeMarkdown(`PARTIAL: ${interruptedBy === null ? 'broke off' : `stopped by ${interruptedBy}`} after ${formatDurationMs(record.durationMs)}`)}**`
      : '',
    toList(verdict.reasons.map(({ code, message }) => `${code}: ${message}`)),
  ];
}

/** Runs of one strategy each: what they show, and prove of nothing. Their medians where their records are not there. */
function sideBySide({ record, runs }: ComparisonReport): string[] {
  const [first] = runs;
  if (first === undefined || runs.length < record.runs.length) return [];
  const records = runs.map((run) => run.record);
  const compared = records.map(compareRun);
  const mismatches = findMismatches(records);
  return [
    mismatches.length === 0
      ? ''
      : `**These runs differ in more than the strategy:** ${escapeMarkdown(mismatches.join('; '))}`,
    toTable(comparisonColumns(compared)),
    escapeMarkdown(describeCohorts(first.record) ?? ''),
    toList(describeComparison(compared)),
  ];
}

function describeCircumstances({
  id,
  startedAt,
  durationMs,
  environment,
  plan,
  arms,
}: ComparisonRecord): string[] {
  const { bpbenchVersion, nodeVersion, os, kernel, cpuModel, cores, fingerprint } = environment;
  return [
    `comparison ${id}, started ${startedAt}, ${formatDurationMs(durationMs)} long, plan ${plan.hash}`,
    ...arms.map(({ name, strategyName, version, source }) => {
      const commit = version.gitCommit === null ? '' : ` (${version.gitCommit})`;
      return `${name}: ${strategyName}, bpbench ${version.bpbench}${commit}, ${source}`;
    }),
    `bpbench ${bpbenchVersion}, Node ${nodeVersion}, ${os} ${kernel}, ${cpuModel}, ${cores} core${cores === 1 ? '' : 's'}, environment ${fingerprint}`,
  ];
}
