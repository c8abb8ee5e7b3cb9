/** A comparison as `run` and `compare` show it: on stdout, in the files asked for, and as a baseline. */
import type { PlayedComparison } from '../conductor/experiment/play-comparison.ts';
import type { ComparisonRecord } from '../core/comparison.ts';
import type { ExitCode } from '../core/exit-codes.ts';
import { readComparison } from '../report/load-report.ts';
import type { ComparisonReport } from '../report/report.ts';
import { renderComparison } from '../report/terminal-comparison.ts';
import { saveBaseline } from './compare-baseline.ts';
import type { JudgingOptions } from './compare-options.ts';
import { endWith } from './end-with.ts';
import { writeOutputs } from './outputs.ts';
import { writeOut } from './streams.ts';
import { type ColorChoice, lookOf } from './terminal.ts';

export interface PresentOptions extends JudgingOptions {
  json?: boolean;
  quiet?: boolean;
  out: string[];
  exitZero?: boolean;
}

export async function presentComparison(
  { record, runs, folder, failures }: PlayedComparison,
  options: PresentOptions,
  color: ColorChoice,
): Promise<ExitCode> {
  const look = lookOf(process.stdout, color);
  const report: ComparisonReport = {
    kind: 'comparison',
    record,
    runs: runs.map((run) => ({ kind: 'run', ...run, timeline: [], intervals: [], problems: [] })),
    folder,
    problems: [],
  };
  await writeOut(
    options.json === true
      ? `${JSON.stringify(record, null, 2)}\n`
      : options.quiet === true
        ? renderVerdictLine(record)
        : renderComparison(report, look),
  );
  return await endWith([record.exitCode as ExitCode], failures, options, async () => {
    await writeOutputs(options, () => readComparison(record, folder, runs));
    await saveBaseline(record, options);
  });
}

function renderVerdictLine({ verdict, plan, arms, seed }: ComparisonRecord): string {
  const why = verdict.reasons.map(({ message }) => message).join('; ');
  const names = arms.map(({ name }) => name).join(' vs ');
  return `${verdict.status.toUpperCase()} ${plan.scenario.name} ${names} seed ${seed}${why === '' ? '' : `: ${why}`}\n`;
}
