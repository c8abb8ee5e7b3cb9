/** The same seeded schedule played more than once, with something changed that must not matter. */

import { sumReasons } from '../../src/core/ledger.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Setup } from './model.ts';
import { type MakeChannel, PLAIN, type Step, Trial } from './trial.ts';

const STEPS = 400;

export interface Change {
  readonly make?: MakeChannel;
  /** Of every time: of the schedule and of the strategy. */
  readonly timeFactor?: number;
  /** Puts `a`, `b` and `c`, `x`, `y` and `z` by other words. */
  readonly rename?: Readonly<Record<string, string>>;
}

/** What was to be seen after each step: the ledger, what ended, and who heard what. Nothing else is checked. */
export async function play(setup: Setup, seed: number, change: Change = {}): Promise<string[]> {
  const { make, timeFactor = 1, rename = {} } = change;
  const random = createRandom(seed, 'twin');
  const trial = new Trial(scale(setup, timeFactor), make, 'nothing');
  const seen: string[] = [];
  const word = (words: string): string => {
    const one = words.charAt(random.int(words.length));
    return rename[one] ?? one;
  };
  for (let i = 0; i < STEPS; i++) {
    const before = trial.ends.length;
    const steps: Step[] = [
      {
        do: 'offer',
        size: random.int(60),
        class: random.int(4),
        key: word('abc'),
        flow: word('xyz'),
        abortable: random.int(2) === 0,
      },
      { do: 'tryTake' },
      { do: 'deliver', nth: random.int(3) },
      { do: 'cancelOffer', nth: random.int(9) },
      { do: 'advance', ns: random.int(1e6) * timeFactor },
    ];
    const step = steps[random.int(2) === 0 ? 0 : random.int(steps.length)] as Step;
    await trial.play(step);
    const { channel, ends, outcomes } = trial;
    const blockedMs = (channel.blockedMs / timeFactor).toFixed(6);
    seen.push(JSON.stringify([channel.ledger(), blockedMs, ends.slice(before), outcomes.size]));
  }
  return seen;
}

/** The first step after which the two differ. */
export function findDifference(one: readonly string[], other: readonly string[]): string | undefined {
  const at = one.findIndex((seen, i) => seen !== other[i]);
  return at < 0 ? undefined : `step ${at}: ${one[at]} and ${other[at]}`;
}

function scale(setup: Setup, factor: number): Setup {
  const scaled = (values: Setup['params']): Setup['params'] =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        name.endsWith('Ms') ? Number(value) * factor : value,
      ]),
    );
  const { params, schedulerParams, ttlMs } = setup;
  return {
    ...setup,
    params: scaled(params),
    schedulerParams: scaled(schedulerParams),
    ttlMs: ttlMs * factor,
  };
}

/** P39: of items that cost the same, each of these loses as many, and keeps as many, step by step. */
export async function findPathDifference(seed: number, make?: MakeChannel): Promise<string | undefined> {
  const paths = await Promise.all(
    ['drop-newest', 'drop-oldest', 'evict-newest'].map(async (policy) => {
      const random = createRandom(seed, 'paths');
      const trial = new Trial(
        { ...PLAIN, policy, capacityItems: 5, capacityBytes: 0, maxWaiters: 0 },
        make,
        'nothing',
      );
      const path: string[] = [];
      for (let i = 0; i < 1000; i++) {
        const isOffer = random.int(3) > 0;
        await trial.play(isOffer ? { ...ITEM, do: 'offer' } : { do: 'tryTake' });
        path.push(
          `${trial.channel.depthItems} queued, ${sumReasons(trial.channel.ledger().dropped)} dropped`,
        );
      }
      return path;
    }),
  );
  const [first, ...others] = paths as [string[], ...string[][]];
  return others.map((other) => findDifference(first, other)).find((found) => found !== undefined);
}

const ITEM = { size: 0, class: 1, key: 'a', flow: 'x', abortable: false } as const;

/** P38: how many a queue of each capacity loses of the same schedule; more room must not cost more. */
export async function countLosses(policy: string, seed: number): Promise<number[]> {
  const losses: number[] = [];
  for (let capacityItems = 1; capacityItems <= 8; capacityItems++) {
    const setup = { ...PLAIN, policy, capacityItems, capacityBytes: 0, maxWaiters: 0 };
    const trial = new Trial(setup, undefined, 'nothing');
    const random = createRandom(seed, 'losses');
    for (let i = 0; i < 600; i++) {
      const isOffer = random.int(3) > 0;
      await trial.play(isOffer ? { ...ITEM, do: 'offer' } : { do: 'tryTake' });
    }
    losses.push(sumReasons(trial.channel.ledger().dropped));
  }
  return losses;
}
