/** `bpbench report [result]`: every report again, from what a run or a comparison has recorded. */
import { join } from 'node:path';
import { BenchError } from '../../core/errors.ts';
import { FORMATS } from '../../report/formats/registry.ts';
import { loadReport } from '../../report/load-report.ts';
import type { Report } from '../../report/report.ts';
import { LATEST, writeAtomically } from '../../report/result-store.ts';
import { renderComparison } from '../../report/terminal-comparison.ts';
import { renderSummary } from '../../report/terminal-summary.ts';
import { plainText } from '../../report/text.ts';
import { thinTimeline } from '../../report/thin-timeline.ts';
import type { CiChoice } from '../ci-github.ts';
import { checkOutputs, writeOutputs } from '../outputs.ts';
import { writeErr, writeOut } from '../streams.ts';
import { type ColorChoice, lookOf, type TerminalLook } from '../terminal.ts';

export interface ReportOptions {
  out: string[];
  ci?: CiChoice;
  results: string;
  rewrite?: boolean;
  htmlAssets?: 'inline' | 'external';
  json?: boolean;
  color: ColorChoice | false;
}

/** The verdict is that of the result and is not asked for again: exit 0 when the reports could be made. */
export async function reportCommand(result: string | undefined, options: ReportOptions): Promise<void> {
  checkOutputs(options.out);
  if (options.htmlAssets === 'external' && options.rewrite !== true) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      '--html-assets external goes with --rewrite: the files lie beside the page',
    );
  }
  const report = await loadReport(result ?? LATEST, { results: options.results });
  for (const problem of report.problems) writeErr(`bpbench: ${plainText(problem)}\n`);
  if (options.json) await writeOut(FORMATS.json.render(report));
  else if (options.out.length === 0 && options.rewrite !== true) {
    const look = lookOf(process.stdout, options.color === false ? 'never' : options.color);
    await writeOut(renderForTerminal(report, look));
  }
  await writeOutputs(options, async () => report);
  if (options.rewrite) await rewrite(report, options.htmlAssets ?? 'inline');
}

function renderForTerminal(report: Report, look: TerminalLook): string {
  if (report.kind === 'comparison') return renderComparison(report, look);
  const { record, timeline, folder } = report;
  const rows = thinTimeline(timeline);
  return renderSummary(record, { ...look, timeline: rows, ...(folder === null ? {} : { folder }) });
}

/** What people read beside the record; the raw files are never touched. */
async function rewrite(report: Report, place: 'inline' | 'external'): Promise<void> {
  const { folder } = report;
  if (folder === null) throw new BenchError('BPB_ERR_USAGE', '--rewrite needs the folder of a result');
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const path = join(folder, name);
    await writeAtomically(path, content);
    writeErr(`wrote ${path}\n`);
  };
  await write('report.md', FORMATS.markdown.render(report));
  const { renderPageFiles } = await import('../../report/html/page.ts');
  const { html, assets } = renderPageFiles(report, place);
  await write('report.html', html);
  for (const [name, text] of Object.entries(assets)) await write(name, text);
}
