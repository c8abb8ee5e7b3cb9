/** Runs made by hand: whole records in which every number that is compared was chosen. */

import { armOf } from '../../src/comparison/arms.ts';
import type { ComparedRun, ComparisonInput } from '../../src/comparison/inputs.ts';
import { createRandom, type Random } from '../../src/core/random.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { createRecord, ledgerOf, strategyOf, summaryOf, viewsOf } from '../report/fixtures.ts';

export interface RunChoice {
  strategy?: string;
  capacity?: number;
  gitCommit?: string;
  seed?: number;
  /** Of the group that reads at full speed, in ms; `inf`: two in a hundred were lost there. */
  p99Ms?: number | 'inf';
  p50Ms?: number;
  p999Ms?: number;
  /** Samples of that group. */
  samples?: number;
  /** Of everything offered. */
  miss?: number;
  /** Share that the slow group loses. */
  slowLoss?: number;
  ageP99Ms?: number;
  rssBytes?: number | null;
  depth?: number;
  bytes?: number;
  blockedMs?: number;
  cpuMs?: number | null;
  leaked?: number;
  reordered?: number;
  status?: RunRecord['verdict']['status'];
  partial?: boolean;
}

const TEMPLATE = createRecord();
const OFFERED_SLOW = 10_000;

export function makeRun(choice: RunChoice = {}): RunRecord {
  const { strategy = 'drop-oldest', capacity = 64, p99Ms = 10, samples = 100_000, miss = 0.01 } = choice;
  const { slowLoss = 0.2, ageP99Ms = 600, status = 'pass', seed = 1, depth = 40 } = choice;
  const lost = p99Ms === 'inf' ? samples / 50 : 0;
  const ms = p99Ms === 'inf' ? 9 : p99Ms;
  const fast = summaryOf(samples - lost, choice.p50Ms ?? ms / 4, ms, choice.p999Ms ?? ms * 2, ms * 3);
  const slowLost = Math.round(OFFERED_SLOW * slowLoss);
  const slow = summaryOf(OFFERED_SLOW - slowLost, ageP99Ms / 2, ageP99Ms, ageP99Ms, ageP99Ms);
  const spec = { ...strategyOf(strategy, capacity), text: `${strategy},capacity=${capacity}` };
  const [sseFast, sseSlow] = [TEMPLATE.groups['sse fast'], TEMPLATE.groups['sse slow']];
  const client = TEMPLATE.queues['sse.client'];
  if (sseFast === undefined || sseSlow === undefined || client === undefined) throw new Error('no template');
  return {
    ...TEMPLATE,
    id: `${strategy}-${seed}`,
    seed,
    environment: { ...TEMPLATE.environment, gitCommit: choice.gitCommit ?? '4f2c1e9' },
    scenario: {
      ...TEMPLATE.scenario,
      seed,
      clients: TEMPLATE.scenario.clients.filter(({ name }) => name === 'sse fast' || name === 'sse slow'),
    },
    strategyName: strategy,
    strategy: { ...TEMPLATE.strategy, 'sse.client': spec, 'ws.outbound': spec, 'proxy.events': spec },
    partial: choice.partial ?? false,
    verdict: { status, reasons: status === 'pass' ? [] : [{ code: status, message: `it was ${status}` }] },
    groups: {
      'sse fast': {
        ...sseFast,
        reordered: choice.reordered ?? 0,
        ledger: ledgerOf({
          offered: samples,
          delivered: samples - lost,
          dropped: lost === 0 ? {} : { 'overflow.drop-oldest': lost },
        }),
        latency: viewsOf(fast, { ageP99: ms, miss, undelivered: lost }),
      },
      'sse slow': {
        ...sseSlow,
        ledger: ledgerOf({
          offered: OFFERED_SLOW,
          delivered: OFFERED_SLOW - slowLost,
          dropped: { 'overflow.drop-oldest': slowLost },
        }),
        latency: viewsOf(slow, { ageP99: ageP99Ms, miss, undelivered: slowLost }),
      },
    },
    queues: {
      'sse.client': {
        ...client,
        depth: { mean: depth / 3, max: depth, final: 0 },
        blockedMs: choice.blockedMs ?? 0,
      },
    },
    memory: {
      ...TEMPLATE.memory,
      rssMaxBytes: choice.rssBytes === undefined ? 150_000_000 : choice.rssBytes,
      accountedMaxBytes: choice.bytes ?? 32_000_000,
    },
    cpu: { systemMs: choice.cpuMs === undefined ? 4000 : choice.cpuMs },
    tasks: { ...TEMPLATE.tasks, leaked: choice.leaked ?? 0 },
  };
}

/** Standard normal, by Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A factor around 1, with `noise` as the standard deviation of its logarithm. */
export function wobble(random: Random, noise: number): number {
  return Math.exp(noise * normal(random));
}

/** As {@link wobble}, with heavy tails: Student's t with 3 degrees of freedom, brought to the same standard deviation. */
export function heavyWobble(random: Random, noise: number): number {
  const square = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
  return Math.exp((noise * normal(random)) / Math.sqrt(square));
}

/** `blocks` blocks of every arm; `make` gives the record of one run. */
export function playBlocks(
  arms: readonly string[],
  blocks: number,
  make: (arm: string, block: number) => RunRecord,
): ComparedRun[] {
  return Array.from({ length: blocks }, (_, block) =>
    arms.map((arm): ComparedRun => ({ arm, block, record: make(arm, block), folder: null, rejected: null })),
  ).flat();
}

/** A whole input from runs alone; arms are found in them, in their order, the first one is the reference. */
export function inputOf(
  runs: readonly ComparedRun[],
  change: Partial<ComparisonInput> = {},
): ComparisonInput {
  const names = [...new Set(runs.map((run) => run.arm))];
  const blocks = new Set(runs.map((run) => run.block).filter((block) => block !== null)).size;
  return {
    id: 'c1d2e',
    startedAt: '2026-11-21T10:15:00.123Z',
    durationMs: 60_000,
    command: 'bpbench compare',
    seed: 4711,
    interruptedBy: null,
    isPartial: false,
    scenario: runs[0]?.record.scenario ?? makeRun().scenario,
    environment: TEMPLATE.environment,
    arms: names.map((name) => armOf((runs.find((run) => run.arm === name) as ComparedRun).record, name)),
    reference: names[0] ?? '',
    runs,
    design: {
      blocksPlanned: blocks,
      order: [],
      replayedBlocks: 0,
      replayedBlocksMax: Math.ceil(0.3 * blocks),
      looksPlanned: 1,
      looksUsed: 1,
      attempt: 1,
    },
    ...change,
  };
}

/** Two versions of one strategy, `main` and `now`, whose metrics all vary by `noise` and differ by the factors of `worse`. */
export function playVersions(
  seed: number,
  blocks: number,
  noise: number,
  worse: { p99Ms?: number; rssBytes?: number } = {},
): ComparedRun[] {
  const random = createRandom(seed, 'versions');
  return playBlocks(['main', 'now'], blocks, (arm, block) => {
    const isNow = arm === 'now';
    return makeRun({
      seed: block,
      gitCommit: arm,
      p99Ms: 10 * wobble(random, noise) * (isNow ? (worse.p99Ms ?? 1) : 1),
      miss: 0.01 + 0.001 * normal(random),
      rssBytes: 1.5e8 * wobble(random, noise) * (isNow ? (worse.rssBytes ?? 1) : 1),
      depth: 40 * wobble(random, noise),
      ageP99Ms: 600 * wobble(random, noise),
      slowLoss: 0.2 + 0.002 * normal(random),
      bytes: 3.2e7 * wobble(random, noise),
      cpuMs: 4000 * wobble(random, noise),
    });
  });
}
