/** `bpbench run`: resolves everything, plays each strategy, judges, writes, prints, and answers with an exit code. */
import { playAndRecord } from '../../conductor/play-and-record.ts';
import { checkMemory, checkOpenFiles, checkReachable } from '../../conductor/preflight.ts';
import { chooseStrategies } from '../../conductor/strategies.ts';
import { BenchError, messageOf } from '../../core/errors.ts';
import { EXIT, type ExitCode, mergeExitCodes } from '../../core/exit-codes.ts';
import type { ScenarioPlan } from '../../core/plan.ts';
import { drawSeed } from '../../core/random.ts';
import type { RunRecord } from '../../core/record.ts';
import { DURATION_EXPECTED, parseDurationMs, parseRatePerSec, RATE_EXPECTED } from '../../core/units.ts';
import { exitCodeOf } from '../../report/exit-code.ts';
import { renderComparison } from '../../report/terminal-comparison.ts';
import { renderSummary } from '../../report/terminal-summary.ts';
import { resolvePlan } from '../../scenarios/resolve.ts';
import { repeatCommand } from '../command-line.ts';
import { renderDryRun } from '../dry-run.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { loadPlayable } from '../load-playable.ts';
import { renderNotices } from '../notices.ts';
import { checkOutputs, writeOutputs } from '../outputs.ts';
import { startProgress } from '../progress.ts';
import { writeErr, writeOut } from '../streams.ts';
import { resolveTargets } from '../target-guard.ts';
import { type ColorChoice, lookOf } from '../terminal.ts';

export interface RunOptions {
  strategy: string[];
  at: string[];
  duration?: string;
  rate?: string;
  connections?: number;
  set: string[];
  seed?: number;
  grace?: string;
  failIf: string[];
  checks: boolean;
  target: string[];
  allowHost: string[];
  results: string;
  out: string[];
  json?: boolean;
  dryRun?: boolean;
  quiet?: boolean;
  progress: boolean;
  exitZero?: boolean;
  /** `false` for --no-color. */
  color: ColorChoice | false;
}

/** Verdict codes that --exit-zero turns into 0; what could not be run stays what it is. */
const VERDICT_CODES: readonly ExitCode[] = [EXIT.regression, EXIT.invalid, EXIT.stalled, EXIT.checkFailed];

export async function runCommand(scenario: string, options: RunOptions): Promise<void> {
  const plan = await resolveFromOptions(scenario, options);
  const chosen = chooseStrategies(options.strategy, options.at, plan.boundary, plan.system.ws);
  const { choices } = chosen;
  const target = options.target.length === 0 ? null : await resolveTargets(options.target, options.allowHost);
  checkOutputs(options.out);
  const color: ColorChoice = options.color === false ? 'never' : options.color;
  const look = lookOf(process.stdout, color);
  writeErr(renderNotices(chosen, lookOf(process.stderr, color).width));
  if (options.dryRun) {
    await writeOut(renderDryRun(plan, choices, target, look.width));
    return;
  }
  checkOpenFiles(plan);
  if (target === null) for (const { byBoundary } of choices) checkMemory(plan, byBoundary['proxy.events']);
  if (target !== null) await checkReachable(Object.values(target.urls));

  const records: RunRecord[] = [];
  const codes: ExitCode[] = [];
  using interrupt = listenForInterrupt();
  for (const choice of choices) {
    if (interrupt.signal.aborted) break;
    const progress = startProgress(plan, choice, options.progress && !options.quiet, color);
    const { record, folder, timeline, failures } = await playAndRecord({
      plan,
      strategies: choice.byBoundary,
      strategyName: choice.name,
      target,
      command: repeatCommand(
        scenario,
        { ...options, strategy: choice.word === undefined ? [] : [choice.word] },
        plan.seed,
      ),
      resultsBase: options.results,
      interrupt: interrupt.signal,
      observer: progress,
    }).finally(() => progress.end());
    records.push(record);
    codes.push(exitCodeOf(record));
    for (const failure of failures) {
      writeErr(`bpbench: ${failure.message}\n`);
      codes.push(failure.exitCode);
    }
    if (!options.json && choices.length === 1) {
      await writeOut(
        options.quiet
          ? renderVerdictLine(record)
          : renderSummary(record, { ...look, timeline, ...(folder === null ? {} : { folder }) }),
      );
    }
  }
  if (options.json) await writeOut(`${JSON.stringify(toDocument(records), null, 2)}\n`);
  else if (records.length > 1) await writeOut(renderComparison(records, look));
  try {
    await writeOutputs(options.out, records, look);
  } catch (thrown) {
    writeErr(`bpbench: ${messageOf(thrown)}\n`);
    codes.push(thrown instanceof BenchError ? thrown.exitCode : EXIT.internal);
  }
  const code = mergeExitCodes(codes);
  process.exitCode = options.exitZero && VERDICT_CODES.includes(code) ? EXIT.ok : code;
}

async function resolveFromOptions(scenario: string, options: RunOptions): Promise<ScenarioPlan> {
  const durationMs = readOption('--duration', options.duration, parseDurationMs, DURATION_EXPECTED);
  const ratePerSec = readOption('--rate', options.rate, parseRatePerSec, RATE_EXPECTED);
  const graceMs = readOption('--grace', options.grace, parseDurationMs, DURATION_EXPECTED);
  if (durationMs === 0) throw new BenchError('BPB_ERR_USAGE', '--duration expects more than 0');
  if (options.connections === 0)
    throw new BenchError('BPB_ERR_USAGE', '--connections expects 1 or more, got 0');
  const plan = resolvePlan(loadPlayable(scenario), {
    seed: options.seed ?? drawSeed(),
    sets: options.set,
    failIf: options.failIf,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(ratePerSec === undefined ? {} : { ratePerSec }),
    ...(options.connections === undefined ? {} : { connections: options.connections }),
  });
  const checks = options.checks ? plan.checks : plan.checks.filter((check) => check.failIf);
  return { ...plan, checks, graceMs: graceMs ?? plan.graceMs };
}

function readOption(
  flag: string,
  text: string | undefined,
  parse: (text: string) => number | undefined,
  expected: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined)
    throw new BenchError('BPB_ERR_USAGE', `${flag} expects ${expected}, got '${text}'`);
  return value;
}

/** What --json prints: the record, or all of them when several strategies were played. */
function toDocument(records: readonly RunRecord[]): object {
  const [first] = records;
  return records.length === 1 && first !== undefined
    ? first
    : { schemaVersion: 1, kind: 'comparison', runs: records };
}

function renderVerdictLine(record: RunRecord): string {
  const why = record.verdict.reasons.map((reason) => reason.message).join('; ');
  const { name } = record.scenario;
  return `${record.verdict.status.toUpperCase()} ${name} ${record.strategyName} seed ${record.seed}${why === '' ? '' : `: ${why}`}\n`;
}
