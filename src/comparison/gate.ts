/** The answer of a whole comparison, and how its command ends. Red for what is proved, green for what is proved. */
import type {
  ArmRun,
  ComparisonRecord,
  ComparisonStatus,
  MetricVerdict,
  NeedResult,
} from '../core/comparison.ts';
import { EXIT, type ExitCode, mergeExitCodes } from '../core/exit-codes.ts';
import type { Contrast } from './compare.ts';
import { areTooFew, countOf } from './counts.ts';
import type { GateOptions } from './inputs.ts';
import { runsOf } from './pairing.ts';
import { marginOf } from './samples.ts';
import type { Levels } from './verdict.ts';

export interface GateInput {
  readonly mode: ComparisonRecord['mode'];
  /** Of the arms that are judged now; those of a baseline and, of two versions, the old one are not. */
  readonly judgedArms: readonly string[];
  /** All arms that have to have runs. */
  readonly neededArms: readonly string[];
  readonly runs: readonly ArmRun[];
  readonly contrasts: readonly Contrast[];

  readonly levels: Levels;
  readonly expectations: ComparisonRecord['expectations'];
  readonly needs: readonly NeedResult[];
  /** Whether the runs that are judged had checks of their own. */
  readonly hasChecks: boolean;
  readonly interruptedBy: string | null;
  readonly isPartial: boolean;
  /** What makes the whole invalid, from outside of the results. */
  readonly invalidations: readonly Reason[];
  /** What keeps it from being green, such as a baseline that is not there. */
  readonly doubts: readonly Reason[];
  readonly options: GateOptions;
}

export interface Reason {
  code: string;
  message: string;
}

export interface GateAnswer {
  readonly status: ComparisonStatus;
  readonly reasons: Reason[];
  readonly exitCode: ExitCode;
}

/** Of a comparison that could not have been red: nothing was asked of it. */
export const NOTHING_JUDGED: Reason = {
  code: 'nothing_judged',
  message: 'nothing was judged: no checks, no expectations, no needs and no gated metrics',
};

/** What an exact metric comes to where every run has it: nothing is left open then. */
const EXACT_VERDICTS: readonly MetricVerdict[] = ['better', 'same', 'worse'];

/** Metrics that must be 0 whatever the reference has. */
const INVARIANTS: readonly string[] = ['unaccounted', 'leaked'];

export function decide(input: GateInput): GateAnswer {
  const invalid = [...input.invalidations, ...findInvalid(input)];
  const stalled = findRuns(input, 'stalled', 'stalled');
  const broken = [
    ...findRuns(input, 'fail', 'check_failed'),
    ...findBrokenInvariants(input),
    ...findFailedExpectations(input),
    ...findFailedNeeds(input),
  ];
  const worse = input.mode === 'regression' ? findRegressions(input) : [];
  // Of what is not valid nobody asks what is still open.
  const open = [...input.doubts, ...(invalid.length > 0 ? [] : findOpen(input))];
  if (invalid.length + stalled.length === 0 && !isJudged(input)) open.push(NOTHING_JUDGED);
  const reasons = [...invalid, ...stalled, ...broken, ...worse, ...open];
  const codes: ExitCode[] = [];
  if (input.interruptedBy !== null)
    codes.push(input.interruptedBy === 'SIGTERM' ? EXIT.sigterm : EXIT.sigint);
  else if (input.isPartial) codes.push(EXIT.unreachable);
  if (invalid.length > 0) codes.push(EXIT.invalid);
  if (stalled.length > 0) codes.push(EXIT.stalled);
  if (broken.length > 0) codes.push(EXIT.checkFailed);
  if (worse.length > 0) codes.push(EXIT.regression);
  if (codes.length === 0 && open.length > 0 && input.options.isStrict === true) codes.push(EXIT.invalid);
  const status: ComparisonStatus =
    invalid.length > 0
      ? 'invalid'
      : stalled.length > 0
        ? 'stalled'
        : broken.length + worse.length > 0
          ? 'fail'
          : open.length > 0
            ? 'inconclusive'
            : 'pass';
  return { status, reasons, exitCode: mergeExitCodes(codes) };
}

function findInvalid(input: GateInput): Reason[] {
  const reasons: Reason[] = [];
  if (input.interruptedBy !== null || input.isPartial) {
    const why =
      input.interruptedBy === null ? 'it ended before its time' : `stopped by ${input.interruptedBy}`;
    reasons.push({ code: 'partial', message: `${why}: the comparison is not whole` });
  }
  if (input.neededArms.length === 0)
    reasons.push({ code: 'no_data', message: 'there is nothing to compare' });
  for (const arm of input.neededArms) {
    if (runsOf(input.runs, arm).length > 0) continue;
    const all = input.runs.filter((run) => run.arm === arm);
    const first = all.find((run) => run.rejected !== null)?.rejected;
    const detail =
      all.length === 0
        ? 'no run at all'
        : all.length === 1
          ? `its only run was rejected, ${first}`
          : `all ${all.length} runs were rejected, ${first}`;
    reasons.push({ code: 'no_data', message: `${arm}: ${detail}` });
  }
  return reasons;
}

function findRuns(input: GateInput, status: ArmRun['status'], code: string): Reason[] {
  return input.judgedArms.flatMap((arm) => {
    const counted = runsOf(input.runs, arm);
    const hit = counted.filter((run) => run.status === status);
    const what = status === 'fail' ? 'checks of the scenario failed' : 'the system stood still';
    return hit.length === 0
      ? []
      : [{ code, message: `${arm}: ${what} in ${hit.length} of ${countOf(counted.length, 'run')}` }];
  });
}

/** Only one strategy in two versions can break what another strategy never promised. */
function findBrokenInvariants({ mode, contrasts }: GateInput): Reason[] {
  if (mode !== 'regression') return [];
  return contrasts.flatMap(({ spec, result }) => {
    if (spec.kind !== 'exact' || typeof result.value !== 'number') return [];
    // What happened before is no invariant: a little more of it is chance, unless the user gates on it.
    const heldBefore = result.referenceValue === 0 || spec.isGated;
    const isBroken = INVARIANTS.includes(spec.name)
      ? result.value !== 0
      : result.verdict === 'worse' && heldBefore;
    const message = `${result.arm}: ${spec.name} is ${result.value} in its worst run, ${result.referenceValue} in that of ${result.reference}`;
    return isBroken ? [{ code: 'invariant_broken', message }] : [];
  });
}

function findFailedExpectations({ expectations }: GateInput): Reason[] {
  return expectations
    .filter(({ status }) => status === 'fail')
    .map(({ expression, detail }) => ({ code: 'expectation_failed', message: `${expression}: ${detail}` }));
}

/** A need is there to choose by, so one arm that satisfies it is enough. */
function findFailedNeeds({ needs }: GateInput): Reason[] {
  return needs
    .filter(({ arms }) => arms.length > 0 && arms.every(({ status }) => status === 'no'))
    .map(({ expression }) => ({ code: 'need_failed', message: `no arm satisfies ${expression}` }));
}

function findRegressions({ contrasts, options }: GateInput): Reason[] {
  return contrasts
    .filter(
      (contrast) => contrast.spec.isGated && contrast.spec.kind !== 'exact' && mayDecide(contrast, options),
    )
    .filter(({ result }) => result.verdict === 'worse')
    .map(({ result }) => ({
      code: 'regression',
      message: `${result.metric} of ${result.arm} is worse than that of ${result.reference}`,
    }));
}

/** Between runs that are not paired lies whatever changed meanwhile, unless a calibration arm shows it. */
function mayDecide({ evidence, duel }: Contrast, { allowUnpaired }: GateOptions): boolean {
  return allowUnpaired === true || duel.calibration !== null || evidence?.worseBlocks !== null;
}

function findOpen(input: GateInput): Reason[] {
  const open: Reason[] = [];
  for (const { expression, status, detail } of input.expectations) {
    if (status === 'unknown') open.push({ code: 'expectation_open', message: `${expression}: ${detail}` });
  }
  for (const { expression, arms } of input.needs) {
    const isOpen =
      arms.some(({ status }) => status === 'unknown') && !arms.some(({ status }) => status === 'yes');
    if (arms.length === 0 || isOpen)
      open.push({ code: 'need_open', message: `${expression}: cannot be told yet` });
  }
  return input.mode === 'regression' ? [...open, ...findOpenGates(input)] : open;
}

/** Whether anything could have turned it red; a regression says of itself that it has no gate. */
function isJudged({ mode, hasChecks, expectations, needs }: GateInput): boolean {
  return mode === 'regression' || hasChecks || expectations.length + needs.length > 0;
}

/** A gate is green only if it could have been red, and if no gated metric is worse by more than its margin. */
function findOpenGates(input: GateInput): Reason[] {
  const { contrasts, levels, options } = input;
  const gated = contrasts.filter(({ spec }) => spec.isGated);
  if (gated.length === 0) return [{ code: 'no_gate', message: 'no metric is gated, so nothing was judged' }];
  const family = gated.filter(({ evidence }) => evidence !== null).length;
  return gated.flatMap((contrast): Reason[] => {
    const { spec, result, evidence } = contrast;
    const what = `${result.metric} of ${result.arm}`;
    const isExactKnown = spec.kind === 'exact' && EXACT_VERDICTS.includes(result.verdict);
    if (isExactKnown) return [];
    if (evidence === null) return [{ code: 'no_data', message: `${what}: ${result.reason ?? 'no data'}` }];
    if (!mayDecide(contrast, options)) {
      return [{ code: 'unpaired', message: `${what}: the runs are not paired, which cannot decide a gate` }];
    }
    if (result.verdict === 'worse') return [];
    if (evidence.pSmallest * family > levels.change) {
      return [{ code: 'too_few_blocks', message: `${what}: ${areTooFew(evidence.n)} to prove anything` }];
    }
    if (evidence.pNotWorse <= levels.same) return [];
    return [{ code: 'inconclusive', message: describeOpen(what, result, marginOf(spec), options) }];
  });
}

function describeOpen(
  what: string,
  { reason, blocksToSettle, minimumDetectable }: Contrast['result'],
  margin: number,
  { maxMinimumDetectable = 4 }: GateOptions,
): string {
  const isNoisy = minimumDetectable !== null && minimumDetectable > maxMinimumDetectable * margin;
  const noise = isNoisy ? ', this host is too noisy for its margin' : '';
  const more = blocksToSettle === null ? '' : `, about ${blocksToSettle} blocks would settle it`;
  return `${what}: ${reason ?? 'open'}${noise}${more}`;
}
