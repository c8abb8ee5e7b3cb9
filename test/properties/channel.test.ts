import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import { ORDERS } from '../channel/order-references.ts';
import { POLICIES } from '../channel/policy-references.ts';
import { SEED, scheduleProperty } from '../channel/steps.ts';

const RUNS = { seed: SEED, numRuns: 60 };

describe('a channel under any schedule of offers, takes, cancels and closes', () => {
  it.each(Object.keys(POLICIES))('%s: equals its reference after every step', async (policy) => {
    await fc.assert(scheduleProperty({ policy, hasTtl: true }), RUNS);
  });

  it.each(Object.keys(ORDERS).filter((name) => name !== 'none'))(
    '%s: equals its reference after every step, whatever is evicted, replaced or expires',
    async (scheduler) => {
      for (const policy of ['block', 'drop-oldest', 'evict-newest', 'evict-longest', 'coalesce', 'merge']) {
        await fc.assert(scheduleProperty({ policy, scheduler, hasTtl: true }), { seed: SEED, numRuns: 15 });
      }
    },
  );

  it('has no reference for what is not in the registries', () => {
    expect(Object.keys(OVERFLOW_POLICIES)).toEqual(expect.arrayContaining(Object.keys(POLICIES)));
    expect(['none', ...Object.keys(SCHEDULERS)]).toEqual(expect.arrayContaining(Object.keys(ORDERS)));
  });
});
