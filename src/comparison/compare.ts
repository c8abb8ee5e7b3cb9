/** Every metric of every arm against its reference: the results of a comparison. */
import type { ArmRun, MetricResult, MetricSpec, MetricValue } from '../core/comparison.ts';
import { benjaminiHochberg, holm } from '../statistics/multiplicity.ts';
import { minimumDetectable } from '../statistics/power.ts';
import { type Evidence, weigh } from './evidence.ts';
import { runsOf } from './pairing.ts';
import { type Duel, marginOf, medianOf, type Samples, sampleOf } from './samples.ts';
import { judgeMetric, type Levels } from './verdict.ts';

/** A result with what it stands on; `evidence` is `null` where nothing could be tested. */
export interface Contrast {
  readonly duel: Duel;
  readonly spec: MetricSpec;
  readonly result: MetricResult;
  readonly evidence: Evidence | null;
}

interface Weighed {
  readonly duel: Duel;
  readonly spec: MetricSpec;
  readonly samples: Samples;
  readonly evidence: Evidence | null;
}

/**
 * One contrast for each duel and metric, in that order. Gated metrics are one family for Holm, once for worse and once
 * for better; the others share what false discoveries there may be (Benjamini-Hochberg).
 */
export function compareArms(
  runs: readonly ArmRun[],
  duels: readonly Duel[],
  metrics: readonly MetricSpec[],
  levels: Levels,
): Contrast[] {
  const weighed = duels.flatMap((duel) =>
    metrics.map((spec): Weighed => {
      const samples = sampleOf(runs, duel, spec);
      const isTested = spec.kind !== 'exact' && samples.type !== 'none';
      return { duel, spec, samples, evidence: isTested ? weigh(samples, marginOf(spec)) : null };
    }),
  );
  const gated = adjust(weighed, true, holm);
  const others = adjust(weighed, false, benjaminiHochberg);
  return weighed.map((one) => {
    const adjusted = gated.byWeighed.get(one) ?? others.byWeighed.get(one);
    const result =
      adjusted === undefined ? untested(one, runs) : tested(one, runs, levels, adjusted, gated.size);
    return { duel: one.duel, spec: one.spec, result, evidence: one.evidence };
  });
}

interface Adjusted {
  readonly worse: number;
  readonly better: number;
}

function adjust(
  weighed: readonly Weighed[],
  isGated: boolean,
  by: (ps: readonly number[]) => number[],
): { byWeighed: Map<Weighed, Adjusted>; size: number } {
  const family = weighed.flatMap((one) =>
    one.spec.isGated === isGated && one.evidence !== null ? [{ one, evidence: one.evidence }] : [],
  );
  const worse = by(family.map(({ evidence }) => evidence.pWorse));
  const better = by(family.map(({ evidence }) => evidence.pBetter));
  const entries = family.map(({ one }, index): [Weighed, Adjusted] => [
    one,
    { worse: worse[index] as number, better: better[index] as number },
  ]);
  return { byWeighed: new Map(entries), size: family.length };
}

function tested(
  { duel, spec, evidence }: Weighed,
  runs: readonly ArmRun[],
  levels: Levels,
  adjusted: Adjusted,
  gatedSize: number,
): MetricResult {
  if (evidence === null) throw new RangeError(`${spec.name} was not tested`);
  const { n, sd } = evidence;
  const margin = marginOf(spec);
  const familySize = spec.isGated ? gatedSize : 1;
  const judged = judgeMetric({
    evidence,
    margin,
    levels,
    adjustedWorse: adjusted.worse,
    adjustedBetter: adjusted.better,
    familySize,
  });
  return {
    ...headOf(duel, spec, runs),
    n,
    estimate: evidence.estimate,
    interval95: evidence.interval95,
    interval90: evidence.interval90,
    pWorse: evidence.pWorse,
    pBetter: evidence.pBetter,
    pSame: Math.max(evidence.pNotWorse, evidence.pNotBetter),
    holmWorse: spec.isGated ? adjusted.worse : null,
    holmBetter: spec.isGated ? adjusted.better : null,
    qWorse: spec.isGated ? null : adjusted.worse,
    // Of one metric that is worse among all that are gated, Holm asks for this level.
    minimumDetectable:
      sd === null ? null : minimumDetectable({ n, sd, margin, level: levels.change / familySize }),
    ...judged,
    display: {
      t95: evidence.t95,
      cliffsDelta: evidence.cliffsDelta,
      worseBlocks: evidence.worseBlocks,
    },
  };
}

/** Exact metrics, where any difference counts, and metrics without samples. */
function untested({ duel, spec, samples }: Weighed, runs: readonly ArmRun[]): MetricResult {
  const head = headOf(duel, spec, runs);
  const nothing = {
    estimate: null,
    interval95: null,
    interval90: null,
    pWorse: null,
    pBetter: null,
    pSame: null,
    holmWorse: null,
    holmBetter: null,
    qWorse: null,
    minimumDetectable: null,
    blocksToSettle: null,
    display: { t95: null, cliffsDelta: null, worseBlocks: null },
  };
  if (samples.type === 'none') {
    const verdict = samples.reason === 'inf-in-both' ? 'inconclusive' : 'invalid';
    return { ...head, ...nothing, n: 0, verdict, reason: samples.reason };
  }
  const [value, referenceValue] = [largestOf(runs, duel.arm, spec), largestOf(runs, duel.reference, spec)];
  const difference = value - referenceValue;
  return {
    ...head,
    ...nothing,
    n: samples.type === 'paired' ? samples.differences.length : Math.min(samples.a.length, samples.b.length),
    value,
    referenceValue,
    estimate: difference,
    verdict: difference > 0 ? 'worse' : difference < 0 ? 'better' : 'same',
    reason: null,
  };
}

function headOf(duel: Duel, spec: MetricSpec, runs: readonly ArmRun[]) {
  return {
    metric: spec.name,
    arm: duel.arm,
    reference: duel.reference,
    value: medianOf(valuesOf(runs, duel.arm, spec)),
    referenceValue: medianOf(valuesOf(runs, duel.reference, spec)),
  };
}

export function valuesOf(
  runs: readonly ArmRun[],
  arm: string,
  spec: Pick<MetricSpec, 'name'>,
): MetricValue[] {
  return runsOf(runs, arm).map((run) => run.values[spec.name] ?? null);
}

/** One run is enough to break what must never happen, so it is not the median that counts. */
function largestOf(runs: readonly ArmRun[], arm: string, spec: MetricSpec): number {
  return Math.max(...valuesOf(runs, arm, spec).map(Number));
}
