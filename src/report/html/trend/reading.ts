/** How to read a trend: its words, and what each metric of it is. */
import { METRICS, splitName } from '../../../comparison/metrics.ts';
import { type Term, termsSection } from '../reading.ts';
import type { Section } from '../section.ts';

const TERMS: readonly Term[] = [
  [
    'result',
    'a run, or the median of all valid runs of one strategy in a comparison. Only results of the same scenario, strategy and plan stand in one row.',
  ],
  [
    'hint',
    'where the values before and after differ by more than chance explains (E-divisive; p below 0.01). It says where to look and not why: bpbench compare plays both versions against each other and tells a difference from noise.',
  ],
  [
    'left out',
    'the result is invalid, or its run was stopped before its end: grey in the charts, and no value. A gap without grey is a result that has no value of this metric, such as a percentile of too little work.',
  ],
  ['∞, never', 'a percentile of all offered work where more than that share was never served.'],
  ['↓ ↑', 'lower is better, higher is better.'],
];

export function readingTrend(metrics: readonly string[]): Section {
  const own = metrics.map((metric): Term => [metric, `${METRICS[splitName(metric).base].summary}.`]);
  return termsSection([...own, ...TERMS]);
}
