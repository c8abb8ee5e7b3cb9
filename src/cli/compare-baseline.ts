/** Baselines on the command line: found, or missed loudly; written on one explicit command alone. */
import { createBaseline } from '../comparison/baseline.ts';
import type { Baseline } from '../comparison/baseline-file.ts';
import { listBaselinePlaces, openBaselineFile } from '../conductor/experiment/baseline-files.ts';
import { wallTimeIso } from '../core/clock.ts';
import type { ComparisonRecord } from '../core/comparison.ts';
import { writeAtomically } from '../report/result-store.ts';
import type { JudgingOptions } from './compare-options.ts';
import { writeErr } from './streams.ts';

/** `missing`: one was asked for by `auto`, and nobody has accepted any yet. `null`: none was asked for. */
export type FoundBaseline = Baseline | 'missing' | null;

/** The baseline that `--baseline` names. Errors: BPB_ERR_USAGE for a file that is not there or is none of ours. */
export async function findBaseline(
  { baseline, results }: Pick<JudgingOptions, 'baseline'> & { results: string },
  scenario: string,
): Promise<FoundBaseline> {
  if (baseline === undefined) return null;
  const found = await openBaselineFile(baseline, scenario, results);
  if (found === 'missing') {
    const places = listBaselinePlaces(scenario, results);
    writeErr(
      `warning: there is no baseline: looked for ${places.join(' and ')}\n  try: --save-baseline ${places[0]} --accepted-by <name> --reason <text>\n`,
    );
  }
  return found;
}

/** Writes the baseline that was asked for, and says so; nothing without --save-baseline. */
export async function saveBaseline(record: ComparisonRecord, options: JudgingOptions): Promise<void> {
  const { saveBaseline: path, acceptedBy = '', reason = '', calibration = null } = options;
  if (path === undefined) return;
  const { status } = record.verdict;
  if (record.partial || status === 'invalid' || status === 'stalled') {
    const what = record.partial ? 'partial' : status;
    writeErr(`warning: ${path} was not written: a comparison that is ${what} is no baseline\n`);
    return;
  }
  const baseline = createBaseline(record, { createdAt: wallTimeIso(), acceptedBy, reason, calibration });
  await writeAtomically(path, `${JSON.stringify(baseline, null, 2)}\n`);
  writeErr(`wrote ${path}: the baseline of ${record.plan.scenario.name}, accepted by ${acceptedBy}\n`);
}
