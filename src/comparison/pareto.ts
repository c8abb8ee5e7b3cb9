/** What each arm costs, and which arms nobody has a reason to choose: others are as good at all of it and better at some. */
import type {
  ArmRun,
  ComparisonRecord,
  MetricSpec,
  MetricValue,
  Objective,
  ParetoPoint,
} from '../core/comparison.ts';
import { METRICS, type MetricName } from './metrics.ts';
import { runsOf } from './pairing.ts';
import { marginOf, medianOf, scoreOf } from './samples.ts';

/** Under which metric each objective is read, and its column. */
export const OBJECTIVES = {
  loss: { metric: 'loss', header: 'loss', unit: 'share' },
  ageP99: { metric: 'ageP99', header: 'age p99', unit: 'ms' },
  allP99: { metric: 'all.p99', header: 'p99 of all', unit: 'ms' },
  bytes: { metric: 'bytes', header: 'bytes', unit: 'bytes' },
  blocked: { metric: 'blocked', header: 'blocked', unit: 'ms' },
  cpu: { metric: 'cpu', header: 'cpu', unit: 'ms' },
} as const satisfies Record<Objective, { metric: MetricName; header: string; unit: string }>;

export const OBJECTIVE_NAMES = Object.keys(OBJECTIVES) as Objective[];

/** One run each: chance alone may explain every difference. */
const MIN_RUNS = 2;

/** In place of who is dominated, where {@link readDominance} is `null`. */
export const DOMINANCE_UNKNOWN = 'too few runs to tell who is dominated';

/** Medians of the runs that count, and by whom each arm is dominated; fewer than two runs prove nothing. Never one winner. */
export function findPareto(
  runs: readonly ArmRun[],
  arms: readonly string[],
  metrics: readonly MetricSpec[],
): ParetoPoint[] {
  const points = arms.map((arm) => {
    const counted = runsOf(runs, arm);
    return { arm, values: mediansOf(counted), isReplicated: counted.length >= MIN_RUNS };
  });
  const specs = new Map(OBJECTIVE_NAMES.map((name) => [name, specOf(name, metrics)]));
  return points.map(({ arm, values, isReplicated }) => ({
    arm,
    values,
    dominatedBy: points
      .filter((other) => other.arm !== arm && isReplicated && other.isReplicated)
      .filter((other) => dominates(other.values, values, specs))
      .map((other) => other.arm),
  }));
}

export interface Dominance {
  /** Arms that somebody could have a reason to choose, in the order of the record. */
  readonly front: readonly string[];
  readonly dominated: readonly ParetoPoint[];
}

/** Of the arms with runs enough to tell and values to go by; `null` where that leaves nothing to compare. */
export function readDominance({ pareto, runs }: Pick<ComparisonRecord, 'pareto' | 'runs'>): Dominance | null {
  const told = pareto.filter(
    ({ arm, values }) => runsOf(runs, arm).length >= MIN_RUNS && knownObjectives(values).length > 0,
  );
  if (told.length < 2) return null;
  const isOnFront = ({ dominatedBy }: ParetoPoint): boolean => dominatedBy.length === 0;
  return {
    front: told.filter(isOnFront).map(({ arm }) => arm),
    dominated: told.filter((point) => !isOnFront(point)),
  };
}

/** Those that could be read; an arm shares them with each that dominates it. */
export function knownObjectives(values: ParetoPoint['values']): Objective[] {
  return OBJECTIVE_NAMES.filter((name) => values[name] !== null);
}

function mediansOf(runs: readonly ArmRun[]): Record<Objective, MetricValue> {
  const medians = {} as Record<Objective, MetricValue>;
  for (const name of OBJECTIVE_NAMES) {
    medians[name] = medianOf(runs.map((run) => run.values[OBJECTIVES[name].metric] ?? null));
  }
  return medians;
}

function specOf(objective: Objective, metrics: readonly MetricSpec[]): MetricSpec {
  const name = OBJECTIVES[objective].metric;
  return metrics.find((spec) => spec.name === name) ?? { name, ...METRICS[name] };
}

/**
 * At least as good at everything and better at something, where a difference within the margin is none. An objective
 * that neither could read is left out; one that only one of them could read makes them incomparable.
 */
function dominates(
  a: Record<Objective, MetricValue>,
  b: Record<Objective, MetricValue>,
  specs: ReadonlyMap<Objective, MetricSpec>,
): boolean {
  let isBetter = false;
  for (const [objective, spec] of specs) {
    const order = compareValues(a[objective], b[objective], spec);
    if (order === 'incomparable' || order === 'worse') return false;
    if (order === 'better') isBetter = true;
  }
  return isBetter;
}

function compareValues(
  a: MetricValue,
  b: MetricValue,
  spec: MetricSpec,
): 'better' | 'equal' | 'worse' | 'incomparable' {
  if (a === b) return 'equal';
  const [scoreA, scoreB] = [scoreOf(a, spec), scoreOf(b, spec)];
  if (scoreA === null || scoreB === null) return 'incomparable';
  const difference = scoreA - scoreB;
  if (Math.abs(difference) <= marginOf(spec)) return 'equal';
  return difference < 0 ? 'better' : 'worse';
}
