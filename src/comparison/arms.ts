/** What is compared with what. */
import type { Arm, ComparisonRecord } from '../core/comparison.ts';
import type { RunRecord } from '../core/record.ts';
import { type OpenedBaseline, openBaseline } from './baseline.ts';
import type { ComparisonInput } from './inputs.ts';
import { haveSameStrategy } from './same-strategy.ts';
import type { Duel } from './samples.ts';

/** The arm that `record` is a run of, under a name that is unique among the arms. */
export function armOf(record: RunRecord, name: string, source: Arm['source'] = 'played'): Arm {
  return {
    name,
    strategyName: record.strategyName,
    strategy: record.strategy,
    version: { bpbench: record.environment.bpbenchVersion, gitCommit: record.environment.gitCommit },
    source,
  };
}

/** One strategy in several versions is a question of regression; several strategies are set against each other. */
export function modeOf(arms: readonly Arm[]): ComparisonRecord['mode'] {
  const [first] = arms;
  const areAlike =
    first !== undefined && arms.length > 1 && arms.every((arm) => haveSameStrategy(arm, first));
  return areAlike ? 'regression' : 'versus';
}

export interface Matching {
  readonly mode: ComparisonRecord['mode'];
  /** Those of the baseline first. */
  readonly arms: readonly Arm[];
  readonly duels: readonly Duel[];
  /** Arms whose checks, stalls and needs count: of two versions not the old one, never the one that calibrates. */
  readonly judged: readonly Arm[];
  readonly opened: OpenedBaseline | null;
}

/** Every arm against the reference; with a baseline against its arm of the same strategy. */
export function matchArms({ baseline = null, ...input }: ComparisonInput): Matching {
  if (baseline !== null) {
    const opened = openBaseline(baseline, input);
    const { duels, judged } = opened;
    return { mode: input.mode ?? 'regression', arms: [...opened.arms, ...input.arms], duels, judged, opened };
  }
  const { arms, reference } = input;
  const mode = input.mode ?? modeOf(arms);
  const others = arms.filter((arm) => arm.name !== reference);
  return {
    mode,
    arms,
    duels: others.map(({ name }) => ({ arm: name, reference, calibration: null })),
    judged: mode === 'regression' && others.length > 0 ? others : arms,
    opened: null,
  };
}
