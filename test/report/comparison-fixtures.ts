/** Hand-made comparisons: every number is chosen, so that reports of them can be compared to the letter. */
import type {
  Arm,
  ArmRun,
  ComparisonRecord,
  MetricResult,
  MetricSpec,
  MetricValue,
} from '../../src/core/comparison.ts';
import type { ComparisonReport, RunReport } from '../../src/report/report.ts';
import { createOtherRecord, createRecord } from './fixtures.ts';

function metric(
  name: string,
  kind: MetricSpec['kind'],
  unit: string,
  margin: number,
  part: Partial<MetricSpec> = {},
): MetricSpec {
  return { name, kind, unit, direction: 'lower', margin, floor: null, isGated: false, ...part };
}

export const METRICS: MetricSpec[] = [
  metric('deadlineMiss', 'share', 'share', 0.005, { isGated: true }),
  metric('all.p99', 'ratio', 'ms', 0.1, { isGated: true }),
  metric('goodput', 'ratio', '1/s', 0.03, { direction: 'higher', isGated: true }),
  metric('rss', 'ratio', 'bytes', 0.1, { isGated: true }),
  metric('queueMax', 'ratio', 'items', 0.2, { isGated: true }),
  metric('p50', 'ratio', 'ms', 0.05),
  metric('ageP99(sse slow)', 'ratio', 'ms', 0.1),
];

export function resultOf(
  metricName: string,
  [referenceValue, value]: [MetricValue, MetricValue],
  verdict: MetricResult['verdict'],
  bounds: [estimate: number, low: number, high: number] | null,
  part: Partial<MetricResult> = {},
): MetricResult {
  const [estimate, low, high] = bounds ?? [null, null, null];
  const interval = low === null || high === null ? null : { low, high };
  return {
    metric: metricName,
    arm: 'now',
    reference: 'main',
    n: 10,
    value,
    referenceValue,
    estimate,
    interval95: interval,
    interval90: interval,
    pWorse: 0.5,
    pBetter: 0.5,
    pSame: 0.5,
    holmWorse: null,
    holmBetter: null,
    qWorse: null,
    minimumDetectable: null,
    verdict,
    reason: null,
    blocksToSettle: null,
    display: { t95: interval, cliffsDelta: 0, worseBlocks: 0.5 },
    ...part,
  };
}

function armOf(name: string, strategyName = name, gitCommit: string | null = '4f2c1e9'): Arm {
  const { strategy } = createRecord();
  return { name, strategyName, strategy, version: { bpbench: '0.1.0', gitCommit }, source: 'played' };
}

export function runOf(arm: string, block: number | null, part: Partial<ArmRun> = {}): ArmRun {
  return {
    block,
    arm,
    id: `${arm}${block ?? ''}`,
    folder: null,
    startedAt: '2026-11-21T10:15:00.000Z',
    seed: 123,
    status: 'pass',
    rejected: null,
    values: { deadlineMiss: 0.0012, 'all.p99': 15.6, goodput: 4990 },
    counts: { offered: 300_000, delivered: 299_640, dropped: 360 },
    ...part,
  };
}

/** One version against another: one metric is worse, one cannot be told. */
export function createRegression(change: Partial<ComparisonRecord> = {}): ComparisonRecord {
  const log = Math.log1p;
  return {
    schemaVersion: 1,
    kind: 'comparison',
    id: 'c0mp4',
    startedAt: '2026-11-21T10:00:00.000Z',
    durationMs: 1_320_000,
    partial: false,
    interruptedBy: null,
    command:
      'bpbench run burst --strategy drop-oldest --repeat 10 --baseline main.bpbaseline.json --seed 123',
    seed: 123,
    mode: 'regression',
    reference: 'main',
    plan: { hash: 'sha256:0', scenario: createRecord().scenario },
    design: {
      type: 'blocks',
      blocksPlanned: 10,
      blocks: 10,
      order: [],
      replayedBlocks: 0,
      replayedBlocksMax: 3,
      looksPlanned: 1,
      looksUsed: 1,
      attempt: 1,
    },
    environment: { ...createRecord().environment, fingerprint: 'sha256:1' },
    arms: [armOf('main', 'drop-oldest'), armOf('now', 'drop-oldest', '81ab03d')],
    metrics: METRICS,
    runs: Array.from({ length: 10 }, (_, block) => [runOf('main', block), runOf('now', block)]).flat(),
    family: {
      gated: ['deadlineMiss', 'all.p99', 'goodput', 'rss', 'queueMax'],
      oneSidedLevel: 0.025,
      sameLevel: 0.05,
      blocksNeeded: 8,
    },
    results: [
      resultOf('deadlineMiss', [0.0012, 0.0015], 'same', [0.0003, -0.0005, 0.0011], {
        minimumDetectable: 0.007,
      }),
      resultOf('all.p99', [15.6, 18.5], 'worse', [log(0.184), log(0.129), log(0.242)], {
        minimumDetectable: log(0.18),
      }),
      resultOf('goodput', [4990, 4980], 'same', [log(0.002), log(-0.004), log(0.009)], {
        minimumDetectable: log(0.04),
      }),
      resultOf('rss', [153_092_096, 150_994_944], 'same', [log(-0.011), log(-0.03), log(0.009)], {
        minimumDetectable: log(0.13),
      }),
      resultOf('queueMax', [60, 64], 'inconclusive', [log(0.061), log(-0.124), log(0.286)], {
        minimumDetectable: log(0.39),
        reason: 'borderline',
        blocksToSettle: 16,
      }),
      resultOf('p50', [1.9, 1.92], 'same', [log(0.01), log(-0.01), log(0.02)]),
    ],
    pareto: [],
    needs: [],
    expectations: [],
    findings: [],
    verdict: { status: 'fail', reasons: [{ code: 'worse', message: 'all.p99 is worse: +18.4 %' }] },
    exitCode: 3,
    files: ['record.json', 'report.html'],
    ...change,
  };
}

/** Three strategies against `block`: everybody pays with something, one is dominated. */
export function createVersus(change: Partial<ComparisonRecord> = {}): ComparisonRecord {
  const against = (arm: string, results: MetricResult[]): MetricResult[] =>
    results.map((result) => ({ ...result, arm, reference: 'block' }));
  const big = Math.log(0.29);
  const rejected = 'invalid: arrivals were taken up 137 ms late (p99)';
  return createRegression({
    mode: 'versus',
    reference: 'block',
    command:
      "bpbench run burst --strategy block --strategy drop-oldest --strategy fq-codel --repeat 10 --need 'loss<0.1%, ageP99<200ms' --seed 123",
    arms: ['block', 'drop-oldest', 'fq-codel', 'drop-newest'].map((name) => armOf(name)),
    runs: [
      runOf('block', 0),
      runOf('drop-oldest', 0),
      runOf('fq-codel', 0, { rejected, status: 'invalid' }),
      runOf('drop-newest', 0),
      ...[1, 2].flatMap((block) =>
        ['block', 'drop-oldest', 'fq-codel', 'drop-newest'].map((arm) => runOf(arm, block)),
      ),
    ],
    design: { ...createRegression().design, replayedBlocks: 1, looksPlanned: 2 },
    results: [
      ...against('drop-oldest', [
        resultOf('deadlineMiss', [0.12, 0.022], 'better', [-0.098, -0.11, -0.09]),
        resultOf('all.p99', [7200, 'inf'], 'worse', [Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY]),
        resultOf('goodput', [4500, 4995], 'better', [-Math.log(1.11), -0.12, -0.09]),
        resultOf('rss', [150e6, 151e6], 'same', [0.01, -0.01, 0.03]),
        resultOf('queueMax', [256, 64], 'better', [Math.log(0.25), -1.5, -1.3]),
        resultOf('p50', [100, 29], 'better', [big, big - 0.1, big + 0.1]),
        resultOf('ageP99(sse slow)', [7300, 640], 'better', [Math.log(640 / 7300), -2.5, -2.3]),
      ]),
      ...against('fq-codel', [
        resultOf('deadlineMiss', [0.12, 0.001], 'better', [-0.119, -0.13, -0.1]),
        resultOf('all.p99', [7200, 'inf'], 'worse', null),
        resultOf('goodput', [4500, 5130], 'better', [-Math.log(1.14), -0.15, -0.11]),
        resultOf('rss', [150e6, 168e6], 'worse', [Math.log(1.12), 0.105, 0.13]),
        resultOf('queueMax', [256, 100], 'better', [Math.log(0.4), -1, -0.8]),
        resultOf('p50', [100, 36], 'better', [Math.log(0.36), -1.1, -0.9]),
        resultOf('ageP99(sse slow)', [7300, 400], 'better', [Math.log(400 / 7300), -3, -2.8]),
      ]),
      ...against('drop-newest', [
        resultOf('deadlineMiss', [0.12, 0.118], 'inconclusive', [-0.002, -0.02, 0.016], {
          reason: 'underpowered',
          blocksToSettle: 40,
        }),
        resultOf('all.p99', ['inf', 'inf'], 'inconclusive', null, { reason: 'inf-in-both' }),
        resultOf('goodput', [4500, 4400], 'worse', [Math.log(4500 / 4400), 0.031, 0.05]),
        resultOf('rss', [150e6, 150e6], 'same', [0, -0.01, 0.01]),
        resultOf('queueMax', [256, 256], 'same', [0, 0, 0]),
        resultOf('p50', [100, 300], 'worse', [Math.log(3), 1, 1.2]),
        resultOf('ageP99(sse slow)', [7300, 1950], 'better', [Math.log(1950 / 7300), -1.4, -1.2]),
      ]),
    ],
    pareto: [
      paretoOf('block', [0, 7300, 7200, 30e6, 84_000, 5100]),
      paretoOf('drop-oldest', [0.638, 640, 'inf', 31e6, 0, 4900]),
      paretoOf('fq-codel', [0.6, 400, 'inf', 28e6, 0, 5300]),
      paretoOf('drop-newest', [0.642, 1950, 'inf', 33e6, 0, 5400], ['drop-oldest', 'fq-codel']),
    ],
    needs: [
      {
        expression: 'loss<0.1%, ageP99<200ms',
        arms: [
          {
            arm: 'block',
            status: 'no',
            because: ['ageP99 is 7.3 s, wanted < 200 ms'],
            isUnreplicated: false,
          },
          {
            arm: 'drop-oldest',
            status: 'no',
            because: ['loss is 63.8 %, wanted < 0.1 %'],
            isUnreplicated: false,
          },
          { arm: 'fq-codel', status: 'unknown', because: ['ageP99: 180 ms to 230 ms'], isUnreplicated: true },
          { arm: 'drop-newest', status: 'yes', because: [], isUnreplicated: false },
        ],
        smallestCapacity: { arm: 'drop-newest', boundary: 'sse.client', capacityItems: 64 },
      },
    ],
    expectations: [
      {
        expression: 'drop-oldest: deadlineMiss better than block by >= 20%',
        status: 'pass',
        detail: 'better by 75 % to 92 %',
      },
    ],
    findings: [{ code: 'trade-off', level: 'info', text: 'None is best at everything.' }],
    verdict: { status: 'pass', reasons: [] },
    exitCode: 0,
    ...change,
  });
}

function paretoOf(
  arm: string,
  values: [MetricValue, MetricValue, MetricValue, MetricValue, MetricValue, MetricValue],
  dominatedBy: string[] = [],
): ComparisonRecord['pareto'][number] {
  const [loss, ageP99, allP99, bytes, blocked, cpu] = values;
  return { arm, values: { loss, ageP99, allP99, bytes, blocked, cpu }, dominatedBy };
}

export function reportOf(record: ComparisonRecord, runs: readonly RunReport[] = []): ComparisonReport {
  return {
    kind: 'comparison',
    record,
    runs,
    folder: 'results/20261121T100000Z-burst-compare-c0mp4',
    problems: [],
  };
}

/** Two strategies, one run each: nothing can be proved. */
export function createSingle(): ComparisonReport {
  const records = [
    createRecord(),
    createOtherRecord('block', {
      dropped: 0,
      p99: 7200,
      ageP99: 7300,
      blockedMs: 84_000,
      accountedBytes: 30e6,
    }),
  ];
  const regression = createRegression();
  const record = createRegression({
    mode: 'versus',
    reference: 'drop-oldest',
    command: 'bpbench run burst --strategy drop-oldest --strategy block --seed 4711',
    design: { ...regression.design, type: 'single', blocks: 1, blocksPlanned: 1 },
    arms: ['drop-oldest', 'block'].map((name) => armOf(name)),
    runs: [runOf('drop-oldest', 0), runOf('block', 0, { values: { goodput: 4000, 'all.p99': 'inf' } })],
    results: [],
    verdict: { status: 'pass', reasons: [] },
    exitCode: 0,
  });
  return reportOf(
    record,
    records.map((run) => ({
      kind: 'run',
      record: run,
      timeline: [],
      intervals: [],
      folder: null,
      problems: [],
    })),
  );
}
