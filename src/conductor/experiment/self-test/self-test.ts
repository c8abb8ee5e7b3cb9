/**
 * The comparison put to the test on this very host: nothing is found where nothing is, and what is put in is found.
 * A gate that cannot go red is none.
 */
import { fingerprintOf } from '../../../comparison/fingerprint.ts';
import { formatMetric } from '../../../comparison/metric-words.ts';
import { planHash } from '../../../comparison/plan-hash.ts';
import { wallTimeIso } from '../../../core/clock.ts';
import type { ComparisonRecord, MetricResult } from '../../../core/comparison.ts';
import type { BenchError } from '../../../core/errors.ts';
import type { ScenarioPlan } from '../../../core/plan.ts';
import type { RunRecord } from '../../../core/record.ts';
import { formatShare } from '../../../core/units.ts';
import { readEnvironment } from '../../environment.ts';
import type { ExperimentOutcome } from '../experiment.ts';
import { judgeExperiment } from '../judge-experiment.ts';
import { type NoiseCard, noiseOf } from '../noise-card.ts';
import { type PlayArmsRequest, type PlayedArm, playArms } from '../play-arms.ts';
import { REGRESSIONS, SOUND, SOUND_AGAIN } from './regressions.ts';
import { type SimulatedRate, simulateFalseAlarms, simulateFound } from './simulated.ts';

export interface SelfTestCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What came out, and what should have. */
  readonly detail: string;
}

export interface SelfTestOutcome {
  readonly checks: readonly SelfTestCheck[];
  /** `null` where too few blocks count for one. */
  readonly card: NoiseCard | null;
  readonly interruptedBy: string | null;
  readonly failures: readonly BenchError[];
}

export interface SelfTestRequest extends Omit<PlayArmsRequest, 'design' | 'isUndecided' | 'onBlock'> {
  readonly blocks: number;
  /** Simulated experiments for each number of blocks. */
  readonly simulations: number;
  /** Hears of each check as soon as it is known. */
  onCheck?(check: SelfTestCheck): void;
}

const SIMULATED_BLOCKS = [8, 10, 20] as const;

/** Plays `arms` in blocks: the first two are the same thing, the others are {@link REGRESSIONS} by their names. */
export async function playSelfTest(request: SelfTestRequest): Promise<SelfTestOutcome> {
  const { blocks, simulations, onCheck, ...toPlay } = request;
  const { plan, arms } = request;
  const outcome = await playArms({ ...toPlay, design: { blocks, looks: 1, order: 'random' } });
  const checks: SelfTestCheck[] = [];
  const add = (check: SelfTestCheck): void => {
    checks.push(check);
    onCheck?.(check);
  };
  const { interruptedBy, failures } = outcome;
  const template = outcome.runs.find(({ rejected }) => rejected === null)?.record;
  if (interruptedBy !== null || failures.length > 0) return { checks, card: null, interruptedBy, failures };

  const { same, alarms, checks: played } = judgePlayed(outcome, plan, arms, blocks);
  for (const check of played) add(check);
  if (template !== undefined) for (const check of simulate(template, simulations, plan.seed)) add(check);
  return {
    checks,
    card: same.design.blocks < 2 ? null : toCard(same, plan, alarms.length > 0),
    interruptedBy,
    failures,
  };
}

/** What real runs say: nothing where nothing is, and each regression that is among `arms`. */
export function judgePlayed(
  outcome: ExperimentOutcome,
  plan: ScenarioPlan,
  arms: readonly PlayedArm[],
  blocks: number,
): { same: ComparisonRecord; alarms: readonly MetricResult[]; checks: readonly SelfTestCheck[] } {
  const same = compareTwo(outcome, plan, arms, SOUND_AGAIN);
  const alarms = findAlarms(same);
  const played = REGRESSIONS.filter(({ name }) => arms.some((arm) => arm.name === name));
  const found = played.map(({ name, what, shownBy }) =>
    checkFound(compareTwo(outcome, plan, arms, name), what, shownBy),
  );
  return { same, alarms, checks: [checkSame(same, blocks, alarms), ...found] };
}

/** One arm against the sound one, as if both had played the same plan: whoever judges must not know. */
function compareTwo(
  outcome: ExperimentOutcome,
  plan: ScenarioPlan,
  arms: readonly PlayedArm[],
  name: string,
): ComparisonRecord {
  const names = [SOUND, name];
  const hide = (record: RunRecord): RunRecord => ({ ...record, scenario: { ...plan, seed: record.seed } });
  return judgeExperiment(
    {
      ...outcome,
      runs: outcome.runs
        .filter(({ arm }) => names.includes(arm))
        .map((run) => ({ ...run, record: hide(run.record) })),
      order: outcome.order.map((block) => block.filter((arm) => names.includes(arm))),
    },
    {
      ...{ id: name, startedAt: wallTimeIso(), durationMs: 0, command: '', looksPlanned: 1, attempt: 1 },
      ...{ plan, files: [], environment: readEnvironment() },
      arms: arms.filter((arm) => names.includes(arm.name)),
    },
    { mode: 'regression', reference: SOUND },
  );
}

function gatedOf({ results, metrics }: ComparisonRecord): MetricResult[] {
  return results.filter(({ metric }) => metrics.some((one) => one.isGated && one.name === metric));
}

/** What is proved to differ, of what is the same. */
function findAlarms(same: ComparisonRecord): MetricResult[] {
  return gatedOf(same).filter(({ verdict }) => verdict === 'worse' || verdict === 'better');
}

function checkSame(same: ComparisonRecord, blocks: number, alarms: readonly MetricResult[]): SelfTestCheck {
  const { results, design } = same;
  const gated = gatedOf(same);
  const told = gated.filter(({ verdict }) => verdict !== 'invalid');
  const outside = results.filter(
    ({ interval95 }) => interval95 !== null && (interval95.low > 0 || interval95.high < 0),
  );
  const known = results.filter(({ interval95 }) => interval95 !== null);
  const found =
    alarms.length === 0
      ? 'no gated metric differs'
      : alarms.map(({ metric, verdict }) => `${metric} is ${verdict}`).join(', ');
  return {
    name: 'the same twice',
    ok: alarms.length === 0 && told.length > 0 && design.blocks === blocks,
    detail: `${design.blocks} of ${blocks} blocks count; ${found}, ${told.length} of ${gated.length} could be told; ${outside.length} of ${known.length} intervals at 95 % leave 0 out`,
  };
}

function checkFound(
  { results, design, verdict, metrics }: ComparisonRecord,
  what: string,
  shownBy: readonly string[],
): SelfTestCheck {
  const told = results.filter(({ metric }) => shownBy.includes(metric));
  const words = told.map(({ metric, verdict: word, value, referenceValue }) => {
    const spec = metrics.find(({ name }) => name === metric) ?? { unit: '' };
    return `${metric} ${word} (${formatMetric(referenceValue, spec)} → ${formatMetric(value, spec)})`;
  });
  return {
    name: what,
    ok: told.some((result) => result.verdict === 'worse') && verdict.status !== 'invalid',
    detail: `${words.join(', ')}; expected worse; ${design.blocks} blocks`,
  };
}

function simulate(template: RunRecord, experiments: number, seed: number): SelfTestCheck[] {
  const describe = ({ rate, trials, expected, low, high }: SimulatedRate): string =>
    `${formatShare(rate)} of ${trials}, expected ${formatShare(expected)}, chance allows ${formatShare(low)} to ${formatShare(high)}`;
  const isWithin = ({ rate, low, high }: SimulatedRate): boolean => rate >= low && rate <= high;
  const alarms = SIMULATED_BLOCKS.map((blocks) => simulateFalseAlarms(template, blocks, experiments, seed));
  const found = simulateFound(template, { blocks: 10, change: 0.15, experiments, seed });
  return [
    ...alarms.map((rate) => ({
      name: `false alarms, ${rate.blocks} blocks, simulated`,
      ok: isWithin(rate),
      detail: describe(rate),
    })),
    { name: '15 % worse at a margin of 5 %, simulated', ok: isWithin(found), detail: describe(found) },
  ];
}

function toCard(same: ComparisonRecord, plan: ScenarioPlan, isWrong: boolean): NoiseCard {
  return {
    scenario: plan.name,
    planHash: planHash(plan),
    fingerprint: fingerprintOf(readEnvironment()),
    measuredAt: wallTimeIso(),
    wrongInARow: isWrong ? 1 : 0,
    metrics: noiseOf(same),
  };
}
