import { LatencyHistogram } from '../../core/histogram.ts';
import { WARM_UP_RATIO } from '../plan.ts';
import { estimateRow, type Gate, playPlan, strategyOf } from './gate.ts';

const SECTIONS = 20;
const NS_PER_US = 1000;
/** Slow on purpose: the histogram counts whole microseconds. */
const SERVICES_PER_SEC = 10;

/**
 * The sojourn of M/M/1 is exponential, so its percentiles are known. The estimate is that of all samples, its
 * uncertainty comes from sections of the run.
 */
export const histogram: Gate = {
  name: 'histogram',
  title: 'Percentiles of the histogram, on a known law',
  play(context) {
    const warmUp = Math.ceil(SECTIONS * WARM_UP_RATIO);
    const sections = Array.from({ length: SECTIONS }, () => new LatencyHistogram());
    const all = new LatencyHistogram();
    playPlan(context, {
      strategy: strategyOf('unbounded', 1000),
      arrivals: { law: 'poisson', perSec: 0.4 * SERVICES_PER_SEC },
      service: { law: 'exponential', perSec: SERVICES_PER_SEC },
      offers: 400_000,
      batches: SECTIONS,
      onSojourn(sojournNs, batch) {
        sections[batch - warmUp]?.recordUs(sojournNs / NS_PER_US);
      },
    });
    for (const section of sections) all.add(section);
    return [0.99, 0.999].map((probability) => {
      const ratios = sections.map((section) => ratioOf(section, probability));
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / SECTIONS;
      const variance = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (SECTIONS - 1);
      const estimate = {
        mean: ratioOf(all, probability),
        standardError: Math.sqrt(variance / SECTIONS),
        batches: SECTIONS,
      };
      const predicted = context.formulas.exponentialPercentile(probability);
      return estimateRow(`p${probability * 100} over the mean`, 'times', estimate, predicted);
    });
  },
};

function ratioOf(histogram: LatencyHistogram, probability: number): number {
  const { mean } = histogram.summary();
  return (histogram.percentileMs(probability * 100) ?? Number.NaN) / (mean ?? Number.NaN);
}
