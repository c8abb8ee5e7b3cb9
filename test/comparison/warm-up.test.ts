import { describe, expect, it } from 'vitest';
import { buildComparison } from '../../src/comparison/build-comparison.ts';
import { resolveMetrics } from '../../src/comparison/metrics.ts';
import { findWarmUps } from '../../src/comparison/warm-up.ts';
import type { Arrivals } from '../../src/core/plan.ts';
import type { RunRecord, Stall } from '../../src/core/record.ts';
import { bandOf, createNoise, shareOf } from '../statistics/noise.ts';
import { inputOf } from './runs.ts';
import { type Experiment, phaseOf, planOf, playSteady } from './steady-plan.ts';

const { normal, heavy } = createNoise(1, 'warm-up');
const STEADY = planOf([phaseOf('steady', 60)]);
const RAMP: Arrivals = { model: 'poisson', fromPerSec: 100, toPerSec: 200 };
const METRICS = resolveMetrics(STEADY);
const find = ({ runs, seconds }: Experiment, metrics = METRICS) => findWarmUps(runs, seconds, metrics);
const cooling = (high: number, tauSeconds: number) => (second: number) =>
  Math.log(1 + high * Math.exp(-second / tauSeconds));
/** Ten seconds of twice the latency. */
const cold = (second: number) => (second < 10 ? Math.LN2 : 0);

describe('the check of the warm-up', () => {
  it('says which phase, which arm, how long and by how much, and the warm-up to try', () => {
    const found = find(playSteady(STEADY, 5, (second, arm) => (arm === 'block' ? cold(second) : 0)));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ code: 'warmup_insufficient', level: 'doubt' });
    expect(found[0]?.text).toMatch(
      /^steady of block still warms up: p(50|99)\([ab]\) is (9|10)\d(\.\d)? % higher in its first 10 s than after.*, which moves its mean over the phase by \+1[12]\.\d %\. Try --warmup 1[05]s\. Not every arm does so: it may be a part of what they differ by\.$/,
    );
  });

  it('says where all arms do it: that hurts what they are, and not what they differ by', () => {
    const found = find(playSteady(STEADY, 5, cold));
    expect(found.map(({ code }) => code)).toEqual(['warmup_insufficient', 'warmup_insufficient']);
    for (const { text } of found) expect(text).toContain('Every arm does so');
  });

  it('proposes more than there was, and where another load comes first a phase of its own', () => {
    const warmUp = phaseOf('warm-up', 5, { measured: false });
    const [own] = find(playSteady(planOf([warmUp, phaseOf('steady', 60)]), 5, cold));
    expect(own?.text).toMatch(/Try --warmup (15|20)s\./);
    const pressure = phaseOf('pressure', 5, { measured: false, publish: null });
    const [other] = find(playSteady(planOf([pressure, phaseOf('steady', 60)]), 5, cold));
    expect(other?.text).toMatch(
      /--warmup does not help: make its first 1[05] s a phase of their own with measured: false/,
    );
  });

  it('finds no steady state in a queue that grows, which is no warm-up', () => {
    const found = find(playSteady(STEADY, 5, (second) => second / 60));
    expect(found.map(({ code }) => code)).toEqual(['no_steady_state', 'no_steady_state']);
    expect(found[0]?.text).toMatch(
      /^steady of block has no steady state: p\d\d\([ab]\) moves until its end, and is \d\d(\.\d)? % lower in its first \d\d s than after\. .* play a longer phase/,
    );
  });

  it('says nothing of ramps, bursts and short phases, however they go', () => {
    const ramp = phaseOf('ramp', 60, { publish: RAMP });
    const burst = phaseOf('burst', 60, { publish: { model: 'burst', count: 5, everyMs: 500 } });
    for (const phase of [ramp, burst, phaseOf('short', 35)]) {
      expect(find(playSteady(planOf([phase]), 5, cold)), phase.name).toEqual([]);
    }
  });

  it('says nothing of a warm-up that no margin would notice', () => {
    const slight = playSteady(STEADY, 10, (second) => (second < 10 ? 0.1 : 0), undefined, {
      p50: 0.01,
      p99: 0.01,
    });
    expect(find(slight)).toEqual([]);
    expect(find(slight, resolveMetrics(STEADY, { margins: ['p50=1%', 'p99=1%'] }))).toHaveLength(2);
  });

  it('says nothing where a run stood still, or was held back by its memory budget', () => {
    const change = (part: (record: RunRecord) => Partial<RunRecord>): Experiment => {
      const played = playSteady(STEADY, 5, cold);
      for (const { record } of played.runs) Object.assign(record, part(record));
      return played;
    };
    const stall: Omit<Stall, 'startedMs'> = {
      durationMs: 1000,
      class: 'cycle',
      boundary: null,
      path: null,
      summary: '',
      waitsFor: [],
      cycle: [],
    };
    const stalls = (startedMs: number) => change(() => ({ stalls: [{ ...stall, startedMs }] }));
    expect(find(stalls(30_000))).toEqual([]);
    expect(find(stalls(61_000))).toHaveLength(2);
    const held = (bytes: number) => {
      const system = {
        ...STEADY.system,
        resources: { ...STEADY.system.resources, maxMemoryBytes: 1_000_000 },
      };
      return change(({ scenario, memory }) => ({
        scenario: { ...scenario, system },
        memory: { ...memory, accountedMaxBytes: bytes },
      }));
    };
    expect(find(held(950_000))).toEqual([]);
    expect(find(held(500_000))).toHaveLength(2);
  });

  it('says nothing of two runs, of runs without series, and of work too rare for a percentile', () => {
    expect(find(playSteady(STEADY, 2, cold))).toEqual([]);
    const { runs, seconds } = playSteady(STEADY, 5, cold);
    expect(find({ runs, seconds: new Map() })).toEqual([]);
    expect(find({ runs, seconds: new Map([...seconds].slice(4)) })).toHaveLength(2);
    expect(find({ runs, seconds: new Map([...seconds].slice(5)) })).toHaveLength(1);
    const thin = (count: number) =>
      new Map(
        [...seconds].map(([record, of]) => [
          record,
          of.map((one) => ({ ...one, counts: one.counts.map(() => count) })),
        ]),
      );
    expect(find({ runs, seconds: thin(2) })).toEqual([]);
    for (const { text } of find({ runs, seconds: thin(10) })) expect(text).toContain('p50(');
  });

  it('bears a second without a delivery, and not many', () => {
    const { runs, seconds } = playSteady(STEADY, 5, cold);
    const without = (isEmpty: (second: number) => boolean) =>
      new Map(
        [...seconds].map(([record, of]) => {
          const empty = (values: readonly (number | null)[]) =>
            values.map((value, second) => (isEmpty(second) ? null : value));
          return [record, of.map((one) => ({ ...one, p50: empty(one.p50), p99: empty(one.p99) }))];
        }),
      );
    expect(find({ runs, seconds: without((second) => second === 30) })).toHaveLength(2);
    expect(find({ runs, seconds: without((second) => second % 10 === 0) })).toEqual([]);
  });

  it('reads of a comparison the runs that count, and leaves verdict and gate as they are', () => {
    const { runs, seconds } = playSteady(STEADY, 5, cold);
    const told = buildComparison(inputOf(runs, { seconds }));
    expect(told.findings.map(({ code }) => code)).toContain('warmup_insufficient');
    const untold = buildComparison(inputOf(runs));
    expect(untold.findings.map(({ code }) => code)).not.toContain('warmup_insufficient');
    expect({ ...told, findings: [] }).toEqual({ ...untold, findings: [] });
    const mostlyRejected = runs.map((run) => ({
      ...run,
      rejected: (run.block ?? 0) > 1 ? 'a reason' : null,
    }));
    const few = buildComparison(inputOf(mostlyRejected, { seconds }));
    expect(few.findings.map(({ code }) => code)).not.toContain('warmup_insufficient');
  });

  it('says the same each time', () => {
    const played = playSteady(STEADY, 5, cold);
    expect(find(played)).toEqual(find({ ...played, runs: played.runs.toReversed().toReversed() }));
  });
});

describe('how often it is wrong', () => {
  // Of 1,000 experiments of 40 s each: 0.1 to 0.4 % plain and with outliers, 0.1 to 0.7 % chained.
  it('doubts one in two hundred experiments of noise, chained and with outliers too', {
    timeout: 60_000,
  }, () => {
    const rounds = 150;
    const loud = { p50: 0.1, p99: 0.5 };
    for (const [name, noise] of Object.entries({
      plain: { chained: 0, draw: normal },
      chained: { chained: 0.5, draw: normal },
      heavy: { chained: 0, draw: heavy },
    })) {
      const doubted = shareOf(rounds, () => find(playSteady(STEADY, 3, undefined, noise, loud)).length > 0);
      expect(doubted, name).toBeLessThan(0.005 + bandOf(0.005, rounds));
    }
  });

  it('finds a warm-up of a usual size in nine experiments of ten', { timeout: 60_000 }, () => {
    const noise = { chained: 0.5, draw: normal };
    const scale = { p50: 0.1, p99: 0.4 };
    for (const [high, tau] of [
      [1, 4],
      [0.5, 8],
    ] as const) {
      const seen = shareOf(
        30,
        () => find(playSteady(STEADY, 5, cooling(high, tau), noise, scale)).length === 2,
      );
      expect(seen, `${high} ${tau}`).toBeGreaterThanOrEqual(0.9);
    }
  });
});
