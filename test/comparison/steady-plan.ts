/** Plans with one long phase, and what their runs recorded second by second. */
import type { ComparedRun } from '../../src/comparison/inputs.ts';
import type { SecondLatencies, SecondsByRun } from '../../src/comparison/warm-up.ts';
import type { Arrivals, ClientGroup, Phase, ScenarioPlan } from '../../src/core/plan.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { createNoise } from '../statistics/noise.ts';
import { makeRun } from './runs.ts';

const { normal } = createNoise(1, 'seconds');

export const CONSTANT: Arrivals = { model: 'poisson', fromPerSec: 100, toPerSec: 100 };

export function phaseOf(name: string, seconds: number, change: Partial<Phase> = {}): Phase {
  return {
    name,
    durationMs: seconds * 1000,
    connections: { a: 10, b: 10 },
    arrive: 'at-once',
    publish: CONSTANT,
    eventBytes: 100,
    arrivals: {},
    measured: true,
    ...change,
  };
}

export function planOf(phases: readonly Phase[], client: Partial<ClientGroup> = {}): ScenarioPlan {
  const plan = makeRun().scenario;
  const [template] = plan.clients as [ClientGroup];
  const group = { ...template, arrivals: null, readBytesPerSec: null, ...client };
  return { ...plan, clients: ['a', 'b'].map((name) => ({ ...group, name })), phases };
}

export interface Noise {
  /** Share that a second keeps of the one before. */
  readonly chained: number;
  draw(): number;
}

export interface Experiment {
  readonly runs: readonly ComparedRun[];
  readonly seconds: SecondsByRun;
}

/** Two arms; `warmth` is what a second adds to the logarithm. `scale`: standard deviations of log p50 and log p99. */
export function playSteady(
  scenario: ScenarioPlan,
  blocks: number,
  warmth: (second: number, arm: string) => number = () => 0,
  noise: Noise = { chained: 0, draw: normal },
  scale: { p50: number; p99: number } = { p50: 0.05, p99: 0.2 },
): Experiment {
  const seconds = new Map<RunRecord, SecondLatencies[]>();
  const first = scenario.phases.findIndex(({ measured }) => measured);
  const count = (scenario.phases[first]?.durationMs ?? 0) / 1000;
  const runs = Array.from({ length: blocks }, (_, block) =>
    ['block', 'drop-oldest'].map((arm): ComparedRun => {
      let startedMs = 0;
      const phases = scenario.phases.map(({ name, durationMs, measured }): RunRecord['phases'][number] => {
        startedMs += durationMs;
        const none = { connectionsOpen: 0, tasksOpen: null, accountedBytes: null, rssBytes: null };
        return { name, startedMs: startedMs - durationMs, durationMs, measured, groups: {}, ...none };
      });
      const record: RunRecord = { ...makeRun({ strategy: arm, seed: block }), scenario, phases, stalls: [] };
      const series = (base: 'p50' | 'p99'): number[] => {
        const level = Math.log(base === 'p50' ? 10 : 30) + 0.03 * normal();
        const kept = Math.sqrt(1 - noise.chained ** 2);
        let value = noise.draw() / kept;
        return Array.from({ length: count }, (_, second) => {
          if (second > 0) value = noise.chained * value + noise.draw();
          return Math.exp(level + scale[base] * kept * value + warmth(second, arm));
        });
      };
      const counts = new Array<number>(count).fill(100);
      const of = (group: string): SecondLatencies => ({
        phase: first,
        group,
        counts,
        p50: series('p50'),
        p99: series('p99'),
      });
      seconds.set(record, [of('a'), of('b')]);
      return { arm, block, record, folder: null, rejected: null };
    }),
  ).flat();
  return { runs, seconds };
}
