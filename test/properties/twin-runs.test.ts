import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Setup } from '../channel/model.ts';
import { ORDERS } from '../channel/order-references.ts';
import { POLICIES } from '../channel/policy-references.ts';
import { type Kind, SEED, setupOf } from '../channel/steps.ts';
import { countLosses, findDifference, findPathDifference, play } from '../channel/twin-runs.ts';

const KINDS: [name: string, kind: Kind][] = [
  ...Object.keys(POLICIES).map((policy): [string, Kind] => [policy, { policy, hasTtl: true }]),
  ...Object.keys(ORDERS).map((scheduler): [string, Kind] => [
    `drop-oldest+${scheduler}`,
    { policy: 'drop-oldest', scheduler, hasTtl: true },
  ]),
];

function drawSetups(kind: Kind): Setup[] {
  return fc.sample(setupOf(kind), { seed: SEED, numRuns: 3 });
}

describe('P35: a channel in virtual time', () => {
  it.each(KINDS)('%s: does the same with the same seed, and something else with another', async (_, kind) => {
    for (const setup of drawSetups(kind)) {
      const first = await play(setup, SEED);
      expect(findDifference(first, await play(setup, SEED))).toBeUndefined();
      expect(findDifference(first, await play(setup, SEED + 1))).toBeDefined();
    }
  });
});

describe('P38: what must not matter', () => {
  it.each(KINDS)('%s: how long a unit of time is', async (_, kind) => {
    for (const setup of drawSetups(kind)) {
      const first = await play(setup, SEED);
      expect(findDifference(first, await play(setup, SEED, { timeFactor: 1000 }))).toBeUndefined();
    }
  });

  it.each(KINDS)('%s: what keys and flows are called', async (_, kind) => {
    const rename = { a: 'zebra', b: 'a', c: '', x: 'b', y: 'x', z: '12' };
    for (const setup of drawSetups(kind)) {
      const first = await play(setup, SEED);
      expect(findDifference(first, await play(setup, SEED, { rename }))).toBeUndefined();
    }
  });

  it.each(['drop-newest', 'drop-oldest', 'evict-newest'])(
    '%s: more room never loses more',
    async (policy) => {
      const losses = await countLosses(policy, SEED);
      expect(losses).toEqual(losses.toSorted((a, b) => b - a));
      expect(losses[0]).toBeGreaterThan(losses.at(-1) as number);
    },
  );
});

describe('P39: push-out invariance', () => {
  it('drop-newest, drop-oldest and evict-newest lose as many and keep as many, step by step', async () => {
    for (let seed = SEED; seed < SEED + 3; seed++) expect(await findPathDifference(seed)).toBeUndefined();
  });
});
