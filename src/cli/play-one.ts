/** One run, without anything to compare it with: plays it, prints it, answers with its exit code. */
import type { ExternalTarget } from '../conductor/endpoints.ts';
import { playAndRecord } from '../conductor/play-and-record.ts';
import type { StrategyChoice } from '../conductor/strategies.ts';
import type { ExitCode } from '../core/exit-codes.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { RunRecord } from '../core/record.ts';
import { exitCodeOf } from '../report/exit-code.ts';
import { readRun } from '../report/load-report.ts';
import { renderSummary } from '../report/terminal-summary.ts';
import { isUnjudged, NO_CHECKS_MESSAGE } from '../report/verdict-words.ts';
import { repeatCommand } from './command-line.ts';
import type { RunOptions } from './commands/run.ts';
import { endWith } from './end-with.ts';
import { listenForInterrupt } from './interrupt.ts';
import { writeOutputs } from './outputs.ts';
import { startProgress } from './progress.ts';
import { writeOut } from './streams.ts';
import { type ColorChoice, lookOf } from './terminal.ts';

export interface OneRun {
  readonly scenario: string;
  readonly options: RunOptions;
  readonly plan: ScenarioPlan;
  readonly choice: StrategyChoice;
  readonly target: ExternalTarget | null;
  readonly color: ColorChoice;
}

export async function playOne(request: OneRun): Promise<ExitCode> {
  const { scenario, options, plan, choice, target, color } = request;
  using interrupt = listenForInterrupt();
  const progress = startProgress(plan, choice, options.progress && !options.quiet, color, {
    ui: options.ui ?? 'auto',
  });
  const { record, folder, timeline, failures } = await playAndRecord({
    plan,
    strategies: choice.byBoundary,
    strategyName: choice.name,
    target,
    command: repeatCommand(scenario, options, plan.seed),
    resultsBase: options.results,
    interrupt: interrupt.signal,
    observer: progress,
  }).finally(() => progress.end());
  const look = lookOf(process.stdout, color);
  const text = options.json
    ? `${JSON.stringify(record, null, 2)}\n`
    : options.quiet
      ? renderVerdictLine(record)
      : renderSummary(record, { ...look, timeline, ...(folder === null ? {} : { folder }) });
  await writeOut(text);
  return await endWith([exitCodeOf(record)], failures, options, () =>
    writeOutputs(options, () => readRun(record, folder)),
  );
}

function renderVerdictLine(record: RunRecord): string {
  const reasons = record.verdict.reasons.map((reason) => reason.message);
  const why = (isUnjudged(record) ? [NO_CHECKS_MESSAGE, ...reasons] : reasons).join('; ');
  const { name } = record.scenario;
  return `${record.verdict.status.toUpperCase()} ${name} ${record.strategyName} seed ${record.seed}${why === '' ? '' : `: ${why}`}\n`;
}
