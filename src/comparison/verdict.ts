/** One word for one metric. `not significant` is never `same`: what cannot be told is `inconclusive`, with the reason. */
import type { MetricVerdict } from '../core/comparison.ts';
import { blocksNeeded } from '../statistics/multiplicity.ts';
import { blocksToDetect, blocksToProveSame } from '../statistics/power.ts';
import type { Evidence } from './evidence.ts';

export interface Levels {
  /** One-sided, of `worse` and of `better`, for the whole family. */
  readonly change: number;
  /** Of each one-sided test of `same`. */
  readonly same: number;
}

export interface Judged {
  readonly verdict: MetricVerdict;
  readonly reason: string | null;
  /** In all, not more; `null` where no number of blocks would. */
  readonly blocksToSettle: number | null;
}

export interface Question {
  readonly evidence: Evidence;
  /** On the scale of the metric. */
  readonly margin: number;
  readonly levels: Levels;
  /** Adjusted for everything that is asked at once. */
  readonly adjustedWorse: number;
  readonly adjustedBetter: number;
  /** How many questions that was. */
  readonly familySize: number;
}

/** First match wins; the intervals of `worse`, `better` and `same` exclude each other. */
export function judgeMetric(question: Question): Judged {
  const { evidence, levels, adjustedWorse, adjustedBetter } = question;
  const settled = (verdict: MetricVerdict): Judged => ({ verdict, reason: null, blocksToSettle: null });
  if (adjustedWorse <= levels.change) return settled('worse');
  if (adjustedBetter <= levels.change) return settled('better');
  if (Math.max(evidence.pNotWorse, evidence.pNotBetter) <= levels.same) return settled('same');
  return {
    verdict: 'inconclusive',
    reason: describeDoubt(question),
    blocksToSettle: countToSettle(question),
  };
}

/** `underpowered`: the 90 % interval is wider than the margin on each side, or there are too few runs for one. */
function describeDoubt({ evidence, margin }: Question): string {
  const { n, interval95, interval90 } = evidence;
  if (n === 1) return 'unreplicated';
  if (interval90 === null) return evidence.sd === null ? 'infinite' : 'underpowered';
  if ((interval90.high - interval90.low) / 2 > margin) return 'underpowered';
  if (interval95 !== null && interval95.low > 0) return 'leaning-worse';
  if (interval95 !== null && interval95.high < 0) return 'leaning-better';
  return 'borderline';
}

/** As if the estimate were the truth: enough to prove a change if it exceeds the margin, else to prove that there is none. */
function countToSettle({ evidence, margin, levels, familySize }: Question): number | null {
  const { estimate, sd, n } = evidence;
  if (estimate === null || sd === null) return null;
  const size = Math.abs(estimate);
  const change = levels.change / familySize;
  const blocks =
    size > margin
      ? blocksToDetect({ effect: size, sd, margin, level: change })
      : blocksToProveSame({ effect: size, sd, margin, level: levels.same });
  return blocks === null ? null : Math.max(blocks, n + 1, blocksNeeded(familySize, levels.change));
}
