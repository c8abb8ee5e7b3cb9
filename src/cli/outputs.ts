/** `-o FILE`: one more report, its format by the file's extension; `-` is stdout. */
import { extname } from 'node:path';
import { BenchError } from '../core/errors.ts';
import type { RunRecord } from '../core/record.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { writeAtomically } from '../report/result-store.ts';
import { renderComparison } from '../report/terminal-comparison.ts';
import { renderSummary } from '../report/terminal-summary.ts';
import { writeErr, writeOut } from './streams.ts';
import type { TerminalLook } from './terminal.ts';

type Render = (records: readonly RunRecord[], look: TerminalLook) => string;

const PLAIN: TerminalLook = { width: 100, color: false, unicode: true };

/** To add a format: its renderer in `report/` and one line here. */
const FORMATS: Record<string, Render> = {
  '.md': (records) => renderMarkdown(records),
  '.json': (records) => `${JSON.stringify(records.length === 1 ? records[0] : records, null, 2)}\n`,
  '.txt': (records) => {
    const [first] = records;
    return records.length === 1 && first ? renderSummary(first, PLAIN) : renderComparison(records, PLAIN);
  },
};

/** Error BPB_ERR_USAGE for an extension that no format has; asked before anything runs. */
export function checkOutputs(files: readonly string[]): void {
  for (const file of files) formatOf(file);
}

export async function writeOutputs(
  files: readonly string[],
  records: readonly RunRecord[],
  look: TerminalLook,
): Promise<void> {
  if (records.length === 0) return;
  for (const file of files) {
    const text = formatOf(file)(records, look);
    if (file === '-') await writeOut(text);
    else {
      await writeAtomically(file, text);
      writeErr(`wrote ${file}\n`);
    }
  }
}

function formatOf(file: string): Render {
  const extension = file === '-' ? '.md' : extname(file).toLowerCase();
  const format = FORMATS[extension];
  if (format !== undefined) return format;
  throw new BenchError('BPB_ERR_USAGE', `-o ${file}: no report format has the extension '${extension}'`, {
    hints: [`the formats: ${Object.keys(FORMATS).join(', ')}`],
  });
}
