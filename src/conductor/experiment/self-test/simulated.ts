/**
 * Thousands of experiments that nobody could play, through the same pipeline as real ones: records whose noise is known.
 * Noise of a run is heavy-tailed (Student's t, 3 degrees of freedom) and the host drifts (a random walk), so whoever
 * forgets the pairs or counts requests is found out.
 */
import { armOf } from '../../../comparison/arms.ts';
import { buildComparison } from '../../../comparison/build-comparison.ts';
import type { ComparedRun } from '../../../comparison/inputs.ts';
import type { ComparisonRecord } from '../../../core/comparison.ts';
import { createRandom, type Random } from '../../../core/random.ts';
import type { RunRecord } from '../../../core/record.ts';
import { hodgesLehmann } from '../../../statistics/hodges-lehmann.ts';

const RUN_NOISE = 0.03;
const DRIFT_PER_RUN = 0.01;
/** Of these the simulated records have noise of their own. */
const METRICS = ['all.p99', 'rss', 'queueMax'] as const;
/** 15 % worse, at a margin of 5 %, 5 % noise and 10 blocks: nine times in ten. */
const FOUND = 0.9;
/** A sound instrument leaves this band once in a hundred times. */
const BAND_SDS = 2.576;

export interface SimulatedRate {
  readonly blocks: number;
  /** Experiments times metrics. */
  readonly trials: number;
  /** How often an interval left 0 out although nothing was different, or found what was. */
  readonly rate: number;
  readonly expected: number;
  /** What chance allows. */
  readonly low: number;
  readonly high: number;
}

/** How often the 95 % interval of one metric excludes 0 where there is no difference; its exact level is known. */
export function simulateFalseAlarms(
  template: RunRecord,
  blocks: number,
  experiments: number,
  seed: number,
): SimulatedRate {
  const random = createRandom(seed, `false alarms at ${blocks}`);
  let alarms = 0;
  for (let i = 0; i < experiments; i++) {
    const record = simulate(template, blocks, 0, RUN_NOISE, random);
    for (const { metric, interval95 } of record.results) {
      if (!METRICS.some((name) => name === metric) || interval95 === null) continue;
      if (interval95.low > 0 || interval95.high < 0) alarms++;
    }
  }
  const trials = experiments * METRICS.length;
  const ranks = Array.from({ length: blocks }, (_, rank) => rank + 1);
  const expected = 1 - (hodgesLehmann(ranks, 0.95).trueLevel ?? 0.95);
  const band = BAND_SDS * Math.sqrt((expected * (1 - expected)) / trials);
  const rate = alarms / trials;
  return { blocks, trials, rate, expected, low: Math.max(0, expected - band), high: expected + band };
}

/** How often a 99th percentile that is worse by `change` is found at a margin of 5 %, under normal noise of 5 % per run. */
export function simulateFound(
  template: RunRecord,
  {
    blocks,
    change,
    experiments,
    seed,
  }: { blocks: number; change: number; experiments: number; seed: number },
): SimulatedRate {
  const random = createRandom(seed, 'regressions');
  let found = 0;
  for (let i = 0; i < experiments; i++) {
    const { results } = simulate(template, blocks, change, 0.05, random, drawNormal);
    if (results.some(({ metric, verdict }) => metric === 'all.p99' && verdict === 'worse')) found++;
  }
  const band = BAND_SDS * Math.sqrt((FOUND * (1 - FOUND)) / experiments);
  return {
    blocks,
    trials: experiments,
    rate: found / experiments,
    expected: FOUND,
    low: FOUND - band,
    high: 1,
  };
}

function simulate(
  template: RunRecord,
  blocks: number,
  change: number,
  noise: number,
  random: Random,
  draw: (random: Random) => number = drawHeavyTailed,
): ComparisonRecord {
  const arms = ['sound', 'sound again'];
  const runs: ComparedRun[] = [];
  let drift = 0;
  for (let block = 0; block < blocks; block++) {
    for (const arm of random.shuffle(arms)) {
      drift += DRIFT_PER_RUN * drawNormal(random);
      const factor = (): number => Math.exp(drift + noise * draw(random));
      const worsening = arm === 'sound' ? 1 : 1 + change;
      const record = scale(template, { latency: worsening * factor(), memory: factor(), depth: factor() });
      runs.push({ arm, block, record, folder: null, rejected: null });
    }
  }
  return buildComparison({
    ...{ id: 'simulated', startedAt: template.startedAt, durationMs: 0, command: '', seed: template.seed },
    ...{ interruptedBy: null, isPartial: false, mode: 'regression', reference: 'sound' },
    scenario: template.scenario,
    environment: template.environment,
    arms: arms.map((name) => armOf(template, name)),
    runs,
    metrics: { gates: ['all.p99'], margins: ['all.p99=5%'] },
    design: {
      ...{ blocksPlanned: blocks, order: [], replayedBlocks: 0, replayedBlocksMax: 0 },
      ...{ looksPlanned: 1, looksUsed: 1, attempt: 1 },
    },
  });
}

/** `record` with other figures; nothing of it is copied that does not change. */
function scale(record: RunRecord, by: { latency: number; memory: number; depth: number }): RunRecord {
  const groups: RunRecord['groups'] = {};
  for (const [name, group] of Object.entries(record.groups)) {
    const all = { ...group.latency.all, count: ENOUGH, p99: 10 * by.latency };
    groups[name] = { ...group, latency: { ...group.latency, all } };
  }
  const queues: RunRecord['queues'] = {};
  for (const [name, queue] of Object.entries(record.queues)) {
    const depth = { ...queue.depth, max: 100 * by.depth };
    queues[name as keyof typeof queues] = { ...queue, depth };
  }
  return {
    ...record,
    partial: false,
    verdict: { status: 'pass', reasons: [] },
    memory: { ...record.memory, rssMaxBytes: 1e8 * by.memory },
    ...{ groups, queues },
  };
}

/** Work enough for every percentile. */
const ENOUGH = 100_000;

/** Marsaglia's polar method. */
function drawNormal(random: Random): number {
  for (;;) {
    const [u, v] = [2 * random.next() - 1, 2 * random.next() - 1];
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
  }
}

/** Student's t with 3 degrees of freedom. */
function drawHeavyTailed(random: Random): number {
  const squares = [1, 2, 3].reduce((sum) => sum + drawNormal(random) ** 2, 0);
  return drawNormal(random) / Math.sqrt(squares / 3);
}
