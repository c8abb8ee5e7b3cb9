import { type MarkdownParts, type MarkdownSection, runParts } from '../markdown.ts';
import { comparisonParts } from '../markdown-comparison.ts';
import { joinBlocks, toDetails } from '../markdown-text.ts';
import type { Report } from '../report.ts';
import type { Format } from './format.ts';

/** GitHub takes 1,024 KiB for each step, and refuses the whole of what is longer. */
export const SUMMARY_BUDGET_BYTES = 900_000;

/** What a reader of a job's page wants to see without a click. */
const OPEN: ReadonlySet<string> = new Set([
  'Stalls',
  'Checks',
  'Clients',
  'Expectations',
  'Needs',
  'Findings',
]);

export default {
  name: 'github-summary',
  extensions: ['.summary.md'],
  summary: 'Markdown for the summary of a GitHub step, detail folded, below its limit of 1 MiB',
  isText: true,
  render: (report) => renderSummaryWithin(report, SUMMARY_BUDGET_BYTES),
} satisfies Format;

/** Leaves out sections from the end, and says how many; cuts the rest only when the verdict alone is too long. */
export function renderSummaryWithin(report: Report, budgetBytes: number): string {
  const parts: MarkdownParts = report.kind === 'run' ? runParts(report.record) : comparisonParts(report);
  const blocks = parts.sections.map(renderSection);
  const render = (kept: number): string =>
    joinBlocks([
      ...parts.head,
      ...blocks.slice(0, kept),
      kept === blocks.length ? '' : `_${blocks.length - kept} sections are left out for want of room._`,
    ]);
  let kept = blocks.length;
  let text = render(kept);
  while (kept > 0 && Buffer.byteLength(text) > budgetBytes) text = render(--kept);
  return Buffer.byteLength(text) <= budgetBytes ? text : cut(text, budgetBytes);
}

function renderSection({ title, blocks }: MarkdownSection): string {
  if (title === '') return blocks.join('\n\n');
  return OPEN.has(title) ? [`## ${title}`, ...blocks].join('\n\n') : toDetails(title, blocks);
}

/** At a line break, so that no table row and no character is torn. */
function cut(text: string, budgetBytes: number): string {
  const end = '\n\n_The rest is left out for want of room._\n';
  const bytes = Buffer.from(text).subarray(0, Math.max(0, budgetBytes - Buffer.byteLength(end)));
  const until = bytes.lastIndexOf(10);
  return `${bytes.subarray(0, Math.max(0, until)).toString('utf8')}${end}`;
}
