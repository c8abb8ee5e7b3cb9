import { expect, it } from 'vitest';
import { addWarmUp } from '../../../src/conductor/experiment/warm-up.ts';
import { planDurationMs } from '../../../src/core/plan.ts';
import { loadScenario } from '../../../src/scenarios/load-scenario.ts';
import { resolvePlan } from '../../../src/scenarios/resolve.ts';

it('a warm-up is more of the first phase, before it, recorded and not measured', () => {
  const plan = resolvePlan(loadScenario('smoke'), { seed: 1 });
  const warmed = addWarmUp(plan, 3000);
  const [warmUp, ...others] = warmed.phases;
  expect(others).toEqual(plan.phases);
  expect(warmUp).toEqual({ ...plan.phases[0], name: 'warm-up', durationMs: 3000, measured: false });
  expect(planDurationMs(warmed)).toBe(planDurationMs(plan) + 3000);
  expect(addWarmUp(plan, 0)).toBe(plan);
  expect(new Set(addWarmUp(warmed, 1000).phases.map(({ name }) => name)).size).toBe(warmed.phases.length + 1);
});
