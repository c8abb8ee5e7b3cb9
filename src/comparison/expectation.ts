/** What users expect of one strategy against another: `drop-oldest: deadlineMiss better than block by >= 20 %`. */
import type { Arm, ArmRun, ComparisonRecord, MetricSpec } from '../core/comparison.ts';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { hodgesLehmann, hodgesLehmannShift } from '../statistics/hodges-lehmann.ts';
import { areTooFew } from './counts.ts';
import { formatMetric } from './metric-words.ts';
import { arePaired, pairsOf, runsOf } from './pairing.ts';
import { medianOf, scoreOf } from './samples.ts';

export interface Expectation {
  readonly text: string;
  readonly arm: string;
  readonly metric: string;
  readonly than: string;
  /** 0 for "better, by however little". */
  readonly by: number;
  /** `relative`: a share of the other arm's value. `points`: of a share metric, in shares. */
  readonly scale: 'relative' | 'points';
}

type Answer = ComparisonRecord['expectations'][number];

const EXPECTED = "expected 'ARM: METRIC better than ARM', with 'by >= 20 %' or, for shares, 'by >= 5 pp'";

/** Errors: BPB_ERR_USAGE; whether arms and metric exist is asked by {@link judgeExpectation}'s caller. */
export function parseExpectation(text: string): Expectation {
  const match =
    /^(.+):\s*([A-Za-z][\w.]*(?:\([^()]*\))?)\s+better\s+than\s+(.+?)(?:\s+by\s*(?:>=|≥)?\s*(\d+(?:\.\d+)?)\s*(%|pp))?$/.exec(
      text.trim(),
    );
  if (match === null || /\sby\s/.test(match[3] ?? ''))
    throw new BenchError('BPB_ERR_USAGE', `expectation '${text}': ${EXPECTED}`);
  const [, arm, metric, than, by, unit] = match as unknown as [
    string,
    string,
    string,
    string,
    string?,
    string?,
  ];
  const share = by === undefined ? 0 : Number(by) / 100;
  return {
    text,
    arm: arm.trim(),
    metric,
    than: than.trim(),
    by: share,
    scale: unit === 'pp' ? 'points' : 'relative',
  };
}

/** Errors: BPB_ERR_UNKNOWN_NAME for an arm that is not there; BPB_ERR_USAGE for points of what is no share. */
export function checkExpectation(
  { text, arm, than, scale, by, metric }: Expectation,
  arms: readonly Pick<Arm, 'name'>[],
  metrics: readonly MetricSpec[],
): void {
  const names = arms.map((one) => one.name);
  for (const name of [arm, than]) {
    if (names.includes(name)) continue;
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `expectation '${text}': there is no arm '${name}'`, {
      hints: [didYouMean(name, names), `the arms: ${names.join(', ')}`].filter((hint) => hint !== ''),
    });
  }
  const spec = metrics.find((one) => one.name === metric);
  const refuse = (message: string): never => {
    throw new BenchError('BPB_ERR_USAGE', `expectation '${text}': ${message}`);
  };
  if (arm === than) refuse('an arm cannot be better than itself');
  if (scale === 'points' && spec?.kind !== 'share') refuse(`points are for shares, ${metric} takes per cent`);
  if (scale === 'relative' && spec?.direction === 'lower' && by >= 1)
    refuse('nothing can be lower by 100 % or more');
}

/**
 * Holds if the whole 95 % interval lies beyond the figure, fails if none of it does. `unknown`: the interval has the
 * figure in it, or there are too few runs for one.
 */
export function judgeExpectation(
  expectation: Expectation,
  runs: readonly ArmRun[],
  metrics: readonly MetricSpec[],
): Answer {
  const { text, arm, metric, than } = expectation;
  const spec = metrics.find((one) => one.name === metric);
  const answer = (status: Answer['status'], detail: string): Answer => ({ expression: text, status, detail });
  if (spec === undefined) return answer('unknown', `${metric} was not read`);
  const counted = [arm, than].map((name) => runsOf(runs, name).map((run) => run.values[metric] ?? null));
  const [values = [], others = []] = counted;
  if (values.length === 0 || others.length === 0) return answer('unknown', 'no run counts');
  if (counted.flat().includes(null)) return answer('unknown', `${metric} has no data in some runs`);
  const shown = `${formatMetric(medianOf(values), spec)} against ${formatMetric(medianOf(others), spec)}`;
  const gaps = gapsOf(expectation, runs, spec);
  const { low, high } = Array.isArray(gaps)
    ? hodgesLehmann(gaps, 0.95)
    : hodgesLehmannShift(gaps.a, gaps.b, 0.95);
  if (low === null || high === null)
    return answer('unknown', `${shown}, ${areTooFew(values.length)} to tell`);
  const isStrict = expectation.by === 0;
  if (isStrict ? high < 0 : high <= 0) return answer('pass', shown);
  if (low > 0 || (isStrict && low === 0)) return answer('fail', shown);
  return answer('unknown', `${shown}, the interval has the figure in it`);
}

/** What is missing to the figure, by pair or as two lists to be set against each other: below 0 it is reached. */
function gapsOf(
  { arm, than, scale, by }: Expectation,
  runs: readonly ArmRun[],
  spec: MetricSpec,
): number[] | { a: number[]; b: number[] } {
  // A share of a share is taken of the values themselves: their logarithms end at 0.
  const factor =
    scale === 'relative' && spec.kind !== 'ratio' ? (spec.direction === 'lower' ? 1 - by : 1 + by) : 1;
  const offset =
    scale === 'points'
      ? by
      : spec.kind === 'ratio'
        ? Math.abs(Math.log(spec.direction === 'lower' ? 1 - by : 1 + by))
        : 0;
  const own = (run: ArmRun): number => (scoreOf(run.values[spec.name] ?? null, spec) as number) + offset;
  const target = (run: ArmRun): number => (scoreOf(run.values[spec.name] ?? null, spec) as number) * factor;
  if (arePaired(runs, than, arm)) {
    return pairsOf(runs, than, arm)
      .map(([other, run]) => own(run) - target(other))
      .filter((gap) => !Number.isNaN(gap));
  }
  return { a: runsOf(runs, than).map(target), b: runsOf(runs, arm).map(own) };
}
