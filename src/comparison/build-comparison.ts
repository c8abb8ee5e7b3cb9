/** From runs to the comparison record: the one place that knows its whole shape. */
import {
  type ArmRun,
  COMPARISON_SCHEMA_VERSION,
  type ComparisonRecord,
  type MetricSpec,
} from '../core/comparison.ts';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { blocksNeeded } from '../statistics/multiplicity.ts';
import { type Matching, matchArms } from './arms.ts';
import type { OpenedBaseline } from './baseline.ts';
import { compareArms } from './compare.ts';
import { checkExpectation, type Expectation, judgeExpectation, parseExpectation } from './expectation.ts';
import { describeFindings } from './findings.ts';
import { fingerprintOf } from './fingerprint.ts';
import { decide, type Reason } from './gate.ts';
import type { ComparedRun, ComparisonInput } from './inputs.ts';
import { levelsOf } from './looks.ts';
import { resolveMetrics } from './metrics.ts';
import { judgeNeed, parseNeed } from './need.ts';
import { countBlocks, settleRejections } from './pairing.ts';
import { findPareto } from './pareto.ts';
import { describeDifference, isSamePlan, planHash } from './plan-hash.ts';
import { countRun, readValues, rejectionOf, supportOf } from './read-values.ts';
import type { Levels } from './verdict.ts';
import { findWarmUps } from './warm-up.ts';

/**
 * Compares every arm with its reference and judges the whole.
 *
 * Errors: BPB_ERR_USAGE where the runs or the baseline did not play the same plan (with the difference), for runs of
 * arms that do not exist, and for a margin, need or expectation that cannot be read; BPB_ERR_UNKNOWN_NAME for a metric,
 * a group or an arm.
 */
export function buildComparison(input: ComparisonInput): ComparisonRecord {
  checkArms(input);
  checkPlans(input);
  const { scenario, environment, gate = {} } = input;
  const asked = readQuestions(input);
  const { metrics } = asked;
  const matching = matchArms(input);
  const { arms, duels, mode, opened, judged } = matching;
  for (const one of asked.expectations) checkExpectation(one, arms, metrics);

  const played = settleRejections(toArmRuns(input.runs, metrics));
  const runs = [...settleRejections(opened?.runs ?? []), ...played];
  const levels = levelsOf(input.design.looksPlanned);
  const contrasts = compareArms(runs, duels, metrics, levels);
  const needs = asked.needs.map((need) => judgeNeed(need, judged, runs, metrics));
  const expectations = asked.expectations.map((one) => judgeExpectation(one, runs, metrics));
  const design = describeDesign(input, runs);
  const answer = decide({
    mode,
    judgedArms: judged.map((arm) => arm.name),
    neededArms: arms.map((arm) => arm.name),
    runs,
    contrasts,
    levels,
    expectations,
    needs,
    hasChecks: input.runs.some(({ record }) => record.checks.length > 0),
    interruptedBy: input.interruptedBy,
    isPartial: input.isPartial,
    invalidations: findInvalidations(design, input, opened),
    doubts: [...findDoubts(matching, input), ...(input.isBaselineMissing === true ? [NO_BASELINE] : [])],
    options: gate,
  });
  const record: ComparisonRecord = {
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    kind: 'comparison',
    id: input.id,
    startedAt: input.startedAt,
    durationMs: Math.round(input.durationMs),
    partial: input.isPartial || input.interruptedBy !== null,
    interruptedBy: input.interruptedBy,
    command: input.command,
    seed: input.seed,
    mode,
    reference: duels[0]?.reference ?? input.reference,
    plan: { hash: planHash(scenario), scenario },
    design,
    environment: { ...environment, fingerprint: fingerprintOf(environment) },
    arms: [...arms],
    metrics,
    runs,
    family: describeFamily(metrics, duels.length, levels),
    results: contrasts.map((contrast) => contrast.result),
    pareto: findPareto(
      runs,
      input.arms.map((arm) => arm.name),
      metrics,
    ),
    needs,
    expectations,
    findings: [],
    verdict: { status: answer.status, reasons: answer.reasons },
    exitCode: answer.exitCode,
    files: [...(input.files ?? [])],
  };
  const environments = input.runs.map((run) => run.record.environment);
  const counted = input.runs.filter((_, index) => played[index]?.rejected === null);
  return {
    ...record,
    findings: [
      ...findWarmUps(counted, input.seconds ?? new Map(), metrics),
      ...describeFindings(record, {
        opened,
        environments,
        maxMinimumDetectable: gate.maxMinimumDetectable ?? 4,
      }),
    ],
  };
}

/** What the user asks for; all that can be wrong with it is told before anything is compared. */
function readQuestions({ scenario, metrics = {}, needs = [], expectations = [] }: ComparisonInput): {
  metrics: MetricSpec[];
  needs: readonly string[];
  expectations: Expectation[];
} {
  const parsed = expectations.map(parseExpectation);
  const named = [...needs.flatMap(parseNeed), ...parsed].map(({ metric }) => metric);
  const also = [...(metrics.also ?? []), ...named];
  return { metrics: resolveMetrics(scenario, { ...metrics, also }), needs, expectations: parsed };
}

function describeFamily(
  metrics: readonly MetricSpec[],
  duels: number,
  levels: Levels,
): ComparisonRecord['family'] {
  const gated = metrics.filter((spec) => spec.isGated);
  const tests = gated.filter((spec) => spec.kind !== 'exact').length * duels;
  return {
    gated: gated.map((spec) => spec.name),
    oneSidedLevel: levels.change,
    sameLevel: levels.same,
    blocksNeeded: blocksNeeded(Math.max(1, tests), levels.change),
  };
}

/** Values are read of the runs that may count, together: a percentile stands on the same groups in each of them. */
function toArmRuns(runs: readonly ComparedRun[], metrics: readonly MetricSpec[]): ArmRun[] {
  const rejections = runs.map(({ record, rejected }) => rejected ?? rejectionOf(record));
  const counting = runs.filter((_, index) => rejections[index] === null).map(({ record }) => record);
  const support = supportOf(counting);
  return runs.map(({ arm, block, record, folder }, index) => ({
    block,
    arm,
    id: record.id,
    folder,
    startedAt: record.startedAt,
    seed: record.seed,
    status: record.verdict.status,
    rejected: rejections[index] ?? null,
    values: readValues(record, metrics, support),
    counts: countRun(record),
  }));
}

function describeDesign(
  { design, arms, runs: compared }: ComparisonInput,
  runs: readonly ArmRun[],
): ComparisonRecord['design'] {
  const names = arms.map((arm) => arm.name);
  const most = Math.max(0, ...names.map((name) => compared.filter((run) => run.arm === name).length));
  const areInBlocks = compared.length > 0 && compared.every((run) => run.block !== null);
  const isSingle = most <= 1 && (!areInBlocks || design.blocksPlanned <= 1);
  const type = isSingle ? 'single' : areInBlocks ? 'blocks' : 'unpaired';
  return { ...design, type, blocks: countBlocks(runs, names) };
}

function checkArms({ arms, runs, reference }: ComparisonInput): void {
  const names = arms.map((arm) => arm.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new BenchError('BPB_ERR_USAGE', `two arms have the name '${twice}'`, {
      hints: ['each arm needs a name of its own'],
    });
  }
  for (const name of [...(arms.length > 0 ? [reference] : []), ...runs.map((run) => run.arm)]) {
    if (names.includes(name)) continue;
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `there is no arm '${name}'`, {
      hints: [didYouMean(name, names), `the arms: ${names.join(', ')}`].filter((hint) => hint !== ''),
    });
  }
}

function checkPlans({ runs, scenario }: ComparisonInput): void {
  for (const { record, arm } of runs) {
    if (isSamePlan(scenario, record.scenario)) continue;
    throw new BenchError('BPB_ERR_USAGE', `run ${record.id} of ${arm} did not play what the others played`, {
      hints: describeDifference(scenario, record.scenario),
    });
  }
}

function findInvalidations(
  design: ComparisonRecord['design'],
  input: ComparisonInput,
  opened: OpenedBaseline | null,
): Reason[] {
  const reasons: Reason[] = [];
  const { blocks, blocksPlanned, replayedBlocks, replayedBlocksMax, type } = design;
  const isShort =
    type === 'blocks' && blocks < blocksPlanned && input.interruptedBy === null && !input.isPartial;
  // Without a single block there is no data, which is told of each arm.
  if (isShort && blocks > 0 && blocksPlanned - blocks > replayedBlocksMax - replayedBlocks) {
    const message = `only ${blocks} of ${blocksPlanned} blocks count, and ${replayedBlocksMax - replayedBlocks} more may be played again at most`;
    reasons.push({ code: 'too_many_rejected', message });
  }
  if (opened !== null && !opened.isCalibrated && opened.environmentDifference.length > 0) {
    const message = `the baseline is of another host and nothing calibrates it: ${opened.environmentDifference.join('; ')}`;
    reasons.push({ code: 'other_environment', message });
  }
  return reasons;
}

const NO_BASELINE: Reason = {
  code: 'no_baseline',
  message: 'a baseline was asked for and there is none, so nothing was held against one',
};

const NO_GATE: Reason = {
  code: 'no_gate',
  message: 'strategies against each other are not gated by metrics: --expect says what has to hold',
};

function findDoubts({ mode, duels, opened }: Matching, { metrics }: ComparisonInput): Reason[] {
  const doubts: Reason[] = [];
  if (mode === 'versus' && duels.length > 0 && (metrics?.gates ?? []).length > 0) doubts.push(NO_GATE);
  if (mode === 'regression' && duels.length === 0) {
    doubts.push({ code: 'no_baseline', message: 'there is nothing to compare with, so nothing was judged' });
  }
  for (const arm of opened?.unmatched ?? []) {
    doubts.push({ code: 'no_baseline', message: `the baseline has no arm with the strategy of ${arm}` });
  }
  return doubts;
}
