/** The folder of a comparison, beside those of its runs. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparisonRecord } from '../../core/comparison.ts';
import { BenchError, messageOf } from '../../core/errors.ts';
import { FORMATS } from '../../report/formats/registry.ts';
import { loadReport } from '../../report/load-report.ts';
import { parseComparison } from '../../report/record-document.ts';
import {
  createResultFolder,
  pointLatestTo,
  sanitizeName,
  writeAtomically,
} from '../../report/result-store.ts';

/** What stands in the place of a strategy in the folder's name. */
const COMPARE = 'compare';

/** Names of what is written, in the order of use. */
export const COMPARISON_FILES = ['record.json', 'report.html', 'report.md'] as const;

/**
 * Writes record and reports into a folder of its own in `base`, and points `latest` there. `record.files` keeps the
 * names of those that could be written; what could not is in `failures`.
 *
 * Errors: BPB_ERR_RESULTS_NOT_WRITABLE, BPB_ERR_WRITE_FAILED, when not even the record could be.
 */
export async function writeComparison(
  base: string,
  record: ComparisonRecord,
): Promise<{ readonly path: string; readonly failures: readonly BenchError[] }> {
  const { name, path } = await createResultFolder(base, {
    startedAtIso: record.startedAt,
    scenario: record.plan.scenario.name,
    strategy: COMPARE,
    id: record.id,
  });
  const writeRecord = () =>
    writeAtomically(join(path, 'record.json'), `${JSON.stringify(record, null, 2)}\n`);
  await writeRecord();
  await pointLatestTo(base, name);
  const failures: BenchError[] = [];
  const formats = { 'report.html': FORMATS.html, 'report.md': FORMATS.markdown };
  for (const [file, format] of Object.entries(formats)) {
    try {
      await writeAtomically(join(path, file), format.render(await loadReport(path)));
    } catch (thrown) {
      record.files.splice(record.files.indexOf(file), 1);
      failures.push(toBenchError(thrown));
    }
  }
  if (failures.length > 0) await writeRecord();
  return { path, failures };
}

function toBenchError(thrown: unknown): BenchError {
  if (thrown instanceof BenchError) return thrown;
  return new BenchError('BPB_ERR_WRITE_FAILED', messageOf(thrown), { cause: thrown });
}

/** What makes two experiments attempts at the same question. */
export interface Question {
  readonly scenario: string;
  readonly planHash: string;
  /** Of strategies and versions, in any order. */
  readonly arms: ComparisonRecord['arms'];
}

/**
 * How many comparisons in `base` asked the same question to their end: repeating one until it says what is wanted is
 * no proof, so reports tell. What cannot be read is not counted.
 */
export async function countAttempts(base: string, question: Question): Promise<number> {
  const names = await readdir(base).catch(() => []);
  const part = `-${sanitizeName(question.scenario)}-${COMPARE}-`;
  let count = 0;
  for (const name of names.filter((one) => one.includes(part))) {
    const earlier = await readFile(join(base, name, 'record.json'), 'utf8')
      .then((text) => parseComparison(text))
      .catch(() => null);
    if (earlier === null || earlier.partial || earlier.plan.hash !== question.planHash) continue;
    if (keyOf(earlier.arms) === keyOf(question.arms)) count++;
  }
  return count;
}

function keyOf(arms: ComparisonRecord['arms']): string {
  const keys = arms.map(({ name, strategyName, version }) => [
    name,
    strategyName,
    version.bpbench,
    version.gitCommit,
  ]);
  return JSON.stringify(keys.map((key) => JSON.stringify(key)).toSorted());
}
