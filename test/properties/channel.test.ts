import fc from 'fast-check';
import { describe, it } from 'vitest';
import { SEED, scheduleProperty } from '../channel/steps.ts';

describe('a channel under any schedule of offers, takes, cancels and closes', () => {
  it.each([
    ['block', 'P1 P2 P4 P6 P7 P15 P16'],
    ['drop-oldest', 'P1 P2 P4 P6 P7 P9 P15 P16'],
    ['drop-newest', 'P1 P2 P4 P6 P7 P10 P15 P16'],
    ['unbounded', 'P1 P2 P4 P6 P7 P15 P16'],
  ] as const)('%s: equals its reference after every step (%s)', async (policy, _properties) => {
    await fc.assert(scheduleProperty(policy), { seed: SEED, numRuns: 200 });
  });
});
