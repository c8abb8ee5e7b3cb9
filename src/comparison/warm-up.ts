/** Whether what was measured still holds a part of the warm-up: MSER-5 over the runs of each arm. */
import type { MetricSpec } from '../core/comparison.ts';
import { createRandom } from '../core/random.ts';
import type { Finding, RunRecord } from '../core/record.ts';
import { formatDurationMs } from '../core/units.ts';
import { mser5, type Steadiness } from '../statistics/mser.ts';
import { holm } from '../statistics/multiplicity.ts';
import { formatDifference } from './metric-words.ts';
import { METRICS } from './metrics.ts';
import { scoreOf } from './samples.ts';
import { findSteadyPhases, type SteadyPhase } from './steady-phases.ts';

/** Response times of one group in one steady phase, second by second. */
export interface SecondLatencies {
  /** `first` of the {@link SteadyPhase}. */
  readonly phase: number;
  readonly group: string;
  /** How much was delivered in each second. */
  readonly counts: readonly number[];
  /** In milliseconds; `null` where nothing was. */
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

/** Of runs whose folders could be read. */
export type SecondsByRun = ReadonlyMap<RunRecord, readonly SecondLatencies[]>;

/** The chance of one false doubt in a whole comparison; measured: below one in a hundred. */
const LEVEL = 0.005;
/** What two runs share by chance is too much. */
const RUNS_MIN = 3;
/** What a second has to deliver on average, and the share of seconds that may deliver nothing. */
const SAMPLES_MIN = { p50: 5, p99: 20 } as const;
const EMPTY_SHARE_MAX = 0.05;
/** The share of a metric's margin that a warm-up may take without a word: the tail of a whole phase moves by more than its mean. */
const MARGIN_SHARE = 0.5;
const ROUNDS_MIN = 1999;
const ROUNDS_MAX = 19_999;
/** A run that held so much of its memory budget was held back by it. */
const BUDGET_SHARE = 0.9;

interface Played {
  readonly arm: string;
  readonly record: RunRecord;
}

interface Told extends Steadiness {
  readonly arm: string;
  readonly phase: SteadyPhase;
  /** `p99(sse fast)`. */
  readonly metric: string;
  readonly margin: number;
}

/**
 * A doubt for each arm and steady phase whose first seconds differ from the rest, by more than chance explains and by
 * enough to matter. `runs` are those that count; of an arm with fewer than three that have series nothing is said.
 */
export function findWarmUps(
  runs: readonly Played[],
  seconds: SecondsByRun,
  metrics: readonly MetricSpec[],
): Finding[] {
  const [one] = runs;
  if (one === undefined) return [];
  const phases = findSteadyPhases(one.record.scenario);
  const arms = [...Map.groupBy(runs, ({ arm }) => arm)];
  const series = phases.flatMap((phase) =>
    arms.flatMap(([arm, ofArm]) => {
      const records = ofArm.map(({ record }) => record);
      return records.length < RUNS_MIN || records.some((record) => isDisturbed(record, phase))
        ? []
        : phase.groups.flatMap((group) => readSeries(arm, phase, group, records, seconds, metrics));
    }),
  );
  const rounds = Math.min(ROUNDS_MAX, Math.max(ROUNDS_MIN, Math.ceil((2 * series.length) / LEVEL)));
  const tested = series.flatMap(({ values, ...what }): Told[] => {
    // The same numbers whoever asks: `run --repeat` and `compare` of its folders.
    const random = createRandom(0, `warm-up of ${what.phase.name} ${what.metric}`);
    const found = mser5(values, random.next, { rounds, tolerable: MARGIN_SHARE * what.margin });
    return found === null ? [] : [{ ...what, ...found }];
  });
  const adjusted = holm(tested.map(({ p }) => p));
  const told = tested.filter(
    ({ shift, margin }, at) => (adjusted[at] as number) <= LEVEL && Math.abs(shift) > MARGIN_SHARE * margin,
  );
  const names = [...new Set(tested.map(({ arm }) => arm))];
  return [...Map.groupBy(told, ({ phase }) => phase).values()].flatMap((ofPhase) => describe(ofPhase, names));
}

interface Series extends Omit<Told, keyof Steadiness> {
  /** On the scale of the metric, by run. */
  readonly values: readonly (readonly number[])[];
}

function readSeries(
  arm: string,
  phase: SteadyPhase,
  group: string,
  records: readonly RunRecord[],
  seconds: SecondsByRun,
  metrics: readonly MetricSpec[],
): Series[] {
  const found = records.map((record) =>
    seconds.get(record)?.find((of) => of.phase === phase.first && of.group === group),
  );
  const known = found.filter((one) => one !== undefined);
  if (known.length < RUNS_MIN) return [];
  return (['p50', 'p99'] as const).flatMap((base): Series[] => {
    const metric = `${base}(${group})`;
    const spec =
      metrics.find(({ name }) => name === metric) ??
      metrics.find(({ name }) => name === base) ??
      METRICS[base];
    const values = completeRuns(known, base, { ...spec, name: metric });
    return values === null ? [] : [{ arm, phase, metric, margin: Math.log1p(spec.margin), values }];
  });
}

/** Scores of each run. A second without work stands as the others had it; `null` where too little was delivered. */
function completeRuns(
  runs: readonly SecondLatencies[],
  base: 'p50' | 'p99',
  spec: MetricSpec,
): number[][] | null {
  const scores = runs.map((run) => run[base].map((value) => scoreOf(value, spec)));
  for (const [at, { counts }] of runs.entries()) {
    const delivered = counts.reduce((sum, count) => sum + count, 0);
    const empty = (scores[at] as readonly unknown[]).filter((score) => score === null).length;
    if (delivered < SAMPLES_MIN[base] * counts.length || empty > EMPTY_SHARE_MAX * counts.length) return null;
  }
  const means = scores.map((run) => meanOf(run) ?? 0);
  const around = scores.map((run, at) =>
    run.map((score) => (score === null ? null : score - (means[at] as number))),
  );
  return around.map((run) =>
    run.map((own, second) => own ?? meanOf(around.map((one) => one[second] ?? null)) ?? 0),
  );
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** A standstill is told as one, and a full memory budget is no steady state by design. */
function isDisturbed(record: RunRecord, { first, last }: SteadyPhase): boolean {
  const { maxMemoryBytes } = record.scenario.system.resources;
  const held = record.memory.accountedMaxBytes;
  if (maxMemoryBytes !== null && held !== null && held >= BUDGET_SHARE * maxMemoryBytes) return true;
  const [from, end] = [record.phases[first], record.phases[last]];
  if (from === undefined || end === undefined) return true;
  return record.stalls.some(
    ({ startedMs, durationMs }) =>
      startedMs < end.startedMs + end.durationMs && startedMs + durationMs > from.startedMs,
  );
}

/** What is to be said of one phase: an arm's most striking metric, and the longest of its warm-ups. */
function describe(told: readonly Told[], arms: readonly string[]): Finding[] {
  const inEach = [...Map.groupBy(told, ({ arm }) => arm).values()];
  const whose =
    arms.length < 2
      ? ''
      : inEach.length === arms.length
        ? ' Every arm does so: what they are compared by suffers little, the values themselves do.'
        : ' Not every arm does so: it may be a part of what they differ by.';
  return inEach.map((ofArm): Finding => {
    const { arm, phase, metric, ...found } = worstOf(ofArm);
    if (!found.hasSteadyState) {
      const text = `${phase.name} of ${arm} has no steady state: ${metric} moves until its end, and is ${describeEarly(found.early)} in its first ${inSeconds(found.settledAfter)} than after. A queue or memory that grows, or a warm-up longer than half of ${formatDurationMs(phase.seconds * 1000)}: play a longer phase.${whose}`;
      return { code: 'no_steady_state', level: 'doubt', text };
    }
    const longest = Math.max(...ofArm.map((one) => (one.hasSteadyState ? one.settledAfter : 0)));
    const others = found.settledAfter === longest ? '' : ` (other metrics take ${inSeconds(longest)})`;
    const text = `${phase.name} of ${arm} still warms up: ${metric} is ${describeEarly(found.early)} in its first ${inSeconds(found.settledAfter)} than after${others}, which moves its mean over the phase by ${formatDifference(found.shift, 'ratio')}. ${adviceFor(phase, longest)}${whose}`;
    return { code: 'warmup_insufficient', level: 'doubt', text };
  });
}

/** The one that moves most of its margin. */
function worstOf(told: readonly Told[]): Told {
  const inMargins = ({ shift, margin }: Told): number => Math.abs(shift) / margin;
  return told.reduce((worst, one) => (inMargins(one) > inMargins(worst) ? one : worst));
}

/** What else to play; `--warmup` repeats the load of the first phase, so it serves no phase with another load before it. */
function adviceFor({ warmUpMs, openedAfterMs }: SteadyPhase, settledAfter: number): string {
  const longerMs = settledAfter * 1000;
  if (warmUpMs === null) {
    return `Another load comes before it, so --warmup does not help: make its first ${formatDurationMs(openedAfterMs + longerMs)} a phase of their own with measured: false.`;
  }
  // Connections that open evenly do so over the first half of the warm-up, too.
  const totalMs = warmUpMs + (openedAfterMs > 0 ? 2 * longerMs : longerMs);
  return `Try --warmup ${totalMs / 1000}s.`;
}

function inSeconds(count: number): string {
  return formatDurationMs(count * 1000);
}

/** `42 % higher`. */
function describeEarly(early: number): string {
  const size = formatDifference(early, 'ratio').replace(/^[+-]/, '');
  return size.startsWith('×') ? `higher (${size})` : `${size} ${early > 0 ? 'higher' : 'lower'}`;
}
