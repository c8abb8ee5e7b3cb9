/** Baselines: made from a comparison that somebody accepts, opened against what is compared now. */
import type { Arm, ArmRun, ComparisonRecord, MetricSpec } from '../core/comparison.ts';
import { BenchError } from '../core/errors.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { Environment } from '../core/record.ts';
import { standardDeviation } from '../statistics/descriptive.ts';
import { BASELINE_SCHEMA_VERSION, type Baseline } from './baseline-file.ts';
import { describeEnvironmentDifference, fingerprintOf } from './fingerprint.ts';
import { runsOf } from './pairing.ts';
import { describeDifference, hashOf, isSamePlan } from './plan-hash.ts';
import { haveSameStrategy } from './same-strategy.ts';
import { type Duel, scoreOf } from './samples.ts';

export interface Acceptance {
  /** ISO 8601. */
  readonly createdAt: string;
  readonly acceptedBy: string;
  readonly reason: string;
  /** The arm that shows how fast the host was, to be played again with every comparison; `null` for none. */
  readonly calibration: string | null;
}

/**
 * The runs of `record` that were played, not those of an older baseline.
 * Errors: BPB_ERR_USAGE for a comparison that is invalid, stalled or partial, without a name or a reason, or without
 * the calibration arm.
 */
export function createBaseline(record: ComparisonRecord, acceptance: Acceptance): Baseline {
  const { createdAt, calibration } = acceptance;
  const [acceptedBy, reason] = [acceptance.acceptedBy.trim(), acceptance.reason.trim()];
  const arms = record.arms.filter((arm) => arm.source !== 'baseline');
  const names = arms.map((arm) => arm.name);
  const { status } = record.verdict;
  if (status === 'invalid' || status === 'stalled') {
    throw refuse(`a comparison that is ${record.partial ? 'partial' : status} cannot be a baseline`, [
      'what everything later is compared with has to be sound',
    ]);
  }
  if (acceptedBy === '' || reason === '')
    throw refuse('a baseline needs somebody who accepts it, and a reason');
  if (calibration !== null && (!names.includes(calibration) || names.length < 2)) {
    throw refuse(`there is no arm '${calibration}' beside another one to calibrate by`, [
      `the arms: ${names.join(', ')}`,
    ]);
  }
  const runs = record.runs.filter((run) => names.includes(run.arm));
  const first = arms.find((arm) => arm.name !== calibration) as Arm;
  const { bpbench, gitCommit } = first.version;
  const { type, blocks, order, attempt } = record.design;
  return seal({
    schemaVersion: BASELINE_SCHEMA_VERSION,
    kind: 'baseline',
    createdAt,
    acceptedBy,
    reason,
    source: { id: record.id, command: record.command, bpbench, gitCommit },
    plan: record.plan,
    design: { type, blocks, order, attempt, seed: record.seed },
    environment: record.environment,
    calibration,
    arms,
    metrics: record.metrics,
    runs: runs.map((run) => ({ ...run, folder: null })),
    noise: noiseOf(runsOf(runs, first.name), record.metrics),
  });
}

export function seal(document: Omit<Baseline, 'integrity'>): Baseline {
  return { ...document, integrity: integrityOf(document) };
}

/** Whether `document` is what was accepted. */
export function isIntact(document: object): boolean {
  try {
    return (document as Partial<Baseline>).integrity === integrityOf(document);
  } catch {
    return false; // it holds numbers that nobody could have written
  }
}

/** `sha256:` … over everything but the seal itself, whatever keys a later version added. */
function integrityOf(document: object): string {
  const { integrity: _integrity, ...rest } = document as { integrity?: unknown };
  return hashOf(rest);
}

function noiseOf(runs: readonly ArmRun[], metrics: readonly MetricSpec[]): Baseline['noise'] {
  const noise: Baseline['noise'] = {};
  for (const spec of metrics) {
    const scores = runs.map((run) => scoreOf(run.values[spec.name] ?? null, spec));
    const known = scores.filter((score) => score !== null && Number.isFinite(score)) as number[];
    const sd = standardDeviation(known);
    if (sd !== null && spec.kind !== 'exact') noise[spec.name] = { sd, n: known.length };
  }
  return noise;
}

/** A baseline beside what was played now. */
export interface OpenedBaseline {
  /** Under names that no arm of now has. */
  readonly arms: readonly Arm[];
  readonly runs: readonly ArmRun[];
  readonly duels: readonly Duel[];
  /** Arms of now that are judged: not the one that calibrates. */
  readonly judged: readonly Arm[];
  /** Those of them that the baseline has nothing for. */
  readonly unmatched: readonly string[];
  readonly isCalibrated: boolean;
  /** What differs between the hosts; empty for none. */
  readonly environmentDifference: readonly string[];
}

/**
 * Every arm of now against the baseline's of the same strategy; through the calibration arm where both have it.
 * Errors: BPB_ERR_USAGE where the baseline played another plan, with the difference.
 */
export function openBaseline(
  baseline: Baseline,
  now: {
    scenario: ScenarioPlan;
    environment: Environment;
    arms: readonly Arm[];
    runs: readonly { readonly block: number | null }[];
  },
): OpenedBaseline {
  assertSamePlan(baseline, now.scenario);
  // Blocks of another time make no pairs with those of today: they are numbered on behind them.
  const firstBlock = now.runs.reduce((next, { block }) => Math.max(next, (block ?? -1) + 1), 0);
  const oldCalibration = baseline.arms.find((arm) => arm.name === baseline.calibration);
  const newCalibration =
    oldCalibration === undefined ? undefined : now.arms.find((arm) => haveSameStrategy(arm, oldCalibration));
  const judged = now.arms.filter((arm) => arm !== newCalibration);
  const taken = new Set(now.arms.map((arm) => arm.name));
  const rename = (name: string): string => {
    const alone = baseline.arms.filter((arm) => arm !== oldCalibration).length === 1;
    let renamed = alone && name !== baseline.calibration ? 'baseline' : `baseline ${name}`;
    while (taken.has(renamed)) renamed = `stored ${renamed}`;
    return renamed;
  };
  const duels = judged.flatMap((arm): Duel[] => {
    const old = baseline.arms.find((one) => one !== oldCalibration && haveSameStrategy(one, arm));
    if (old === undefined) return [];
    const calibration =
      newCalibration === undefined || oldCalibration === undefined
        ? null
        : { now: newCalibration.name, before: rename(oldCalibration.name) };
    return [{ arm: arm.name, reference: rename(old.name), calibration }];
  });
  const matched = new Set(duels.map((duel) => duel.arm));
  return {
    arms: baseline.arms.map((arm) => ({ ...arm, name: rename(arm.name), source: 'baseline' })),
    runs: baseline.runs.map((run) => ({
      ...run,
      arm: rename(run.arm),
      folder: null,
      block: run.block === null ? null : firstBlock + run.block,
    })),
    duels,
    judged,
    unmatched: judged.map((arm) => arm.name).filter((name) => !matched.has(name)),
    isCalibrated: newCalibration !== undefined,
    environmentDifference:
      baseline.environment.fingerprint === fingerprintOf(now.environment)
        ? []
        : describeEnvironmentDifference(baseline.environment, now.environment),
  };
}

function assertSamePlan(baseline: Baseline, scenario: ScenarioPlan): void {
  // The plans and not the hash: a baseline that was written before a setting existed has its default by now.
  if (isSamePlan(baseline.plan.scenario, scenario)) return;
  throw refuse(`the baseline of ${baseline.createdAt} played another plan`, [
    ...describeDifference(baseline.plan.scenario, scenario),
    'accept a new baseline for the new plan, or compare with the old plan',
  ]);
}

function refuse(message: string, hints: readonly string[] = []): BenchError {
  return new BenchError('BPB_ERR_USAGE', message, { hints });
}
