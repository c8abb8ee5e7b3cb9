/** Regressions that are put in on purpose, by settings that every user has: whoever compares must find them. */
import type { MetricName } from '../../../comparison/metrics.ts';
import type { ScenarioPlan } from '../../../core/plan.ts';
import { loadScenario } from '../../../scenarios/load-scenario.ts';
import { resolvePlan } from '../../../scenarios/resolve.ts';
import { chooseStrategies } from '../../strategies.ts';
import type { PlayedArm } from '../play-arms.ts';

/** The built-in scenario that they are tuned for. */
export const SELF_TEST_SCENARIO = 'self-test';

export const SOUND = 'sound';
export const SOUND_AGAIN = 'sound again';

export interface Regression {
  /** Name of its arm. */
  readonly name: string;
  /** In words. */
  readonly what: string;
  /** As for `--set` and `--at`. */
  readonly sets: readonly string[];
  readonly at: readonly string[];
  /** At least one of these must come out `worse`. */
  readonly shownBy: readonly MetricName[];
}

export const REGRESSIONS: readonly Regression[] = [
  {
    name: 'slow',
    what: 'twice the service time',
    sets: ['system.origin.serviceTime=80ms'],
    at: [],
    shownBy: ['all.p99'],
  },
  {
    name: 'lossy',
    what: 'a few events in a hundred dropped',
    sets: [],
    // Of 60 a second; the burst lets through what the store commits together.
    at: ['sse.client=token-bucket,rate=55,burst=8 + drop-oldest'],
    shownBy: ['deadlineMiss'],
  },
  {
    name: 'leaking',
    what: 'a queue that grows without end',
    sets: ['system.consumer.serviceTime=10ms'],
    at: ['proxy.events=unbounded'],
    shownBy: ['queueMax', 'rss'],
  },
];

/** The plan as it is, twice, and with each regression. */
export function createSelfTestArms(seed: number): { plan: ScenarioPlan; arms: PlayedArm[] } {
  const source = loadScenario(SELF_TEST_SCENARIO);
  const armOf = (name: string, sets: readonly string[], at: readonly string[]): PlayedArm => {
    const plan = resolvePlan(source, { seed, sets });
    const [choice] = chooseStrategies([], at, plan.boundary, plan.system.ws).choices;
    if (choice === undefined) throw new RangeError('no strategy was chosen');
    return { name, choice, target: null, plan };
  };
  const plan = resolvePlan(source, { seed });
  const regressions = REGRESSIONS.map(({ name, sets, at }) => armOf(name, sets, at));
  return { plan, arms: [armOf(SOUND, [], []), armOf(SOUND_AGAIN, [], []), ...regressions] };
}
