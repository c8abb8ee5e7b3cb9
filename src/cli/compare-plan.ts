/** What is said before the first run: how much will be played, how long it takes, and which change it can find. */

import { marginOf } from '../comparison/samples.ts';
import { type NoiseCard, noiseOf } from '../conductor/experiment/noise-card.ts';
import type { ComparisonRecord, MetricSpec } from '../core/comparison.ts';
import { planDurationMs } from '../core/plan.ts';
import { formatDurationMs, formatShare } from '../core/units.ts';
import { wrap } from '../report/text.ts';
import { minimumDetectable } from '../statistics/power.ts';

/** Start, readiness, drain and end of one run beside its phases; measured on two cores. */
const AROUND_RUN_MS = 2000;
/** Blocks after which the noise of the experiment itself is known well enough to tell. */
export const PILOT_BLOCKS = 4;

/** Standard deviations of differences by metric, and where they come from. */
export interface Noise {
  readonly source: string;
  readonly metrics: NoiseCard['metrics'];
}

/** On stderr, before anything is sent. `planned` is the record of the experiment while it is still empty. */
export function renderExperimentPlan(planned: ComparisonRecord, noise: Noise | null, width: number): string {
  const { design, plan, arms, seed } = planned;
  const runs = design.blocksPlanned * arms.length;
  const totalMs = runs * (planDurationMs(plan.scenario) + AROUND_RUN_MS);
  const more =
    design.looksPlanned > 1 ? `, and up to ${design.looksPlanned} times that while the result is open` : '';
  const blocks = design.blocksPlanned === 1 ? '1 block' : `${design.blocksPlanned} blocks`;
  const lines = [
    `plan: ${blocks} of ${arms.map(({ name }) => name).join(', ')}: ${runs} runs, about ${formatDurationMs(totalMs)}${more}; seed ${seed}`,
    ...describeDetectable(planned, noise),
  ];
  return `${lines.flatMap((line) => wrap(line, width, '', '  ')).join('\n')}\n`;
}

/** After the pilot: what the rest of the experiment can be expected to find; the empty string before that. */
export function renderPilot(soFar: ComparisonRecord, width: number): string {
  const { design } = soFar;
  if (design.blocks !== PILOT_BLOCKS || design.blocksPlanned <= PILOT_BLOCKS) return '';
  const [line] = describeDetectable(soFar, {
    source: `the first ${PILOT_BLOCKS} blocks`,
    metrics: noiseOf(soFar),
  });
  return line === undefined ? '' : `${wrap(line, width, '', '  ').join('\n')}\n`;
}

function describeDetectable(planned: ComparisonRecord, noise: Noise | null): string[] {
  const { design, family, metrics, results } = planned;
  if (design.blocksPlanned === 1) return [];
  if (noise === null) {
    return [
      `the smallest change it can find is not known yet: it is told after ${PILOT_BLOCKS} blocks (or measure this host once: bpbench compare --self-test ${planned.plan.scenario.name})`,
    ];
  }
  const gated = metrics.filter(({ isGated }) => isGated);
  const names = gated.filter(({ kind }) => kind !== 'exact').map(({ name }) => name);
  const tests = Math.max(1, results.filter(({ metric }) => names.includes(metric)).length);
  const parts = gated.flatMap((metric) => {
    const sd = noise.metrics[metric.name]?.sd;
    if (sd === undefined) return [];
    const change = minimumDetectable({
      sd,
      n: design.blocksPlanned,
      margin: marginOf(metric),
      level: family.oneSidedLevel / tests,
    });
    return change === null ? [] : [`${metric.name} ${formatChange(metric, change)}`];
  });
  if (parts.length === 0) return [];
  return [`finds four times in five (noise from ${noise.source}): ${parts.join(', ')} worse`];
}

function formatChange({ kind }: MetricSpec, change: number): string {
  if (kind === 'ratio') return formatShare(Math.expm1(change));
  return `${formatShare(change).replace(' %', '')} points`;
}
