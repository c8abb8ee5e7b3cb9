import { type MarkdownParts, renderMarkdown } from '../markdown.ts';
import { comparisonParts } from '../markdown-comparison.ts';
import { joinBlocks, toDetails } from '../markdown-text.ts';
import type { Format } from './format.ts';

/** Long tables behind what they show. */
const FOLDED: ReadonlySet<string> = new Set(['All results', 'Runs']);

export default {
  name: 'markdown',
  extensions: ['.md', '.markdown'],
  summary: 'the report as text with tables, for pull requests and wikis',
  isText: true,
  render: (report) =>
    report.kind === 'run' ? renderMarkdown(report.record) : joinParts(comparisonParts(report)),
} satisfies Format;

function joinParts({ head, sections }: MarkdownParts): string {
  return joinBlocks([
    ...head,
    ...sections.flatMap(({ title, blocks }) =>
      FOLDED.has(title) ? [toDetails(title, blocks)] : [title === '' ? '' : `## ${title}`, ...blocks],
    ),
  ]);
}
